#pragma once
// Access control entries and how they are matched, as Kafka's StandardAuthorizer does it. The numbers are the
// protocol's (KIP-140, KIP-290).
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace tickerlake::broker {

enum class ResourceType : std::int8_t {
  any = 1,
  topic = 2,
  group = 3,
  cluster = 4,
  transactional_id = 5,
  delegation_token = 6,
  user = 7,
};
enum class PatternType : std::int8_t { any = 1, match = 2, literal = 3, prefixed = 4 };
enum class Operation : std::int8_t {
  any = 1,
  all = 2,
  read = 3,
  write = 4,
  create = 5,
  remove = 6,
  alter = 7,
  describe = 8,
  cluster_action = 9,
  describe_configs = 10,
  alter_configs = 11,
  idempotent_write = 12,
  create_tokens = 13,
  describe_tokens = 14,
  two_phase_commit = 15,
};
enum class Permission : std::int8_t { any = 1, deny = 2, allow = 3 };

inline constexpr const char* cluster_name = "kafka-cluster";
inline constexpr const char* wildcard = "*";  // as a literal resource's name, and as a host
inline constexpr const char* anyone = "User:*";

struct Acl {
  ResourceType resource = ResourceType::topic;
  std::string name;
  PatternType pattern = PatternType::literal;
  std::string principal;  // "User:alice"
  std::string host;
  Operation operation = Operation::read;
  Permission permission = Permission::allow;
  auto operator<=>(const Acl&) const = default;
};

using Acls = std::set<Acl>;

/// What DescribeAcls and DeleteAcls look for; an empty field lets everything through.
struct AclFilter {
  ResourceType resource = ResourceType::any;
  std::optional<std::string> name;
  PatternType pattern = PatternType::any;
  std::optional<std::string> principal, host;
  Operation operation = Operation::any;
  Permission permission = Permission::any;
  bool matches(const Acl& acl) const;
};

/// Who asks, from where.
struct Asker {
  std::string_view principal;  // "User:alice"
  std::string_view host;
};

/// What the entries say of one operation on one resource: a denial wins, an entry that allows the operation or one that
/// implies it allows, and where no entry is for this resource nothing is said.
enum class Verdict { allowed, denied, no_entry, unanswered };
Verdict judge(const Acls& acls, const Asker& asker, Operation operation, ResourceType type, std::string_view name);

/// Whether the operation may be allowed on any resource of that type: Kafka's authorizeByResourceType, which lets
/// whoever may write some topic have a producer id.
bool allows_some(const Acls& acls, const Asker& asker, Operation operation, ResourceType type);

/// The operations that mean something for resources of a type (AclEntry.supportedOperations).
const std::vector<Operation>& operations_of(ResourceType type);

/// Why the protocol's numbers make no entry; nothing if they do.
std::optional<std::string> flaw_of(const Acl& acl);

/// The names that Kafka's tools use: "Topic", "LITERAL", "DescribeConfigs", "Allow"; parsing does not mind the case.
std::string_view name(ResourceType type);
std::string_view name(PatternType pattern);
std::string_view name(Operation operation);
std::string_view name(Permission permission);
std::optional<ResourceType> parse_resource_type(std::string_view text);
std::optional<PatternType> parse_pattern_type(std::string_view text);
std::optional<Operation> parse_operation(std::string_view text);
std::optional<Permission> parse_permission(std::string_view text);

}  // namespace tickerlake::broker
