#pragma once
// How the broker divides a consumer group's partitions among its members (KIP-848's server-side assignors). Pure
// functions: the same input gives the same assignment.
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/broker/ids.h"

namespace tickerlake::broker {

/// Partitions of topics. A topic without partitions is not in it.
using Assignment = std::map<TopicId, std::set<std::int32_t>>;

enum class Assignor { uniform, range };

/// Kafka's group.consumer.assignors, the first of which is the default.
inline constexpr Assignor default_assignor = Assignor::uniform;
const char* name(Assignor assignor);
std::optional<Assignor> find_assignor(std::string_view name);

struct AssignorInput {
  struct Member {
    std::string id;
    std::optional<std::string> instance_id;
    std::set<TopicId> topics;  // subscribed, of those that exist
    Assignment current;        // the target until now
  };
  std::vector<Member> members;                 // no id twice
  std::map<TopicId, std::int32_t> partitions;  // of every topic that a member has subscribed to
};

/// Every partition of a topic that somebody has subscribed to goes to exactly one of its subscribers.
///
/// uniform: members keep what they have as far as the load allows; loads of members that may take the same topics
/// differ by at most one partition. range: for each topic consecutive partitions in the order of the members, so that
/// topics with as many partitions and the same subscribers are divided alike.
std::map<std::string, Assignment> assign(Assignor assignor, const AssignorInput& input);

/// For share groups, in which a partition may have several members (Kafka's "simple" assignor): every partition has one
/// of its topic's subscribers at least, every member has a partition of its topics at least, and both are spread
/// evenly. Members keep what they have where that is as even.
std::map<std::string, Assignment> assign_shared(const AssignorInput& input);

}  // namespace tickerlake::broker
