#include "services/broker/security/acl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tickerlake::broker {
namespace {

template <class Enum>
using Name = std::pair<Enum, std::string_view>;

constexpr std::array resource_names = {
    Name<ResourceType>{ResourceType::any, "Any"},
    Name<ResourceType>{ResourceType::topic, "Topic"},
    Name<ResourceType>{ResourceType::group, "Group"},
    Name<ResourceType>{ResourceType::cluster, "Cluster"},
    Name<ResourceType>{ResourceType::transactional_id, "TransactionalId"},
    Name<ResourceType>{ResourceType::delegation_token, "DelegationToken"},
    Name<ResourceType>{ResourceType::user, "User"},
};
constexpr std::array pattern_names = {
    Name<PatternType>{PatternType::any, "Any"},
    Name<PatternType>{PatternType::match, "Match"},
    Name<PatternType>{PatternType::literal, "Literal"},
    Name<PatternType>{PatternType::prefixed, "Prefixed"},
};
constexpr std::array operation_names = {
    Name<Operation>{Operation::any, "Any"},
    Name<Operation>{Operation::all, "All"},
    Name<Operation>{Operation::read, "Read"},
    Name<Operation>{Operation::write, "Write"},
    Name<Operation>{Operation::create, "Create"},
    Name<Operation>{Operation::remove, "Delete"},
    Name<Operation>{Operation::alter, "Alter"},
    Name<Operation>{Operation::describe, "Describe"},
    Name<Operation>{Operation::cluster_action, "ClusterAction"},
    Name<Operation>{Operation::describe_configs, "DescribeConfigs"},
    Name<Operation>{Operation::alter_configs, "AlterConfigs"},
    Name<Operation>{Operation::idempotent_write, "IdempotentWrite"},
    Name<Operation>{Operation::create_tokens, "CreateTokens"},
    Name<Operation>{Operation::describe_tokens, "DescribeTokens"},
    Name<Operation>{Operation::two_phase_commit, "TwoPhaseCommit"},
};
constexpr std::array permission_names = {
    Name<Permission>{Permission::any, "Any"},
    Name<Permission>{Permission::deny, "Deny"},
    Name<Permission>{Permission::allow, "Allow"},
};

template <class Enum, std::size_t N>
std::string_view find_name(const std::array<Name<Enum>, N>& names, Enum value) {
  const auto at = std::ranges::find(names, value, &Name<Enum>::first);
  return at == names.end() ? "Unknown" : at->second;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class Enum, std::size_t N>
std::optional<Enum> find_value(const std::array<Name<Enum>, N>& names, std::string_view text) {
  for (const auto& [value, known] : names)
    if (std::ranges::equal(known, text, {}, lower, lower)) return value;
  return std::nullopt;
}

template <class Enum, std::size_t N>
bool is_known(const std::array<Name<Enum>, N>& names, Enum value) {
  return std::ranges::find(names, value, &Name<Enum>::first) != names.end();
}

bool is_for(const Acl& acl, const Asker& asker) {
  return (acl.principal == anyone || acl.principal == asker.principal) &&
         (acl.host == wildcard || acl.host == asker.host);
}

/// Whether an entry speaks of that operation. Only permissions imply others: who may not read may still describe.
bool covers(const Acl& acl, Operation operation) {
  if (acl.operation == Operation::all || acl.operation == operation) return true;
  if (acl.permission != Permission::allow) return false;
  if (operation == Operation::describe) {
    return acl.operation == Operation::read || acl.operation == Operation::write ||
           acl.operation == Operation::remove || acl.operation == Operation::alter;
  }
  return operation == Operation::describe_configs && acl.operation == Operation::alter_configs;
}

/// Looks at the entries of one name: the literal or the prefixed ones.
struct Search {
  const Acls& acls;
  const Asker& asker;
  Operation operation;
  ResourceType type;
  bool found = false, allowed = false, denied = false;

  void look(std::string_view name, PatternType pattern) {
    Acl first;
    first.resource = type;
    first.name = name;
    first.pattern = pattern;
    first.operation = Operation{};
    first.permission = Permission{};
    for (auto at = acls.lower_bound(first);
         at != acls.end() && at->resource == type && at->name == name && at->pattern == pattern; ++at) {
      found = true;
      if (!is_for(*at, asker) || !covers(*at, operation)) continue;
      (at->permission == Permission::deny ? denied : allowed) = true;
    }
  }
};

bool is_prefix_of(std::string_view prefix, std::string_view text) { return text.starts_with(prefix); }

}  // namespace

bool AclFilter::matches(const Acl& acl) const {
  if (resource != ResourceType::any && resource != acl.resource) return false;
  if (pattern == PatternType::literal || pattern == PatternType::prefixed) {
    if (pattern != acl.pattern) return false;
  }
  if (name) {
    // MATCH asks for all entries that speak of the name; the others for those that were made with it.
    const bool speaks = acl.pattern == PatternType::prefixed ? is_prefix_of(acl.name, *name)
                                                             : acl.name == *name || acl.name == wildcard;
    if (pattern == PatternType::match ? !speaks : acl.name != *name) return false;
  }
  return (!principal || *principal == acl.principal) && (!host || *host == acl.host) &&
         (operation == Operation::any || operation == acl.operation) &&
         (permission == Permission::any || permission == acl.permission);
}

Verdict judge(const Acls& acls, const Asker& asker, Operation operation, ResourceType type, std::string_view name) {
  Search search{acls, asker, operation, type};
  search.look(name, PatternType::literal);
  if (name != wildcard) search.look(wildcard, PatternType::literal);
  for (std::size_t length = 1; length <= name.size(); ++length)
    search.look(name.substr(0, length), PatternType::prefixed);
  if (search.denied) return Verdict::denied;
  if (search.allowed) return Verdict::allowed;
  return search.found ? Verdict::unanswered : Verdict::no_entry;
}

bool allows_some(const Acls& acls, const Asker& asker, Operation operation, ResourceType type) {
  const auto is_relevant = [&](const Acl& acl, Permission permission) {
    return acl.resource == type && acl.permission == permission && is_for(acl, asker) &&
           (acl.operation == operation || acl.operation == Operation::all);
  };
  // A permission counts unless all that it is for has been denied.
  const auto is_dominated = [&](const Acl& allow) {
    return std::ranges::any_of(acls, [&](const Acl& deny) {
      if (!is_relevant(deny, Permission::deny)) return false;
      if (deny.pattern == PatternType::prefixed) return allow.name != wildcard && is_prefix_of(deny.name, allow.name);
      return deny.name == wildcard || (allow.pattern == PatternType::literal && deny.name == allow.name);
    });
  };
  return std::ranges::any_of(acls,
                             [&](const Acl& acl) { return is_relevant(acl, Permission::allow) && !is_dominated(acl); });
}

const std::vector<Operation>& operations_of(ResourceType type) {
  using enum Operation;
  static const std::vector<Operation> of_topic = {read,  write,    create,           remove,
                                                  alter, describe, describe_configs, alter_configs};
  static const std::vector<Operation> of_group = {read, remove, describe, describe_configs, alter_configs};
  static const std::vector<Operation> of_cluster = {create,           alter,         describe,        cluster_action,
                                                    describe_configs, alter_configs, idempotent_write};
  static const std::vector<Operation> of_transactional_id = {write, describe, two_phase_commit};
  static const std::vector<Operation> of_token = {describe};
  static const std::vector<Operation> of_user = {create_tokens, describe_tokens};
  static const std::vector<Operation> none;
  switch (type) {
    case ResourceType::topic:
      return of_topic;
    case ResourceType::group:
      return of_group;
    case ResourceType::cluster:
      return of_cluster;
    case ResourceType::transactional_id:
      return of_transactional_id;
    case ResourceType::delegation_token:
      return of_token;
    case ResourceType::user:
      return of_user;
    case ResourceType::any:
      break;
  }
  return none;
}

std::optional<std::string> flaw_of(const Acl& acl) {
  if (!is_known(resource_names, acl.resource) || acl.resource == ResourceType::any) return "Invalid resourceType";
  if (acl.pattern != PatternType::literal && acl.pattern != PatternType::prefixed) return "Invalid patternType";
  if (!is_known(operation_names, acl.operation) || acl.operation == Operation::any) return "Invalid operation";
  if (acl.permission != Permission::deny && acl.permission != Permission::allow) return "Invalid permissionType";
  if (acl.name.empty()) return "Resource name should not be empty";
  if (acl.resource == ResourceType::cluster && acl.name != cluster_name)
    return "The only valid name for the CLUSTER resource is kafka-cluster";
  const std::size_t colon = acl.principal.find(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == acl.principal.size())
    return "Could not parse principal from `" + acl.principal +
           "` (no colon is present separating the principal type "
           "from the principal name)";
  if (acl.host.empty()) return "Host should not be empty";
  return std::nullopt;
}

std::string_view name(ResourceType type) { return find_name(resource_names, type); }
std::string_view name(PatternType pattern) { return find_name(pattern_names, pattern); }
std::string_view name(Operation operation) { return find_name(operation_names, operation); }
std::string_view name(Permission permission) { return find_name(permission_names, permission); }
std::optional<ResourceType> parse_resource_type(std::string_view text) { return find_value(resource_names, text); }
std::optional<PatternType> parse_pattern_type(std::string_view text) { return find_value(pattern_names, text); }
std::optional<Operation> parse_operation(std::string_view text) { return find_value(operation_names, text); }
std::optional<Permission> parse_permission(std::string_view text) { return find_value(permission_names, text); }

}  // namespace tickerlake::broker
