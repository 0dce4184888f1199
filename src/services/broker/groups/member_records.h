#pragma once
// What the records of both kinds of server-side groups (KIP-848, KIP-932) have in common in __consumer_offsets: keys,
// target assignments, and how topics with partitions stand in values. Bytes: docs/formats/consumer-offsets.md.
#include <cstdint>
#include <string>
#include <vector>

#include "services/broker/groups/group_records.h"
#include "services/broker/groups/record_codec.h"

namespace tickerlake::broker::member_records {

struct GroupKey {
  std::string group;
  static void fields(auto& c, auto& m) { c(m.group); }
};

/// Of a member, or of a pattern.
struct PartKey {
  std::string group, part;
  static void fields(auto& c, auto& m) {
    c(m.group);
    c(m.part);
  }
};

/// All values have one version until now, and may have tagged fields.
struct Value {
  static constexpr std::int16_t last_version = 0, flexible_since = 0;
};

struct TargetEpochValue : Value {
  std::int32_t epoch = 0;
  std::int64_t timestamp = 0;
  static void fields(auto& c, auto& m) {
    c(m.epoch);
    c.tags(kafka::tag(0, m.timestamp));
  }
};

struct TopicPartitions {
  kafka::Uuid topic;
  std::vector<std::int32_t> partitions;
  static void fields(auto& c, auto& m) {
    c(m.topic);
    c(m.partitions);
  }
};

struct TargetValue : Value {
  std::vector<TopicPartitions> assigned;
  static void fields(auto& c, auto& m) { c(m.assigned); }
};

inline std::vector<TopicPartitions> to_list(const Assignment& assignment) {
  std::vector<TopicPartitions> list;
  for (const auto& [topic, partitions] : assignment) list.push_back({topic, {partitions.begin(), partitions.end()}});
  return list;
}

inline Assignment from_list(const std::vector<TopicPartitions>& list) {
  Assignment assignment;
  for (const auto& [topic, partitions] : list) {
    if (!partitions.empty()) assignment[topic].insert(partitions.begin(), partitions.end());
  }
  return assignment;
}

template <class T>
Buffer value_bytes(const T& value) {
  return record_codec::write_versioned(std::int16_t{0}, value, true);
}

/// Kind: what a key begins with, an enumeration of std::int16_t.
template <class Kind>
Buffer key_bytes(Kind kind, const std::string& group) {
  return record_codec::write_versioned(static_cast<std::int16_t>(kind), GroupKey{group});
}
template <class Kind>
Buffer key_bytes(Kind kind, const std::string& group, const std::string& part) {
  return record_codec::write_versioned(static_cast<std::int16_t>(kind), PartKey{group, part});
}

/// Writes the changes that both have, under the keys that Kind gives them: target_epoch, target.
template <class Kind>
struct TargetEncoder {
  const std::string& group;
  TimestampMs now;

  KeyValue operator()(const TargetEpochRecord& record) const {
    KeyValue encoded{key_bytes(Kind::target_epoch, group), {}};
    if (record.value) encoded.value = value_bytes(TargetEpochValue{{}, *record.value, now});
    return encoded;
  }
  KeyValue operator()(const TargetRecord& record) const {
    KeyValue encoded{key_bytes(Kind::target, group, record.member_id), {}};
    if (record.value) encoded.value = value_bytes(TargetValue{{}, to_list(*record.value)});
    return encoded;
  }
};

inline Result<TargetEpochRecord> read_target_epoch(std::optional<ByteView> bytes) {
  TargetEpochRecord record;
  if (bytes) {
    TRY(const TargetEpochValue value, record_codec::read_value<TargetEpochValue>(*bytes));
    record.value = value.epoch;
  }
  return record;
}

inline Result<TargetRecord> read_target(std::string member, std::optional<ByteView> bytes) {
  TargetRecord record{std::move(member), std::nullopt};
  if (bytes) {
    TRY(const TargetValue value, record_codec::read_value<TargetValue>(*bytes));
    record.value = from_list(value.assigned);
  }
  return record;
}

}  // namespace tickerlake::broker::member_records
