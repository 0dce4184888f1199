#pragma once
// What goes in and out of a consumer group's state machine.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "kafka/errors.h"

namespace tickerlake::broker {

using Milliseconds = std::int64_t;
/// A request that may have to wait.
using Ticket = std::uint64_t;

/// A way of assigning partitions that a member knows, and what it tells the leader under it.
struct Protocol {
  std::string name;
  Buffer metadata;
  bool operator==(const Protocol&) const = default;
};

/// Who a request says it comes from.
struct MemberClaim {
  std::string member_id;
  std::optional<std::string> instance_id;  // static membership (KIP-345)
};

struct JoinAsk {
  MemberClaim member;  // an empty member id: new
  std::string client_id, client_host;
  std::int32_t session_timeout_ms = 0;
  std::int32_t rebalance_timeout_ms = 0;
  std::string protocol_type;
  std::vector<Protocol> protocols;   // most wanted first
  bool requires_member_id = false;   // KIP-394: a new member first gets its id, then joins again with it
  bool can_skip_assignment = false;  // KIP-814
};

struct JoinAnswer {
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    Buffer metadata;
  };
  kafka::KafkaError error = kafka::KafkaError::none;
  std::int32_t generation = -1;
  std::string protocol_type, protocol;  // empty: none
  std::string leader;
  std::string member_id;
  bool skip_assignment = false;
  std::vector<Member> members;  // for the leader

  static JoinAnswer refused(kafka::KafkaError error, std::string member_id) {
    JoinAnswer answer;
    answer.error = error;
    answer.member_id = std::move(member_id);
    return answer;
  }
};

struct SyncAsk {
  MemberClaim member;
  std::int32_t generation = -1;
  std::optional<std::string> protocol_type, protocol;
  std::vector<std::pair<std::string, Buffer>> assignments;  // member id → assignment; from the leader
};

struct SyncAnswer {
  kafka::KafkaError error = kafka::KafkaError::none;
  std::string protocol_type, protocol;  // empty: none
  Buffer assignment;
};

struct Answer {
  Answer(Ticket of, JoinAnswer answer) : ticket(of), content(std::in_place_type<JoinAnswer>, std::move(answer)) {}
  Answer(Ticket of, SyncAnswer answer) : ticket(of), content(std::in_place_type<SyncAnswer>, std::move(answer)) {}
  Ticket ticket;
  std::variant<JoinAnswer, SyncAnswer> content;
};

/// A group as it is stored and described.
struct GroupSnapshot {
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::string client_id, client_host;
    std::int32_t rebalance_timeout_ms = 0, session_timeout_ms = 0;
    Buffer metadata;  // under the chosen protocol
    Buffer assignment;
  };
  std::string protocol_type;
  std::int32_t generation = 0;
  std::string protocol;
  std::string leader;
  std::vector<Member> members;
};

}  // namespace tickerlake::broker
