#include "services/broker/transactions/transaction_records.h"

#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace tickerlake::broker {
namespace {

using kafka::since;
using kafka::tag;

constexpr std::int16_t key_version = 0;

struct Key {
  std::string transactional_id;
  static void fields(auto& c, auto& m) { c(m.transactional_id); }
};

/// TransactionLogValue.
struct Value {
  static constexpr std::int16_t written_version = 1, last_version = 1, flexible_since = 1;
  struct Topic {
    std::string topic;
    std::vector<std::int32_t> partition_ids;
    static void fields(auto& c, auto& m) {
      c(m.topic);
      c(m.partition_ids);
    }
  };
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t timeout_ms = 0;
  std::int8_t status = 0;
  std::optional<std::vector<Topic>> topics;
  std::int64_t updated_ms = -1, started_ms = -1;
  std::int64_t previous_producer_id = -1, next_producer_id = -1;
  std::int16_t client_transaction_version = 0;
  static void fields(auto& c, auto& m) {
    c(m.producer_id);
    c(m.producer_epoch);
    c(m.timeout_ms);
    c(m.status);
    c(m.topics);
    c(m.updated_ms);
    c(m.started_ms);
    c.tags(tag(0, m.previous_producer_id, {}, std::int64_t{-1}), tag(1, m.next_producer_id, {}, std::int64_t{-1}),
           tag(2, m.client_transaction_version));
  }
};

template <class T>
Buffer write_versioned(std::int16_t version, bool flexible, const T& content) {
  kafka::Writer writer(version, flexible);
  writer.integer(version);
  writer.write_struct(content);
  return writer.finish().bytes;
}

Value value_of(const TransactionState& state) {
  Value value;
  value.producer_id = state.producer.id.value();
  value.producer_epoch = state.producer.epoch;
  value.timeout_ms = state.timeout_ms;
  value.status = static_cast<std::int8_t>(state.status);
  if (state.status != TransactionStatus::empty) value.topics.emplace();
  for (const TopicPartition& partition : state.partitions) {
    auto& topics = *value.topics;
    if (topics.empty() || topics.back().topic != partition.topic) topics.push_back({partition.topic, {}});
    topics.back().partition_ids.push_back(partition.partition);
  }
  value.updated_ms = state.updated_ms;
  value.started_ms = state.started_ms;
  value.previous_producer_id = state.previous_producer.value();
  value.next_producer_id = state.next_producer.value();
  value.client_transaction_version = static_cast<std::int16_t>(state.protocol);
  return value;
}

Result<TransactionState> state_of(const Value& value) {
  if (value.status < 0 || value.status > static_cast<std::int8_t>(TransactionStatus::complete_abort)) {
    return fail(ErrorCode::corrupt, "a transaction's status " + std::to_string(value.status));
  }
  TransactionState state;
  state.producer = {ProducerId(value.producer_id), value.producer_epoch};
  state.previous_producer = ProducerId(value.previous_producer_id);
  state.next_producer = ProducerId(value.next_producer_id);
  state.timeout_ms = value.timeout_ms;
  state.status = static_cast<TransactionStatus>(value.status);
  state.protocol = value.client_transaction_version >= 2 ? TransactionProtocol::v2 : TransactionProtocol::v1;
  state.started_ms = value.started_ms;
  state.updated_ms = value.updated_ms;
  if (!value.topics) return state;
  for (const auto& topic : *value.topics) {
    for (const std::int32_t partition : topic.partition_ids) state.partitions.insert({topic.topic, partition});
  }
  return state;
}

}  // namespace

KeyValue encode(const TransactionRecord& record) {
  KeyValue encoded;
  encoded.key = write_versioned(key_version, false, Key{record.transactional_id});
  if (record.state) encoded.value = write_versioned(Value::written_version, true, value_of(*record.state));
  return encoded;
}

Result<std::optional<TransactionRecord>> decode_transaction_record(ByteView key, std::optional<ByteView> value) {
  constexpr std::size_t version_size = sizeof(std::int16_t);
  if (key.size() < version_size) return fail(ErrorCode::corrupt, "a key without a version");
  if (load_big_endian<std::int16_t>(key.data()) != key_version) return std::optional<TransactionRecord>();
  kafka::Reader key_reader(key.subspan(version_size), key_version, false);
  Key read_key;
  key_reader.read_struct(read_key);
  CHECK(key_reader.finish());
  TransactionRecord record{std::move(read_key.transactional_id), std::nullopt};
  if (!value) return std::optional(std::move(record));
  if (value->size() < version_size) return fail(ErrorCode::corrupt, "a value without a version");
  const auto version = load_big_endian<std::int16_t>(value->data());
  if (version < 0 || version > Value::last_version) {
    return fail(ErrorCode::corrupt, "a value of unknown version " + std::to_string(version));
  }
  kafka::Reader reader(value->subspan(version_size), version, version >= Value::flexible_since);
  Value content;
  reader.read_struct(content);
  CHECK(reader.finish());
  TRY(record.state, state_of(content));
  return std::optional(std::move(record));
}

}  // namespace tickerlake::broker
