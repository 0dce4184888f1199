#pragma once
// May this request's sender do that? The one place that decides; every handler asks it. Without an authorizer
// everything is permitted.
#include <cstdint>
#include <limits>
#include <string_view>

#include "services/broker/responder.h"
#include "services/broker/security/acl.h"

namespace tickerlake::broker {

bool may(const Caller& caller, Operation operation, ResourceType type, std::string_view name);

inline bool may_topic(const Caller& caller, Operation operation, std::string_view topic) {
  return may(caller, operation, ResourceType::topic, topic);
}
inline bool may_group(const Caller& caller, Operation operation, std::string_view group) {
  return may(caller, operation, ResourceType::group, group);
}
inline bool may_transact(const Caller& caller, Operation operation, std::string_view transactional_id) {
  return may(caller, operation, ResourceType::transactional_id, transactional_id);
}
inline bool may_cluster(const Caller& caller, Operation operation) {
  return may(caller, operation, ResourceType::cluster, cluster_name);
}
/// On any topic at all.
bool may_some_topic(const Caller& caller, Operation operation);

/// What "authorized operations" fields hold (KIP-430): bit n for Operation n.
std::int32_t authorized_operations(const Caller& caller, ResourceType type, std::string_view name);
/// Of the cluster; none for who may not even describe it.
inline std::int32_t cluster_operations(const Caller& caller) {
  if (!may_cluster(caller, Operation::describe)) return 0;
  return authorized_operations(caller, ResourceType::cluster, cluster_name);
}
inline constexpr std::int32_t operations_not_asked_for = std::numeric_limits<std::int32_t>::min();

}  // namespace tickerlake::broker
