#include <fmt/core.h>

#include "app/commands/commands.h"
#include "services/broker/import/kafka_log_dir.h"

namespace tickerlake::app {
namespace {

Result<broker::Imported> import(const ImportOptions& options, const Log& log) {
  const io::Path data = std::filesystem::absolute(options.data).lexically_normal();
  CHECK(io::make_directories(data));
  auto lock = io::DirectoryLock::acquire(data);
  if (!lock) {
    if (lock.error().code == ErrorCode::conflict) lock.error().message += "; an import needs it stopped";
    return std::unexpected(lock.error());
  }
  const io::Path from = std::filesystem::absolute(options.from).lexically_normal();
  if (!std::filesystem::is_directory(from)) return fail(ErrorCode::not_found, "there is no folder " + from.string());
  return broker::import_kafka_log_dir(from, data / "kafka", SystemClock(), log);
}

}  // namespace

int run_import(const ImportOptions& options, Context& context) {
  const auto imported = import(options, context.log);
  if (!imported) return report("import", imported.error());
  Table table{{{"topic"}, {"partitions", true}, {"batches", true}, {"bytes", true}, {"aborted_transactions", true}},
              {}};
  for (const broker::ImportedTopic& topic : imported->topics) {
    table.rows.push_back({topic.name, std::to_string(topic.partitions), std::to_string(topic.batches),
                          std::to_string(topic.bytes), std::to_string(topic.aborted)});
  }
  print(table, options.output);
  for (const std::string& skipped : imported->skipped) fmt::print(stderr, "skipped {}\n", skipped);
  fmt::print(stderr, "{} committed offsets of groups\n", imported->group_offsets);
  return ExitCode::done;
}

}  // namespace tickerlake::app
