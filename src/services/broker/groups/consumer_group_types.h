#pragma once
// What goes in and out of the state machine of a KIP-848 consumer group, and what is stored of it.
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "kafka/errors.h"
#include "services/broker/groups/assignor.h"
#include "services/broker/groups/group_types.h"

namespace tickerlake::broker {

/// The topics there are. A new one is made when any of them changes, so that two can be told apart by their version.
struct TopicCatalog {
  struct Topic {
    TopicId id{};
    std::int32_t partitions = 0;
  };
  std::uint64_t version = 0;
  std::map<std::string, Topic> topics;
};

/// A group's settings in effect: its own (config resource GROUP) or the broker's (group.consumer.*).
struct ConsumerGroupSettings {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::size_t max_size = 10'000;
};

// Member epochs with a meaning of their own.
inline constexpr std::int32_t join_epoch = 0, leave_epoch = -1, leave_for_a_while_epoch = -2;

/// A heartbeat. What is absent has not changed since the last one.
struct HeartbeatAsk {
  std::string member_id;
  std::int32_t member_epoch = join_epoch;
  std::optional<std::string> instance_id, rack_id;
  std::optional<std::int32_t> rebalance_timeout_ms;
  std::optional<std::set<std::string>> topics;
  std::optional<std::string> pattern;  // empty: none any more
  std::optional<std::string> assignor;
  std::optional<Assignment> owned;
  std::string client_id, client_host;
  std::function<bool(const std::string& topic)> may_describe;  // what a pattern may match; none: all
};

struct HeartbeatAnswer {
  kafka::KafkaError error = kafka::KafkaError::none;
  std::string message;  // of an error
  std::string member_id;
  std::int32_t member_epoch = 0;
  std::optional<Assignment> assignment;  // only where it may be news to the member

  static HeartbeatAnswer refused(kafka::KafkaError error, std::string message) {
    return {error, std::move(message), {}, 0, {}};
  }
};

/// What a member has told about itself.
struct Subscription {
  std::optional<std::string> instance_id, rack_id;
  std::string client_id, client_host;
  std::set<std::string> topics;
  std::string pattern;  // empty: none
  std::int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> assignor;
  bool operator==(const Subscription&) const = default;
};

/// How far a member has got on its way to its target. The numbers are Kafka's.
enum class Progress : std::int8_t {
  stable = 0,      // it has what its epoch's target gives it
  unrevoked = 1,   // it was told to give partitions up and has not said that it has
  unreleased = 2,  // it waits for partitions that others have not given up
};

struct Reconciliation {
  std::int32_t epoch = 0;
  std::int32_t previous_epoch = -1;  // an answer may have been lost: the member may come with this one once more
  Progress progress = Progress::stable;
  Assignment assigned;
  Assignment revoking;
  bool operator==(const Reconciliation&) const = default;
};

// The records of a group, each with the whole of what its key names; without a value the key is deleted.
struct EpochRecord {
  struct Value {
    std::int32_t epoch = 0;
    std::int64_t topics_hash = 0;  // of the subscribed topics when the epoch began
  };
  std::optional<Value> value;
};
struct SubscriptionRecord {
  std::string member_id;
  std::optional<Subscription> value;
};
struct TargetEpochRecord {
  std::optional<std::int32_t> value;
};
struct TargetRecord {
  std::string member_id;
  std::optional<Assignment> value;
};
struct ReconciliationRecord {
  std::string member_id;
  std::optional<Reconciliation> value;
};
struct PatternRecord {
  struct Value {
    std::set<std::string> topics;
    std::int64_t catalog_version = 0;
  };
  std::string pattern;
  std::optional<Value> value;
};
using ConsumerGroupChange =
    std::variant<EpochRecord, SubscriptionRecord, TargetEpochRecord, TargetRecord, ReconciliationRecord, PatternRecord>;

/// A group as ConsumerGroupDescribe tells it.
struct ConsumerGroupDescription {
  struct Member {
    std::string id;
    Subscription subscription;
    std::int32_t epoch = 0;
    Assignment assigned, target;
  };
  std::string id;
  std::string state;
  std::int32_t epoch = 0, assignment_epoch = 0;
  Assignor assignor = default_assignor;
  std::vector<Member> members;
};

}  // namespace tickerlake::broker
