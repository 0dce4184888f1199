#include <algorithm>
#include <iostream>

#include "app/commands/security_commands.h"
#include "app/connection.h"
#include "kafka/client/security_admin.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::seconds patience{10};

Result<std::vector<kafka::ScramMechanism>> mechanisms_of(const UsersOptions& options) {
  std::vector<kafka::ScramMechanism> all;
  for (const std::string& name : options.mechanisms) {
    const auto mechanism = kafka::scram_mechanism(name);
    if (!mechanism) return fail(ErrorCode::invalid_argument, "--mechanism " + name + ": there is no such mechanism");
    all.push_back(*mechanism);
  }
  return all;
}

/// The first line of a file, or of stdin: a password among a command's arguments could be read by others.
Result<std::string> read_password(const std::string& file) {
  std::string text;
  if (file == "-") {
    std::getline(std::cin, text);
  } else {
    TRY(text, io::read_file(file));
    text = text.substr(0, text.find('\n'));
  }
  if (text.ends_with('\r')) text.pop_back();
  if (text.empty()) return fail(ErrorCode::invalid_argument, "the password is empty");
  return text;
}

Result<void> list(kafka::Cluster& cluster, const UsersOptions& options) {
  TRY(const auto users, kafka::list_users(cluster, cluster.for_at_most(patience)));
  Table table{{{"user"}, {"mechanism"}, {"iterations", true}}, {}};
  for (const auto& one : users)
    table.rows.push_back({one.user, kafka::name(one.mechanism), std::to_string(one.iterations)});
  print(table, options.output);
  return {};
}

Result<void> remove(kafka::Cluster& cluster, const UsersOptions& options) {
  TRY(const auto mechanisms, mechanisms_of(options));
  TRY(auto users, kafka::list_users(cluster, cluster.for_at_most(patience)));
  std::erase_if(users, [&](const kafka::UserCredential& one) {
    return one.user != options.name ||
           (!mechanisms.empty() && std::ranges::find(mechanisms, one.mechanism) == mechanisms.end());
  });
  if (users.empty()) return fail(ErrorCode::not_found, "there is no such user: " + options.name);
  return kafka::remove_credentials(cluster, users, cluster.for_at_most(patience));
}

Result<void> users(const UsersOptions& options, const Log& log) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto cluster, kafka::Cluster::create(settings, log));
  if (options.action == "list") return list(*cluster, options);
  if (options.name.empty()) return fail(ErrorCode::invalid_argument, options.action + ": name the user");
  if (options.action == "remove") return remove(*cluster, options);
  TRY(auto mechanisms, mechanisms_of(options));
  if (mechanisms.empty()) mechanisms = {kafka::ScramMechanism::sha_256, kafka::ScramMechanism::sha_512};
  TRY(const std::string password, read_password(options.password_file));
  return kafka::set_password(*cluster, options.name, mechanisms, password, options.iterations,
                             cluster->for_at_most(patience));
}

}  // namespace

int run_users(const UsersOptions& options, Context& context) {
  const auto outcome = users(options, context.log);
  return outcome ? ExitCode::done : report("users", outcome.error());
}

}  // namespace tickerlake::app
