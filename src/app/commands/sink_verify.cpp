#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/progress.h"
#include "kafka/client/consumer.h"
#include "pipeline/sink/s3_lake.h"
#include "pipeline/sink/verify.h"

namespace tickerlake::app {
namespace {

/// Where each partition of the topic ends now.
Result<std::vector<std::int64_t>> topic_ends(const SinkVerifyCommand& command, const Log& log) {
  constexpr std::chrono::milliseconds patience{10'000};
  TRY(const auto settings, kafka_settings(command.kafka));
  TRY(const auto consumer, kafka::Consumer::create(settings, "tickerlake-sink-verify", log));
  TRY(const auto partitions, consumer->partitions(command.topic, patience));
  std::vector<std::int64_t> ends;
  for (std::int32_t partition = 0; partition < partitions.value_or(0); ++partition) {
    TRY(const auto marks, consumer->watermarks(command.topic, partition, patience));
    ends.push_back(marks.high);
  }
  return ends;
}

Table table_of(const pipeline::VerifyReport& report, const std::optional<std::vector<std::int64_t>>& ends) {
  Table table;
  table.columns = {{"partition", true}, {"offsets", true},      {"plans", true},      {"files", true},
                   {"rows", true},      {"dead_letters", true}, {"tombstones", true}, {"no_record", true},
                   {"waiting", true},   {"by_count", true},     {"problems", true}};
  if (ends) table.columns.push_back({"not_in_lake", true});
  for (const auto& its : report.partitions) {
    std::vector<Table::Cell> row;
    for (const std::int64_t value :
         {std::int64_t{its.partition}, its.next_offset, its.plans, its.files, its.rows, its.dead_letters,
          its.tombstones, its.no_record, its.waiting, its.counted_offsets, its.problems})
      row.emplace_back(std::to_string(value));
    if (ends) {
      const auto index = static_cast<std::size_t>(its.partition);
      row.emplace_back(index < ends->size() ? Table::Cell(std::to_string((*ends)[index] - its.next_offset))
                                            : std::nullopt);
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace

int run_sink_verify(const SinkVerifyCommand& command, Context& context) {
  const auto to = parse_s3_url(command.to);
  if (!to) return report("sink verify", to.error());
  if (to->prefix.empty())
    return report("sink verify", Error{ErrorCode::invalid_argument,
                                       "--to " + command.to + ": a prefix is needed, s3://BUCKET/PREFIX"});
  const auto config = aws_config(command.kafka.data, command.aws);
  if (!config) return report("sink verify", config.error());
  auto lake = pipeline::open_s3_lake(config->s3, config->http, to->bucket, pipeline::LakeUse::read,
                                     context.log.named("verify"));
  if (!lake) return report("sink verify", lake.error());

  Progress progress("verify", "files");
  pipeline::Stop stop;
  const std::stop_callback on_interrupt(context.interrupt.token(), [&] { stop.request(); });
  std::int64_t files = 0, bytes = 0;
  const auto found = pipeline::verify_lake(
      {.topic = command.topic, .prefix = to->prefix}, **lake, stop,
      [&](std::int64_t done, std::int64_t total, std::int64_t read) {
        files = done;
        bytes = read;
        progress.update(done, read, total);
      },
      context.log.named("verify"));
  if (!found) return stop.requested() ? int{ExitCode::interrupted} : report("sink verify", found.error());
  std::optional<std::vector<std::int64_t>> ends;
  if (!command.kafka.bootstrap.empty() || !command.kafka.config.empty()) {
    auto asked = topic_ends(command, context.log.named("verify"));
    if (!asked) return report("sink verify", asked.error());
    ends = *std::move(asked);
  }
  progress.finish(files, bytes, "");
  print(table_of(*found, ends), command.output);
  for (const auto& problem : found->problems)
    fmt::print(stderr, "s3://{}/{}: {}. What to do: {}\n", to->bucket, problem.object, problem.what, problem.remedy);
  if (!found->problems.empty()) {
    fmt::print(stderr, "{} problems\n", found->problems.size());
    return ExitCode::failed;
  }
  std::int64_t offsets = 0, rows = 0, counted = 0;
  for (const auto& its : found->partitions)
    offsets += its.next_offset, rows += its.rows, counted += its.counted_offsets;
  fmt::print(
      stderr, "every one of {} offsets is in exactly one place: {} rows in {} files, each read and checked{}\n",
      grouped(offsets), grouped(rows), grouped(files),
      counted == 0 ? "" : fmt::format(" ({} offsets by their counts: files of an earlier version)", grouped(counted)));
  return ExitCode::done;
}

}  // namespace tickerlake::app
