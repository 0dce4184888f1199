#pragma once
// The commands about security: what each one's flags fill in, and the function that runs it.
#include <cstdint>
#include <string>
#include <vector>

#include "app/commands/commands.h"

namespace tickerlake::app {

struct AclsOptions {
  KafkaOptions kafka;
  std::string action = "list";  // list, add, remove
  std::vector<std::string> principals, operations, topics, groups, transactional_ids;
  bool cluster = false, prefixed = false, deny = false;
  std::string host;  // empty: add: all; else whichever
  OutputFormat output = OutputFormat::table;
};
int run_acls(const AclsOptions& options, Context& context);

struct UsersOptions {
  KafkaOptions kafka;
  std::string action = "list";  // list, add, remove
  std::string name, password_file = "-";
  std::vector<std::string> mechanisms;  // empty: all
  std::int32_t iterations = 4096;
  OutputFormat output = OutputFormat::table;
};
int run_users(const UsersOptions& options, Context& context);

struct QuotasOptions {
  KafkaOptions kafka;
  std::string action = "list";  // list, set, remove
  std::string user, client_id, ip;
  bool user_defaults = false, client_defaults = false, ip_defaults = false;
  std::vector<std::string> quotas;  // set: KEY=NUMBER; remove: KEY, or none for all
  OutputFormat output = OutputFormat::table;
};
int run_quotas(const QuotasOptions& options, Context& context);

}  // namespace tickerlake::app
