#include "pipeline/replay/replay.h"

#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/progress.h"
#include "base/time.h"

namespace tickerlake::app {
namespace {

Result<pipeline::ReplayOptions> replay_options(const ReplayCommand& command) {
  pipeline::ReplayOptions options;
  options.paths.assign(command.paths.begin(), command.paths.end());
  options.topic = command.topic;
  options.partitions = command.partitions;
  options.symbols = command.symbols;
  TRY(options.pace, pipeline::Pace::parse(command.speed));
  TRY(options.from, parse_day_flag("--from", command.from));
  TRY(options.to, parse_day_flag("--to", command.to));
  TRY(options.kafka, kafka_settings(command.kafka));
  return options;
}

constexpr std::size_t most_problems_shown = 20;

void show_problems(const pipeline::ReplaySummary& summary) {
  if (summary.bad_rows == 0) return;
  for (std::size_t i = 0; i < std::min(summary.problems.size(), most_problems_shown); ++i) {
    const auto& problem = summary.problems[i];
    fmt::print(stderr, "  {}:{}: {}\n", problem.file, problem.line, problem.reason);
  }
  const auto more =
      summary.bad_rows - static_cast<std::int64_t>(std::min(summary.problems.size(), most_problems_shown));
  if (more > 0) fmt::print(stderr, "  and {} more\n", more);
  fmt::print(stderr, "{} rows could not be read and were left out\n", summary.bad_rows);
}

}  // namespace

int run_replay(const ReplayCommand& command, Context& context) {
  const auto options = replay_options(command);
  if (!options) return report("replay", options.error());
  Progress progress("replay", "rows");
  pipeline::Stop stop;
  const std::stop_callback on_interrupt(context.interrupt.token(), [&] { stop.request(); });
  const auto summary = pipeline::replay(
      *options, stop, [&](const auto& now) { progress.update(now.rows_done, now.bytes_done, now.rows_total); },
      context.log.named("replay"));
  if (!summary) return report("replay", summary.error());

  std::string note =
      fmt::format("{} files ({} empty), {} symbols", summary->files, summary->empty_files, summary->symbols);
  if (summary->rows > 0)
    note += fmt::format(", {} to {}", format_date(summary->first_day), format_date(summary->last_day));
  if (summary->rows_there > 0) note += fmt::format("; {} rows were there already", summary->rows_there);
  progress.finish(summary->rows_sent, summary->bytes_sent, note);
  show_problems(*summary);
  if (summary->interrupted) {
    fmt::print(stderr, "interrupted: the same command goes on from here\n");
    return ExitCode::interrupted;
  }
  return summary->bad_rows > 0 ? ExitCode::failed : ExitCode::done;
}

}  // namespace tickerlake::app
