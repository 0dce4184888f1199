#include "services/broker/share/share_records.h"

#include <algorithm>
#include <limits>

#include "services/broker/groups/record_codec.h"

namespace tickerlake::broker {
namespace {

using kafka::tag;
using record_codec::read_content;
using record_codec::read_value;
using record_codec::write_versioned;

constexpr std::int16_t snapshot_key = 0, update_key = 1;
constexpr std::int64_t no_start = -1;

struct Key {
  std::string group;
  kafka::Uuid topic;
  std::int32_t partition = 0;
  static void fields(auto& c, auto& m) {
    c(m.group);
    c(m.topic);
    c(m.partition);
  }
};

struct Batch {
  std::int64_t first = 0, last = 0;
  std::int8_t state = 0;
  std::int16_t delivery_count = 0;
  static void fields(auto& c, auto& m) {
    c(m.first);
    c(m.last);
    c(m.state);
    c(m.delivery_count);
  }
};

struct Value {
  static constexpr std::int16_t last_version = 0, flexible_since = 0;
};

struct SnapshotValue : Value {
  std::int32_t epoch = 0, state_epoch = 0, leader_epoch = 0;
  std::int64_t start = 0;
  std::int32_t complete_count = -1;
  std::int64_t created_at = 0, written_at = 0;
  std::vector<Batch> batches;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c(m.state_epoch);
    c(m.leader_epoch);
    c(m.start);
    c(m.created_at);
    c(m.written_at);
    c(m.batches);
    c.tags(tag(0, m.complete_count, {}, std::int32_t{-1}));
  }
};

struct UpdateValue : Value {
  std::int32_t epoch = 0, leader_epoch = 0;
  std::int64_t start = 0;
  std::int32_t complete_count = -1;
  std::vector<Batch> batches;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c(m.leader_epoch);
    c(m.start);
    c(m.batches);
    c.tags(tag(0, m.complete_count, {}, std::int32_t{-1}));
  }
};

std::vector<Batch> to_wire(const std::vector<StateBatch>& batches) {
  std::vector<Batch> list;
  for (const StateBatch& batch : batches) {
    list.push_back(
        {batch.first.value(), batch.last.value(), static_cast<std::int8_t>(batch.state), batch.delivery_count});
  }
  return list;
}

Result<std::vector<StateBatch>> from_wire(const std::vector<Batch>& list) {
  std::vector<StateBatch> batches;
  for (const Batch& batch : list) {
    const auto state = static_cast<RecordState>(batch.state);
    if (state != RecordState::available && !is_complete(state)) {
      return fail(ErrorCode::corrupt, "unknown state " + std::to_string(batch.state) + " of records");
    }
    if (batch.first < 0 || batch.last < batch.first || batch.last == std::numeric_limits<std::int64_t>::max()) {
      return fail(ErrorCode::corrupt, "a batch of records with impossible offsets");
    }
    batches.push_back({Offset(batch.first), Offset(batch.last), state, batch.delivery_count});
  }
  return batches;
}

Key to_wire(const ShareKey& key) { return {key.group, key.topic, key.partition}; }
std::int32_t to_wire(std::int64_t count) {
  return static_cast<std::int32_t>(std::min<std::int64_t>(count, std::numeric_limits<std::int32_t>::max()));
}

}  // namespace

KeyValue encode(const ShareSnapshot& record) {
  KeyValue encoded{write_versioned(snapshot_key, to_wire(record.key)), {}};
  if (!record.value) return encoded;
  const ShareSnapshotValue& state = *record.value;
  SnapshotValue value;
  value.epoch = state.epoch;
  value.state_epoch = state.state_epoch;
  value.leader_epoch = leader_epoch;
  value.start = state.start ? state.start->value() : no_start;
  value.complete_count = to_wire(state.complete_count);
  value.created_at = state.created_at;
  value.written_at = state.written_at;
  value.batches = to_wire(state.batches);
  encoded.value = write_versioned(std::int16_t{0}, value, true);
  return encoded;
}

KeyValue encode(const ShareUpdate& record) {
  UpdateValue value;
  value.epoch = record.snapshot_epoch;
  value.leader_epoch = leader_epoch;
  value.start = record.start.value();
  value.complete_count = to_wire(record.complete_count);
  value.batches = to_wire(record.batches);
  return {write_versioned(update_key, to_wire(record.key)), write_versioned(std::int16_t{0}, value, true)};
}

Result<std::optional<ShareRecord>> decode_share_record(ByteView key_bytes, std::optional<ByteView> value_bytes) {
  if (key_bytes.size() < sizeof(std::int16_t)) return fail(ErrorCode::corrupt, "a key without a version");
  const auto kind = load_big_endian<std::int16_t>(key_bytes.data());
  if (kind != snapshot_key && kind != update_key) return std::optional<ShareRecord>();
  TRY(Key read_key, read_content<Key>(key_bytes, kind, false));
  ShareKey key{std::move(read_key.group), read_key.topic, read_key.partition};
  if (kind == snapshot_key) {
    ShareSnapshot snapshot{std::move(key), std::nullopt};
    if (!value_bytes) return std::optional<ShareRecord>(std::move(snapshot));
    TRY(const SnapshotValue value, read_value<SnapshotValue>(*value_bytes));
    ShareSnapshotValue& state = snapshot.value.emplace();
    state.epoch = value.epoch;
    state.state_epoch = value.state_epoch;
    if (value.start >= 0) state.start = Offset(value.start);
    state.complete_count = value.complete_count;
    state.created_at = value.created_at;
    state.written_at = value.written_at;
    TRY(state.batches, from_wire(value.batches));
    return std::optional<ShareRecord>(std::move(snapshot));
  }
  if (!value_bytes) return std::optional<ShareRecord>();
  TRY(const UpdateValue value, read_value<UpdateValue>(*value_bytes));
  ShareUpdate update{
      std::move(key), value.epoch, Offset(std::max<std::int64_t>(value.start, 0)), value.complete_count, {}};
  TRY(update.batches, from_wire(value.batches));
  return std::optional<ShareRecord>(std::move(update));
}

}  // namespace tickerlake::broker
