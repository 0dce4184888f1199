#include <fmt/core.h>

#include <charconv>

#include "app/commands/security_commands.h"
#include "app/connection.h"
#include "kafka/client/security_admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

kafka::QuotaOwner owner_of(const QuotasOptions& options) {
  kafka::QuotaOwner owner;
  const auto add = [&](const char* type, const std::string& name, bool of_others) {
    if (of_others) owner[type] = std::nullopt;
    if (!name.empty()) owner[type] = name;
  };
  add("user", options.user, options.user_defaults);
  add("client-id", options.client_id, options.client_defaults);
  add("ip", options.ip, options.ip_defaults);
  return owner;
}

std::string shown(const kafka::QuotaOwner& owner, const char* type) {
  const auto part = owner.find(type);
  return part == owner.end() ? "-" : part->second.value_or("<default>");
}

Result<void> list(kafka::Cluster& cluster, const kafka::QuotaOwner& owner, const QuotasOptions& options) {
  TRY(const auto quotas, kafka::list_quotas(cluster, owner, cluster.for_at_most(patience)));
  Table table{{{"user"}, {"client_id"}, {"ip"}, {"quota"}, {"value", true}}, {}};
  for (const auto& one : quotas)
    table.rows.push_back({shown(one.owner, "user"), shown(one.owner, "client-id"), shown(one.owner, "ip"), one.key,
                          fmt::format("{}", one.value)});
  print(table, options.output);
  return {};
}

using Values = std::map<std::string, std::optional<double>>;

Result<Values> values_to_set(const QuotasOptions& options) {
  Values values;
  for (const std::string& text : options.quotas) {
    const std::size_t equals = text.find('=');
    double value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = equals == std::string::npos
                                   ? std::from_chars_result{text.data(), std::errc::invalid_argument}
                                   : std::from_chars(text.data() + equals + 1, end, value);
    if (error != std::errc() || stop != end)
      return fail(ErrorCode::invalid_argument, text + ": expected QUOTA=NUMBER, as producer_byte_rate=1048576");
    values[text.substr(0, equals)] = value;
  }
  if (values.empty()) return fail(ErrorCode::invalid_argument, "set: say what, as producer_byte_rate=1048576");
  return values;
}

/// The keys that were named, or all that the owner has.
Result<Values> values_to_remove(kafka::Cluster& cluster, const kafka::QuotaOwner& owner, const QuotasOptions& options) {
  Values values;
  for (const std::string& key : options.quotas) values[key] = std::nullopt;
  if (!values.empty()) return values;
  TRY(const auto quotas, kafka::list_quotas(cluster, owner, cluster.for_at_most(patience)));
  for (const auto& one : quotas)
    if (one.owner == owner) values[one.key] = std::nullopt;
  if (values.empty()) return fail(ErrorCode::not_found, "there is no such quota");
  return values;
}

Result<void> quotas(const QuotasOptions& options, const Log& log) {
  const auto owner = owner_of(options);
  if (options.action != "list" && owner.empty())
    return fail(ErrorCode::invalid_argument,
                options.action + ": say whose, with --user, --client-id, --ip or …-defaults");
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto cluster, kafka::Cluster::create(settings, log));
  if (options.action == "list") return list(*cluster, owner, options);
  TRY(const auto values, options.action == "set" ? values_to_set(options) : values_to_remove(*cluster, owner, options));
  return kafka::alter_quotas(*cluster, owner, values, cluster->for_at_most(patience));
}

}  // namespace

int run_quotas(const QuotasOptions& options, Context& context) {
  const auto outcome = quotas(options, context.log);
  return outcome ? ExitCode::done : report("quotas", outcome.error());
}

}  // namespace tickerlake::app
