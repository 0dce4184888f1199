// Flags of the commands between files and tables.
#include "app/command_line/line.h"

namespace tickerlake::app {
namespace {

void add_replay(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "replay", "market data files into a topic, in the order of their dates", run_replay);
  command.add_option("PATH", options.paths, "files, or folders of files")->required();
  command.add_option("--topic", options.topic, "the topic; created when missing")->required();
  command.add_option("--partitions", options.partitions, "of a topic that is created (default 4)")
      ->check(CLI::Range(1, 10000));
  command
      .add_option("--speed", options.speed,
                  "0: flat out; 1000/s: records a second; 30d/s: days a second; 3600x: times real")
      ->capture_default_str();
  command.add_option("--from", options.from, "first date, yyyy-mm-dd");
  command.add_option("--to", options.to, "last date, yyyy-mm-dd");
  command.add_option("--symbols", options.symbols, "only these, separated by commas")->delimiter(',');
  add_kafka(command, options.kafka);
}

void add_sink_verify(CLI::App& sink, Line& line) {
  auto [command, options] =
      add_command(sink, line, "verify",
                  "proves from the lake alone that every offset of a topic is in exactly one object", run_sink_verify);
  command.add_option("--topic", options.topic, "the topic")->required();
  command.add_option("--to", options.to, "s3://BUCKET/PREFIX")->required();
  command.add_option("--bootstrap", options.kafka.bootstrap, "also say how far this Kafka's topic is ahead")
      ->option_text("HOST:PORT");
  add_kafka_settings(command, options.kafka);
  add_output(command, options.output);
  add_aws(command, options.aws, true);
  add_data(command, options.kafka.data, "the folder of the server to use when nothing else is said");
}

void add_sink(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "sink", "a topic into Parquet objects, every row exactly once", run_sink);
  command.add_option("--topic", options.topic, "the topic (required)");
  command.add_option("--to", options.to, "s3://BUCKET/PREFIX (required)");
  command.add_option("--partition-by", options.partition_by,
                     "year, month, day, none, or a field (default: as the schema says)");
  command.add_option("--schema", options.schema, "the records' fields (docs/formats/lake.md); else found by itself")
      ->option_text("FILE");
  command.add_option("--flush-rows", options.flush_rows, "write files after so many rows (default 1,000,000)");
  command.add_option("--flush-bytes", options.flush_bytes, "or so many bytes of records (default 256 MiB)");
  command.add_option("--flush-interval", options.flush_interval,
                     "or so much time after the first row, as 5s, 500ms, 2m (default 10s)");
  command.add_option("--flush-idle", options.flush_idle, "or so much time without a record (default: not for that)");
  command.add_option("--late-wait", options.late_wait,
                     "how long the few rows of another folder wait for more of their kind (default 1m; 0s: not)");
  command.add_option("--memory", options.memory, "bytes for rows on their way (default 1 GiB)");
  command.add_option("--tombstones", options.tombstones, "records without a value: skip, or dead-letter")
      ->check(CLI::IsMember({"skip", "dead-letter"}))
      ->capture_default_str();
  command.add_option("--metrics", options.metrics, "serve /metrics for Prometheus there while it runs")
      ->option_text("HOST:PORT");
  command.add_flag("--until-end", options.until_end, "stop at the end that the topic has now");
  command.add_flag("--without-conditional-put", options.without_conditional_put,
                   "write to a store that has none, with a weaker promise (docs/delivery.md)");
  add_aws(command, options.aws, true);
  add_kafka(command, options.kafka);
  add_sink_verify(command, line);
  command.callback([&line, &flags = command, &options] {
    if (!flags.get_subcommands().empty()) return;
    if (options.topic.empty()) throw CLI::RequiredError("--topic");
    if (options.to.empty()) throw CLI::RequiredError("--to");
    line.run = [&options](Context& context) { return run_sink(options, context); };
  });
}

void add_crawl(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "crawl", "objects into tables of the Glue catalog", run_crawl);
  command.add_option("TARGET", options.target, "s3://BUCKET/PREFIX")->required();
  command.add_option("--database", options.database, "created when missing")->required();
  command.add_option("--table-prefix", options.table_prefix, "put before each table's name");
  command.add_option("--role", options.role, "the IAM role of the crawler, which AWS wants")->option_text("ARN");
  command.add_option("--crawler", options.crawler, "start this crawler, which is there, as it is defined")
      ->option_text("NAME");
  add_aws(command, options.aws, false);
  add_data(command, options.data, "the folder of the server to use when the environment names none");
}

void add_sql(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "sql", "a statement through Athena; a prompt without one", run_sql);
  command.add_option("STATEMENT", options.statement, "Trino's SQL, as Athena has it");
  command.add_option("-f,--file", options.file, "statements from a file, separated by ';'")->option_text("FILE");
  command.add_option("--database", options.database, "for names without one")->capture_default_str();
  command.add_option("--output-location", options.output_location, "where Athena keeps results, s3://BUCKET/PREFIX");
  command.add_option("--workgroup", options.workgroup, "Athena's workgroup")->capture_default_str();
  add_aws(command, options.aws, false);
  add_output(command, options.output.emplace(OutputFormat::table));
  add_data(command, options.data, "the folder of the server to use when the environment names none");
}

void add_drill(CLI::App& app, Line& line) {
  auto [command, options] = add_command(
      app, line, "drill", "kill processes of a cluster under a running replay and sink, and prove that nothing is lost",
      run_drill);
  command.add_option("--cluster", options.cluster, "the folder of a cluster that `tickerlake cluster up` started")
      ->envname("TICKERLAKE_CLUSTER_DATA")
      ->option_text("DIR")
      ->capture_default_str();
  command.add_option("--dataset", options.dataset, "files to replay, or folders of them")->capture_default_str();
  command.add_option("--speed", options.speed, "of the replay until the last act is over, as replay's")
      ->capture_default_str();
  command.add_option("--to", options.to, "s3://BUCKET/PREFIX; each drill's files lie under its topic's name")
      ->capture_default_str();
  add_aws(command, options.aws, true);
  command.add_option("--topic", options.topic, "what the names of the new topics begin with")->capture_default_str();
  command.add_option("--partitions", options.partitions, "of the topic")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  command.add_option("--acts", options.acts, "leader, controller, ensemble (default: all that the cluster has)")
      ->delimiter(',');
  command.add_option("--runs", options.runs, "so many drills, and p50 and p99 of their times")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_option("--hold", options.hold, "how long the work goes on without what was killed")
      ->capture_default_str();
  command.add_option("--patience", options.patience, "for each thing that should happen")->capture_default_str();
  command.add_option("--flush-interval", options.flush_interval, "of the sink")->capture_default_str();
  command.add_option("--out", options.out, "where drill.svg and drill.json go")
      ->option_text("DIR")
      ->capture_default_str();
  add_output(command, options.output);
  add_data(command, options.data, "the folder of the server that has the lake, when the environment names none");
}

}  // namespace

void add_pipeline_commands(CLI::App& app, Line& line) {
  add_replay(app, line);
  add_sink(app, line);
  add_crawl(app, line);
  add_sql(app, line);
  add_drill(app, line);
}

}  // namespace tickerlake::app
