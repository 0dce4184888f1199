#include "services/broker/groups/share_group_records.h"

#include "services/broker/groups/member_records.h"

namespace tickerlake::broker {
namespace {

using namespace member_records;
using record_codec::read_content;
using record_codec::read_value;

/// What a key begins with.
enum class Kind : std::int16_t {
  subscription = 10,
  epoch = 11,
  target_epoch = 12,
  target = 13,
  current = 14,
  shared_topics = 15,
};

struct SubscriptionValue : Value {
  std::optional<std::string> rack_id;
  std::string client_id, client_host;
  std::vector<std::string> topics;
  static void fields(auto& c, auto& m) {
    c(m.rack_id);
    c(m.client_id);
    c(m.client_host);
    c(m.topics);
  }
};

struct EpochValue : Value {
  std::int32_t epoch = 0;
  std::int64_t metadata_hash = 0;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c(m.metadata_hash);
  }
};

struct CurrentValue : Value {
  std::int32_t epoch = 0, previous_epoch = 0;
  std::int8_t state = 0;
  std::vector<TopicPartitions> assigned;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c(m.previous_epoch);
    c(m.state);
    c(m.assigned);
  }
};

struct NamedTopic {
  kafka::Uuid topic;
  std::string name;
  static void fields(auto& c, auto& m) {
    c(m.topic);
    c(m.name);
  }
};

struct NamedPartitions {
  kafka::Uuid topic;
  std::string name;
  std::vector<std::int32_t> partitions;
  static void fields(auto& c, auto& m) {
    c(m.topic);
    c(m.name);
    c(m.partitions);
  }
};

struct SharedTopicsValue : Value {
  std::vector<NamedPartitions> initializing, initialized;
  std::vector<NamedTopic> deleting;
  static void fields(auto& c, auto& m) {
    c(m.initializing);
    c(m.initialized);
    c(m.deleting);
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
    encoded.value = value_bytes(SubscriptionValue{
        {}, said.rack_id, said.client_id, said.client_host, {said.topics.begin(), said.topics.end()}});
    return encoded;
  }
  KeyValue operator()(const ReconciliationRecord& record) const {
    KeyValue encoded{key_bytes(Kind::current, group, record.member_id), {}};
    if (!record.value) return encoded;
    const Reconciliation& current = *record.value;
    encoded.value = value_bytes(CurrentValue{{},
                                             current.epoch,
                                             current.previous_epoch,
                                             static_cast<std::int8_t>(current.progress),
                                             to_list(current.assigned)});
    return encoded;
  }
  KeyValue operator()(const SharedTopicsRecord& record) const {
    KeyValue encoded{key_bytes(Kind::shared_topics, group), {}};
    if (!record.value) return encoded;
    SharedTopicsValue value;
    for (const auto& [id, topic] : *record.value) {
      value.initialized.push_back({id, topic.name, {topic.partitions.begin(), topic.partitions.end()}});
    }
    encoded.value = value_bytes(value);
    return encoded;
  }
};

Result<ShareGroupChange> read_of_member(Kind kind, std::string member, std::optional<ByteView> bytes) {
  if (kind == Kind::subscription) {
    SubscriptionRecord record{std::move(member), std::nullopt};
    if (bytes) {
      TRY(SubscriptionValue value, read_value<SubscriptionValue>(*bytes));
      Subscription& said = record.value.emplace();
      said.rack_id = std::move(value.rack_id);
      said.client_id = std::move(value.client_id);
      said.client_host = std::move(value.client_host);
      said.topics = {value.topics.begin(), value.topics.end()};
    }
    return record;
  }
  if (kind == Kind::target) return read_target(std::move(member), bytes);
  ReconciliationRecord record{std::move(member), std::nullopt};
  if (bytes) {
    TRY(const CurrentValue value, read_value<CurrentValue>(*bytes));
    record.value = Reconciliation{value.epoch, value.previous_epoch, Progress::stable, from_list(value.assigned), {}};
  }
  return record;
}

Result<ShareGroupChange> read_of_group(Kind kind, std::optional<ByteView> bytes) {
  if (kind == Kind::epoch) {
    EpochRecord record;
    if (bytes) {
      TRY(const EpochValue value, read_value<EpochValue>(*bytes));
      record.value = {value.epoch, value.metadata_hash};
    }
    return record;
  }
  if (kind == Kind::target_epoch) return read_target_epoch(bytes);
  SharedTopicsRecord record;
  if (bytes) {
    TRY(SharedTopicsValue value, read_value<SharedTopicsValue>(*bytes));
    record.value.emplace();
    for (NamedPartitions& topic : value.initialized) {
      (*record.value)[topic.topic] = {std::move(topic.name), {topic.partitions.begin(), topic.partitions.end()}};
    }
  }
  return record;
}

}  // namespace

KeyValue encode(const ShareGroupRecord& record, TimestampMs now) {
  return std::visit(Encoder{{record.group, now}}, record.change);
}

Result<std::optional<ShareGroupRecord>> decode_share_group_record(ByteView key_view, std::optional<ByteView> value) {
  const auto number = load_big_endian<std::int16_t>(key_view.data());
  const auto kind = static_cast<Kind>(number);
  switch (kind) {
    case Kind::subscription:
    case Kind::target:
    case Kind::current: {
      TRY(PartKey key, read_content<PartKey>(key_view, number, false));
      TRY(auto change, read_of_member(kind, std::move(key.part), value));
      return std::optional(ShareGroupRecord{std::move(key.group), std::move(change)});
    }
    case Kind::epoch:
    case Kind::target_epoch:
    case Kind::shared_topics: {
      TRY(GroupKey key, read_content<GroupKey>(key_view, number, false));
      TRY(auto change, read_of_group(kind, value));
      return std::optional(ShareGroupRecord{std::move(key.group), std::move(change)});
    }
  }
  return std::optional<ShareGroupRecord>();
}

}  // namespace tickerlake::broker
