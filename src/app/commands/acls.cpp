#include <map>

#include "app/commands/security_commands.h"
#include "app/connection.h"
#include "kafka/client/security_admin.h"
#include "services/broker/security/acl.h"  // the names that Kafka's tools use

namespace tickerlake::app {
namespace {

using broker::Operation;
using broker::PatternType;
using broker::Permission;
using broker::ResourceType;

constexpr std::chrono::seconds patience{10};

template <class Enum>
std::int8_t number(Enum value) {
  return static_cast<std::int8_t>(value);
}

struct Resource {
  ResourceType type = ResourceType::any;
  std::optional<std::string> name;
};

/// Those that the flags name.
std::vector<Resource> resources_of(const AclsOptions& options) {
  std::vector<Resource> all;
  for (const std::string& topic : options.topics) all.push_back({ResourceType::topic, topic});
  for (const std::string& group : options.groups) all.push_back({ResourceType::group, group});
  for (const std::string& id : options.transactional_ids) all.push_back({ResourceType::transactional_id, id});
  if (options.cluster) all.push_back({ResourceType::cluster, broker::cluster_name});
  return all;
}

Result<std::vector<Operation>> operations_of(const AclsOptions& options) {
  std::vector<Operation> all;
  for (const std::string& name : options.operations) {
    const auto operation = broker::parse_operation(name);
    if (!operation) return fail(ErrorCode::invalid_argument, "--operation " + name + ": there is no such operation");
    all.push_back(*operation);
  }
  return all;
}

/// One or all of what was given, or the one thing that lets everything through.
template <class T>
std::vector<T> or_any(std::vector<T> given, T any) {
  if (given.empty()) given.push_back(std::move(any));
  return given;
}

Result<std::vector<kafka::AclFilterShape>> filters_of(const AclsOptions& options) {
  TRY(const auto operations, operations_of(options));
  std::vector<std::optional<std::string>> principals(options.principals.begin(), options.principals.end());
  std::vector<kafka::AclFilterShape> filters;
  for (const Resource& resource : or_any(resources_of(options), Resource())) {
    const auto pattern = options.prefixed ? PatternType::prefixed
                         : resource.name  ? PatternType::literal
                                          : PatternType::any;
    for (const auto& principal : or_any(principals, std::optional<std::string>()))
      for (const Operation operation : or_any(operations, Operation::any))
        filters.push_back({.resource_type_filter = number(resource.type),
                           .resource_name_filter = resource.name,
                           .pattern_type_filter = number(pattern),
                           .principal_filter = principal,
                           .host_filter = options.host.empty() ? std::nullopt : std::optional(options.host),
                           .operation = number(operation),
                           .permission_type = number(options.deny ? Permission::deny : Permission::any)});
  }
  return filters;
}

Result<std::vector<kafka::AclShape>> entries_of(const AclsOptions& options) {
  TRY(const auto operations, operations_of(options));
  const auto resources = resources_of(options);
  if (resources.empty() || operations.empty() || options.principals.empty())
    return fail(ErrorCode::invalid_argument,
                "add: say who (--principal), what (--operation) and on what (--topic, --group, --transactional-id, "
                "--cluster)");
  std::vector<kafka::AclShape> entries;
  for (const Resource& resource : resources)
    for (const std::string& principal : options.principals)
      for (const Operation operation : operations)
        entries.push_back({.resource_type = number(resource.type),
                           .resource_name = *resource.name,
                           .pattern_type = number(options.prefixed ? PatternType::prefixed : PatternType::literal),
                           .principal = principal,
                           .host = options.host.empty() ? broker::wildcard : options.host,
                           .operation = number(operation),
                           .permission_type = number(options.deny ? Permission::deny : Permission::allow)});
  return entries;
}

void show(const std::vector<kafka::AclShape>& acls, const AclsOptions& options) {
  Table table{{{"resource"}, {"name"}, {"pattern"}, {"principal"}, {"host"}, {"operation"}, {"permission"}}, {}};
  for (const kafka::AclShape& acl : acls) {
    const auto text = [](auto value) { return std::string(broker::name(value)); };
    table.rows.push_back({text(static_cast<ResourceType>(acl.resource_type)), acl.resource_name,
                          text(static_cast<PatternType>(acl.pattern_type)), acl.principal, acl.host,
                          text(static_cast<Operation>(acl.operation)),
                          text(static_cast<Permission>(acl.permission_type))});
  }
  print(table, options.output);
}

Result<void> acls(const AclsOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto cluster, kafka::Cluster::create(settings, log));
  const auto until = cluster->for_at_most(patience);
  if (options.action == "add") {
    TRY(auto entries, entries_of(options));
    return kafka::add_acls(*cluster, std::move(entries), until);
  }
  TRY(auto filters, filters_of(options));
  if (options.action == "remove") {
    const bool says_what = !options.principals.empty() || !options.operations.empty() || !options.host.empty() ||
                           !resources_of(options).empty();
    if (!says_what) return fail(ErrorCode::invalid_argument, "remove: say which, as for add");
    TRY(const auto removed, kafka::remove_acls(*cluster, std::move(filters), until));
    show(removed, options);
    return {};
  }
  std::vector<kafka::AclShape> all;
  for (const auto& filter : filters) {
    TRY(const auto found, kafka::list_acls(*cluster, filter, until));
    all.insert(all.end(), found.begin(), found.end());
  }
  show(all, options);
  return {};
}

}  // namespace

int run_acls(const AclsOptions& options, Context& context) {
  const auto outcome = acls(options, context.log);
  return outcome ? ExitCode::done : report("acls", outcome.error());
}

}  // namespace tickerlake::app
