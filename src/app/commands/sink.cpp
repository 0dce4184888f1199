#include "pipeline/sink/sink.h"

#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/progress.h"
#include "pipeline/sink/s3_lake.h"

namespace tickerlake::app {
namespace {

Result<pipeline::SinkOptions> sink_options(const SinkCommand& command, const S3Url& to) {
  pipeline::SinkOptions options;
  options.topic = command.topic;
  options.prefix = to.prefix;
  options.partition_by = command.partition_by;
  options.until_end = command.until_end;
  if (command.flush_rows > 0) options.flush_rows = command.flush_rows;
  if (command.flush_bytes > 0) options.flush_bytes = command.flush_bytes;
  if (!command.flush_interval.empty()) {
    TRY(options.flush_interval, parse_duration(command.flush_interval));
  }
  if (!command.schema.empty()) options.schema_file = command.schema;
  TRY(options.kafka, kafka_settings(command.kafka));
  return options;
}

}  // namespace

int run_sink(const SinkCommand& command, Context& context) {
  const auto to = parse_s3_url(command.to);
  if (!to) return report("sink", to.error());
  if (to->prefix.empty()) {
    return report(
        "sink", Error{ErrorCode::invalid_argument, "--to " + command.to + ": a prefix is needed, s3://BUCKET/PREFIX"});
  }
  const auto options = sink_options(command, *to);
  if (!options) return report("sink", options.error());
  const auto config = aws_config(command.kafka.data);
  if (!config) return report("sink", config.error());
  auto lake = pipeline::open_s3_lake(config->s3, to->bucket, context.log.named("sink"));
  if (!lake) return report("sink", lake.error());

  Progress progress("sink", "rows");
  pipeline::Stop stop;
  const std::stop_callback on_interrupt(context.interrupt.token(), [&] { stop.request(); });
  std::int64_t bytes = 0;
  const auto summary = pipeline::sink(
      *options, **lake, stop,
      [&](const auto& now) {
        bytes = now.bytes_read;
        progress.update(now.rows_in_lake, bytes, now.records_total);
      },
      context.log.named("sink"));
  if (!summary) return report("sink", summary.error());

  std::string note = fmt::format("{} files, {}", summary->files, human_bytes(summary->file_bytes));
  if (summary->completed_plans > 0)
    note += fmt::format("; completed {} plans of an earlier run", summary->completed_plans);
  if (summary->tombstones > 0) note += fmt::format("; {} tombstones", summary->tombstones);
  progress.finish(summary->rows, bytes, note);
  if (summary->dead_letters > 0) {
    fmt::print(stderr, "{} records could not be used: topic {}.dlq holds them with their reasons\n",
               summary->dead_letters, options->topic);
  }
  return summary->interrupted ? ExitCode::interrupted : ExitCode::done;
}

}  // namespace tickerlake::app
