#include "pipeline/sink/sink.h"

#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/metrics_server.h"
#include "app/progress.h"
#include "base/time.h"
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
  if (!command.flush_idle.empty()) {
    TRY(options.flush_idle, parse_duration(command.flush_idle));
  }
  if (!command.late_wait.empty()) {
    TRY(options.late_wait, parse_duration(command.late_wait));
  }
  if (command.memory > 0) options.memory_bytes = command.memory;
  if (command.tombstones == "dead-letter") options.tombstones = pipeline::Tombstones::dead_letter;
  if (!command.schema.empty()) options.schema_file = command.schema;
  TRY(options.kafka, kafka_settings(command.kafka));
  return options;
}

/// "behind by 1,200 read, 35,000 in the lake; newest row 3 s old".
std::string lag_note(const pipeline::SinkProgress& now) {
  std::string note = fmt::format("behind by {} offsets to read, {} to be in the lake", grouped(now.read_lag),
                                 grouped(now.durable_lag));
  if (now.newest_row_ms > 0)
    note += fmt::format("; newest row {} s old", grouped((SystemClock().now_ms() - now.newest_row_ms) / 1000));
  return note;
}

/// What a Prometheus reads of a running sink.
class SinkMetrics {
 public:
  SinkMetrics(const Metrics& metrics, const std::string& topic) : metrics_(metrics), labels_{{"topic", topic}} {}
  void set(const pipeline::SinkProgress& now) const {
    set("rows_read", "Records read in this run.", now.rows_read);
    set("rows_in_lake", "Rows written to the lake in this run.", now.rows_in_lake);
    set("files", "Files written in this run.", now.files);
    set("dead_letters", "Records sent to the dead-letter topic in this run.", now.dead_letters);
    set("read_lag_offsets", "Offsets of the topic that were not read yet.", now.read_lag);
    set("durable_lag_offsets", "Offsets of the topic that are not in the lake yet.", now.durable_lag);
    set("newest_row_timestamp_seconds", "Time of the newest record that this run wrote to the lake; 0: none.",
        now.newest_row_ms / 1000);
  }

 private:
  void set(const std::string& name, const char* help, std::int64_t value) const {
    metrics_.gauge("tickerlake_sink_" + name, help, labels_).set(static_cast<double>(value));
  }
  const Metrics& metrics_;
  const MetricLabels labels_;
};

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
  const auto config = aws_config(command.kafka.data, command.aws);
  if (!config) return report("sink", config.error());
  auto lake = pipeline::open_s3_lake(
      config->s3, config->http, to->bucket,
      command.without_conditional_put ? pipeline::LakeUse::write_without_condition : pipeline::LakeUse::write,
      context.log.named("sink"));
  if (!lake) return report("sink", lake.error());

  const Metrics metrics;
  const SinkMetrics sink_metrics(metrics, options->topic);
  std::unique_ptr<MetricsServer> metrics_server;
  if (!command.metrics.empty()) {
    sink_metrics.set({});
    auto started = MetricsServer::start(command.metrics, false, metrics, {}, context.log.named("metrics"));
    if (!started) return report("sink", started.error());
    metrics_server = *std::move(started);
    fmt::print(stderr, "metrics at http://{}/metrics\n", metrics_server->endpoint().text());
  }
  Progress progress("sink", "rows");
  pipeline::Stop stop;
  const std::stop_callback on_interrupt(context.interrupt.token(), [&] { stop.request(); });
  std::int64_t bytes = 0;
  const auto summary = pipeline::sink(
      *options, **lake, stop,
      [&](const auto& now) {
        bytes = now.bytes_read;
        sink_metrics.set(now);
        progress.update(now.rows_in_lake, bytes, now.records_total, options->until_end ? "" : lag_note(now));
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
