// Flags of the commands for users, their rights and quotas.
#include "app/command_line/line.h"
#include "app/commands/security_commands.h"

namespace tickerlake::app {
namespace {

void add_acls(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "acls", "list, add, remove access control entries", run_acls);
  command.add_option("ACTION", options.action, "what to do")
      ->check(CLI::IsMember({"list", "add", "remove"}))
      ->capture_default_str();
  command.add_option("--principal", options.principals, "who, as User:alice; User:* for everyone")->take_all();
  command.add_option("--operation", options.operations, "Read, Write, Create, …, All")->take_all();
  command.add_option("--topic", options.topics, "on which topic; * for all")->take_all();
  command.add_option("--group", options.groups, "on which group; * for all")->take_all();
  command.add_option("--transactional-id", options.transactional_ids, "on which transactional id")->take_all();
  command.add_flag("--cluster", options.cluster, "on the cluster");
  command.add_flag("--prefixed", options.prefixed, "on all whose names begin so");
  command.add_option("--host", options.host, "from which address (default: from all)");
  command.add_flag("--deny", options.deny, "entries that deny");
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_users(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "users", "list, add, remove users with passwords (SCRAM)", run_users);
  command.add_option("ACTION", options.action, "what to do")
      ->check(CLI::IsMember({"list", "add", "remove"}))
      ->capture_default_str();
  command.add_option("NAME", options.name, "the user; add replaces the password of one that is there");
  command.add_option("--password-file", options.password_file, "add: its first line is the password (-: stdin's)")
      ->option_text("FILE")
      ->capture_default_str();
  command.add_option("--mechanism", options.mechanisms, "SCRAM-SHA-256, SCRAM-SHA-512 (default: both)")->take_all();
  command.add_option("--iterations", options.iterations, "add: how slow guessing is made")->capture_default_str();
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_quotas(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "quotas", "list, set, remove what clients may use", run_quotas);
  command.add_option("ACTION", options.action, "what to do")
      ->check(CLI::IsMember({"list", "set", "remove"}))
      ->capture_default_str();
  command.add_option("QUOTA", options.quotas,
                     "set: QUOTA=NUMBER of producer_byte_rate, consumer_byte_rate, request_percentage, "
                     "controller_mutation_rate, of --ip connection_creation_rate; remove: QUOTA (none: all)");
  const auto add_owner = [&](const char* name, std::string& of, bool& others, const char* all, const char* what) {
    auto* option = command.add_option(name, of, what);
    command.add_flag(all, others, "each other one, where it has no quota of its own")->excludes(option);
  };
  add_owner("--user", options.user, options.user_defaults, "--user-defaults",
            "whose: of a user (without SASL ANONYMOUS)");
  add_owner("--client-id", options.client_id, options.client_defaults, "--client-defaults", "of a client id");
  add_owner("--ip", options.ip, options.ip_defaults, "--ip-defaults", "of an address");
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

}  // namespace

void add_security_commands(CLI::App& app, Line& line) {
  add_acls(app, line);
  add_users(app, line);
  add_quotas(app, line);
}

}  // namespace tickerlake::app
