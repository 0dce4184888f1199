// Flags of the commands that any Kafka cluster can be asked with.
#include "app/command_line/line.h"

namespace tickerlake::app {
namespace {

void add_topics(CLI::App& app, Line& line) {
  auto [command, options] = add_command(app, line, "topics", "list, describe, create, delete topics", run_topics);
  command.add_option("ACTION", options.action, "what to do")
      ->check(CLI::IsMember({"list", "describe", "create", "delete"}))
      ->capture_default_str();
  command.add_option("NAME", options.names, "topics");
  command.add_option("--partitions", options.partitions, "of a new topic")->capture_default_str();
  command.add_option("--replication-factor", options.replication_factor,
                     "of a new topic (default: as the cluster has it)");
  command.add_option("--config", options.configs, "NAME=VALUE of a new topic")->take_all();
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_configs(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "configs", "describe or alter settings of topics, brokers and groups", run_configs);
  command.add_option("ACTION", options.action, "what to do")->check(CLI::IsMember({"describe", "alter"}))->required();
  command.add_option("TYPE", options.type, "whose settings")
      ->check(CLI::IsMember({"topic", "broker", "group", "client-metrics"}))
      ->required();
  command.add_option("NAME", options.name, "the topic, group, or broker's id (none: all brokers)");
  command.add_flag("--all", options.all, "show defaults too");
  command.add_option("--set", options.set, "NAME=VALUE")->take_all();
  command.add_option("--delete", options.remove, "NAME of a setting that falls back to its default")->take_all();
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_groups(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "groups", "list, describe, delete consumer groups; reset their offsets", run_groups);
  command.add_option("ACTION", options.action, "what to do")
      ->check(CLI::IsMember({"list", "describe", "delete", "reset-offsets"}))
      ->capture_default_str();
  command.add_option("NAME", options.names, "groups");
  auto* members = command.add_flag("--members", options.members, "describe: members with what they have");
  command.add_flag("--state", options.state, "describe: type, state, assignor, coordinator")->excludes(members);
  command.add_option("--topic", options.topics, "reset-offsets: TOPIC or TOPIC:PARTITION (default: all)")->take_all();
  command.add_option("--to", options.to, "reset-offsets: beginning, end, an offset, or a time");
  command.add_flag("--execute", options.execute, "reset-offsets: do it, and not only tell what it would be");
  add_output(command, options.output);
  add_kafka(command, options.kafka);
}

void add_produce(CLI::App& app, Line& line) {
  const std::map<std::string, kafka::Acks> acks{
      {"0", kafka::Acks::none}, {"1", kafka::Acks::leader}, {"all", kafka::Acks::all}};
  auto [command, options] =
      add_command(app, line, "produce", "lines of stdin into a topic; shows what became of each", run_produce);
  command.add_option("TOPIC", options.topic, "the topic; it must exist")->required();
  command.add_option("--key-separator", options.key_separator, "what stands between key and value in a line")
      ->option_text("TEXT");
  command.add_option("--partition", options.partition, "not by the key")->check(CLI::NonNegativeNumber);
  command.add_option("--acks", options.acks, "who has a record before it is acknowledged: 0 nobody, 1 the leader, all")
      ->transform(CLI::CheckedTransformer(acks))
      ->option_text("0|1|all");
  command.add_option("--timeout", options.timeout, "how long a record waits for its acknowledgement")
      ->capture_default_str();
  command.add_flag("-q,--quiet", options.quiet, "show only records that were not acknowledged");
  add_kafka(command, options.kafka);
}

/// What consume and tail have in common.
void add_records(CLI::App& command, ConsumeOptions& options) {
  const std::map<std::string, RecordFormat> formats{
      {"table", RecordFormat::table}, {"json", RecordFormat::json}, {"value", RecordFormat::value}};
  command.add_option("TOPIC", options.topic, "the topic")->required();
  command.add_option("--partition", options.partition, "only this one")->check(CLI::NonNegativeNumber);
  command.add_option("--max", options.max, "stop after so many records")->check(CLI::PositiveNumber);
  command.add_option("--output", options.output, "table, json (an object a line), or value")
      ->transform(CLI::CheckedTransformer(formats, CLI::ignore_case))
      ->option_text("table|json|value");
  add_kafka(command, options.kafka);
}

void add_consume(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "consume", "show a topic's records, up to the end that it has now", run_consume);
  add_records(command, options);
  command
      .add_option("--from", options.from,
                  "beginning, end, an offset, -n: the last n, or a time as 2017-11-01T14:30:00Z")
      ->capture_default_str();
  command.add_flag("--follow", options.follow, "go on with what comes, until Ctrl-C");
  command.add_option("--group", options.group, "join this consumer group, and go on where it stopped");
}

void add_tail(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "tail", "show a topic's last records and those that come, until Ctrl-C", run_tail);
  add_records(command, options.records);
  command.add_option("-n", options.last, "how many of each partition to begin with")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

void add_segments(CLI::App& app, Line& line) {
  auto [command, options] =
      add_command(app, line, "segments", "show a topic's files: segments, batches, index entries", run_segments);
  command.add_option("TOPIC", options.topic, "the topic")->required();
  command.add_option("--partition", options.partition, "only this one")->check(CLI::NonNegativeNumber);
  auto* batches_flag = command.add_flag("--batches", options.batches, "the batches in them");
  command.add_flag("--indexes", options.indexes, "their index entries")->excludes(batches_flag);
  add_output(command, options.output);
  add_data(command, options.data, "a server's data folder, or a log folder of Apache Kafka");
}

}  // namespace

void add_kafka_commands(CLI::App& app, Line& line) {
  add_topics(app, line);
  add_configs(app, line);
  add_groups(app, line);
  add_produce(app, line);
  add_consume(app, line);
  add_tail(app, line);
  add_segments(app, line);
}

}  // namespace tickerlake::app
