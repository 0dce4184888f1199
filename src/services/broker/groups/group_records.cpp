#include "services/broker/groups/group_records.h"

#include "services/broker/groups/consumer_group_records.h"
#include "services/broker/groups/record_codec.h"
#include "services/broker/groups/share_group_records.h"

namespace tickerlake::broker {
namespace {

using kafka::since;
using record_codec::read_content;
using record_codec::read_value;
using record_codec::write_versioned;

// Keys begin with a version that tells their kind: 0 and 1 an offset, 2 a group.
constexpr std::int16_t offset_key = 1, group_key = 2;

struct OffsetKey {
  std::string group, topic;
  std::int32_t partition = 0;
  static void fields(auto& c, auto& m) {
    c(m.group);
    c(m.topic);
    c(m.partition);
  }
};

/// OffsetCommitValue. Version 4 adds a tagged topic id, which is read over.
struct OffsetValue {
  static constexpr std::int16_t written_version = 3, last_version = 4, flexible_since = 4;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  std::string metadata;
  std::int64_t commit_timestamp = 0;
  std::int64_t expire_timestamp = -1;
  static void fields(auto& c, auto& m) {
    c(m.offset);
    c(m.leader_epoch, since(3));
    c(m.metadata);
    c(m.commit_timestamp);
    c(m.expire_timestamp, kafka::between(1, 1));
  }
};

struct GroupKey {
  std::string group;
  static void fields(auto& c, auto& m) { c(m.group); }
};

/// GroupMetadataValue.
struct GroupValue {
  static constexpr std::int16_t written_version = 3, last_version = 4, flexible_since = 4;
  struct Member {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id, client_host;
    std::int32_t rebalance_timeout = -1, session_timeout = 0;
    Buffer subscription, assignment;
    static void fields(auto& c, auto& m) {
      c(m.member_id);
      c(m.group_instance_id, since(3));
      c(m.client_id);
      c(m.client_host);
      c(m.rebalance_timeout, since(1));
      c(m.session_timeout);
      c(m.subscription);
      c(m.assignment);
    }
  };
  std::string protocol_type;
  std::int32_t generation = 0;
  std::optional<std::string> protocol, leader;
  std::int64_t current_state_timestamp = -1;
  std::vector<Member> members;
  static void fields(auto& c, auto& m) {
    c(m.protocol_type);
    c(m.generation);
    c(m.protocol);
    c(m.leader);
    c(m.current_state_timestamp, since(2));
    c(m.members);
  }
};

Result<OffsetRecord> read_offset(ByteView key_bytes, std::int16_t key_version, std::optional<ByteView> value_bytes) {
  TRY(OffsetKey key, read_content<OffsetKey>(key_bytes, key_version, false));
  OffsetRecord record{std::move(key.group), std::move(key.topic), key.partition, std::nullopt};
  if (value_bytes) {
    TRY(OffsetValue value, read_value<OffsetValue>(*value_bytes));
    record.value = {value.offset, value.leader_epoch, std::move(value.metadata), value.commit_timestamp, {}};
  }
  return record;
}

Result<GroupRecord> read_group(ByteView key_bytes, std::int16_t key_version, std::optional<ByteView> value_bytes) {
  TRY(GroupKey key, read_content<GroupKey>(key_bytes, key_version, false));
  GroupRecord record{std::move(key.group), std::nullopt};
  if (!value_bytes) return record;
  TRY(GroupValue value, read_value<GroupValue>(*value_bytes));
  record.changed_at = value.current_state_timestamp;
  GroupSnapshot& snapshot = record.value.emplace();
  snapshot.protocol_type = std::move(value.protocol_type);
  snapshot.generation = value.generation;
  snapshot.protocol = std::move(value.protocol).value_or("");
  snapshot.leader = std::move(value.leader).value_or("");
  for (auto& member : value.members) {
    snapshot.members.push_back({std::move(member.member_id), std::move(member.group_instance_id),
                                std::move(member.client_id), std::move(member.client_host), member.rebalance_timeout,
                                member.session_timeout, std::move(member.subscription), std::move(member.assignment)});
  }
  return record;
}

}  // namespace

KeyValue encode(const OffsetRecord& record) {
  KeyValue encoded;
  encoded.key = write_versioned(offset_key, OffsetKey{record.group, record.topic, record.partition});
  if (record.value) {
    const OffsetValue value{record.value->offset, record.value->leader_epoch, record.value->metadata,
                            record.value->committed_at, -1};
    encoded.value = write_versioned(OffsetValue::written_version, value);
  }
  return encoded;
}

KeyValue encode(const GroupRecord& record) {
  KeyValue encoded;
  encoded.key = write_versioned(group_key, GroupKey{record.group});
  if (!record.value) return encoded;
  const auto or_null = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string>(text);
  };
  GroupValue value{record.value->protocol_type,   record.value->generation, or_null(record.value->protocol),
                   or_null(record.value->leader), record.changed_at,        {}};
  for (const auto& member : record.value->members) {
    value.members.push_back({member.id, member.instance_id, member.client_id, member.client_host,
                             member.rebalance_timeout_ms, member.session_timeout_ms, member.metadata,
                             member.assignment});
  }
  encoded.value = write_versioned(GroupValue::written_version, value);
  return encoded;
}

KeyValue encode(const CoordinatorRecord& record, TimestampMs now) {
  if (const auto* offset = std::get_if<OffsetRecord>(&record)) return encode(*offset);
  if (const auto* group = std::get_if<GroupRecord>(&record)) return encode(*group);
  if (const auto* consumers = std::get_if<ConsumerGroupRecord>(&record)) return encode(*consumers, now);
  return encode(std::get<ShareGroupRecord>(record), now);
}

Result<std::optional<CoordinatorRecord>> decode_coordinator_record(ByteView key, std::optional<ByteView> value) {
  if (key.size() < sizeof(std::int16_t)) return fail(ErrorCode::corrupt, "a key without a version");
  const auto version = load_big_endian<std::int16_t>(key.data());
  if (version == 0 || version == offset_key) {
    TRY(OffsetRecord record, read_offset(key, version, value));
    return std::optional<CoordinatorRecord>(std::move(record));
  }
  if (version == group_key) {
    TRY(GroupRecord record, read_group(key, version, value));
    return std::optional<CoordinatorRecord>(std::move(record));
  }
  TRY(auto of_consumers, decode_consumer_group_record(key, value));
  if (of_consumers) return std::optional<CoordinatorRecord>(*std::move(of_consumers));
  TRY(auto of_sharers, decode_share_group_record(key, value));
  if (of_sharers) return std::optional<CoordinatorRecord>(*std::move(of_sharers));
  return std::optional<CoordinatorRecord>();
}

}  // namespace tickerlake::broker
