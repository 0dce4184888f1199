#include "services/broker/groups/consumer_group_records.h"

#include "services/broker/groups/member_records.h"

namespace tickerlake::broker {
namespace {

using namespace member_records;
using record_codec::read_content;
using record_codec::read_value;

/// What a key begins with.
enum class Kind : std::int16_t {
  epoch = 3,
  subscription = 5,
  target_epoch = 6,
  target = 7,
  reconciliation = 8,
  pattern = 16,
};

struct EpochValue : Value {
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c.tags(kafka::tag(0, m.metadata_hash));
  }
};

struct SubscriptionValue : Value {
  std::optional<std::string> instance_id, rack_id;
  std::string client_id, client_host;
  std::vector<std::string> topics;
  std::optional<std::string> pattern;
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> assignor;
  static void fields(auto& c, auto& m) {
    c(m.instance_id);
    c(m.rack_id);
    c(m.client_id);
    c(m.client_host);
    c(m.topics);
    c(m.pattern);
    c(m.rebalance_timeout_ms);
    c(m.assignor);
  }
};

struct ReconciliationValue : Value {
  std::int32_t epoch = 0, previous_epoch = 0;
  std::int8_t state = 0;
  std::vector<TopicPartitions> assigned, revoking;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c(m.previous_epoch);
    c(m.state);
    c(m.assigned);
    c(m.revoking);
  }
};

struct PatternValue : Value {
  std::vector<std::string> topics;
  std::int64_t version = 0, timestamp = 0;
  static void fields(auto& c, auto& m) {
    c(m.topics);
    c(m.version);
    c(m.timestamp);
  }
};

/// One overload for each kind of change.
struct Encoder : TargetEncoder<Kind> {
  using TargetEncoder<Kind>::operator();

  KeyValue operator()(const EpochRecord& record) const {
    KeyValue encoded{key_bytes(Kind::epoch, group), {}};
    if (record.value) encoded.value = value_bytes(EpochValue{{}, record.value->epoch, record.value->topics_hash});
    return encoded;
  }
  KeyValue operator()(const SubscriptionRecord& record) const {
    KeyValue encoded{key_bytes(Kind::subscription, group, record.member_id), {}};
    if (!record.value) return encoded;
    const Subscription& said = *record.value;
    encoded.value = value_bytes(SubscriptionValue{{},
                                                  said.instance_id,
                                                  said.rack_id,
                                                  said.client_id,
                                                  said.client_host,
                                                  {said.topics.begin(), said.topics.end()},
                                                  said.pattern.empty() ? std::nullopt : std::optional(said.pattern),
                                                  said.rebalance_timeout_ms,
                                                  said.assignor});
    return encoded;
  }
  KeyValue operator()(const ReconciliationRecord& record) const {
    KeyValue encoded{key_bytes(Kind::reconciliation, group, record.member_id), {}};
    if (!record.value) return encoded;
    const Reconciliation& current = *record.value;
    encoded.value = value_bytes(ReconciliationValue{{},
                                                    current.epoch,
                                                    current.previous_epoch,
                                                    static_cast<std::int8_t>(current.progress),
                                                    to_list(current.assigned),
                                                    to_list(current.revoking)});
    return encoded;
  }
  KeyValue operator()(const PatternRecord& record) const {
    KeyValue encoded{key_bytes(Kind::pattern, group, record.pattern), {}};
    if (!record.value) return encoded;
    const auto& topics = record.value->topics;
    encoded.value = value_bytes(PatternValue{{}, {topics.begin(), topics.end()}, record.value->catalog_version, now});
    return encoded;
  }
};

Result<std::optional<Subscription>> read_subscription(std::optional<ByteView> bytes) {
  if (!bytes) return std::optional<Subscription>();
  TRY(SubscriptionValue value, read_value<SubscriptionValue>(*bytes));
  return std::optional(Subscription{std::move(value.instance_id),
                                    std::move(value.rack_id),
                                    std::move(value.client_id),
                                    std::move(value.client_host),
                                    {value.topics.begin(), value.topics.end()},
                                    std::move(value.pattern).value_or(""),
                                    value.rebalance_timeout_ms,
                                    std::move(value.assignor)});
}

Result<std::optional<Reconciliation>> read_reconciliation(std::optional<ByteView> bytes) {
  if (!bytes) return std::optional<Reconciliation>();
  TRY(const ReconciliationValue value, read_value<ReconciliationValue>(*bytes));
  if (value.state < 0 || value.state > static_cast<std::int8_t>(Progress::unreleased)) {
    return fail(ErrorCode::corrupt, "unknown state " + std::to_string(value.state) + " of a member");
  }
  return std::optional(Reconciliation{value.epoch, value.previous_epoch, static_cast<Progress>(value.state),
                                      from_list(value.assigned), from_list(value.revoking)});
}

Result<ConsumerGroupRecord> read_group_part(Kind kind, ByteView key_view, std::optional<ByteView> bytes) {
  TRY(GroupKey key, read_content<GroupKey>(key_view, static_cast<std::int16_t>(kind), false));
  if (kind == Kind::target_epoch) {
    TRY(auto epoch, read_target_epoch(bytes));
    return ConsumerGroupRecord{std::move(key.group), epoch};
  }
  if (!bytes) return ConsumerGroupRecord{std::move(key.group), EpochRecord{}};
  TRY(const EpochValue value, read_value<EpochValue>(*bytes));
  return ConsumerGroupRecord{std::move(key.group), EpochRecord{EpochRecord::Value{value.epoch, value.metadata_hash}}};
}

Result<ConsumerGroupRecord> read_member_part(Kind kind, ByteView key_view, std::optional<ByteView> bytes) {
  TRY(PartKey key, read_content<PartKey>(key_view, static_cast<std::int16_t>(kind), false));
  ConsumerGroupRecord record{std::move(key.group), {}};
  if (kind == Kind::subscription) {
    TRY(auto value, read_subscription(bytes));
    record.change = SubscriptionRecord{std::move(key.part), std::move(value)};
  } else if (kind == Kind::reconciliation) {
    TRY(auto value, read_reconciliation(bytes));
    record.change = ReconciliationRecord{std::move(key.part), std::move(value)};
  } else if (kind == Kind::target) {
    TRY(auto target, read_target(std::move(key.part), bytes));
    record.change = std::move(target);
  } else {
    PatternRecord pattern{std::move(key.part), std::nullopt};
    if (bytes) {
      TRY(const PatternValue value, read_value<PatternValue>(*bytes));
      pattern.value = {{value.topics.begin(), value.topics.end()}, value.version};
    }
    record.change = std::move(pattern);
  }
  return record;
}

}  // namespace

KeyValue encode(const ConsumerGroupRecord& record, TimestampMs now) {
  return std::visit(Encoder{{record.group, now}}, record.change);
}

Result<std::optional<ConsumerGroupRecord>> decode_consumer_group_record(ByteView key, std::optional<ByteView> value) {
  const auto kind = static_cast<Kind>(load_big_endian<std::int16_t>(key.data()));
  switch (kind) {
    case Kind::epoch:
    case Kind::target_epoch: {
      TRY(auto record, read_group_part(kind, key, value));
      return std::optional(std::move(record));
    }
    case Kind::subscription:
    case Kind::target:
    case Kind::reconciliation:
    case Kind::pattern: {
      TRY(auto record, read_member_part(kind, key, value));
      return std::optional(std::move(record));
    }
  }
  return std::optional<ConsumerGroupRecord>();
}

}  // namespace tickerlake::broker
