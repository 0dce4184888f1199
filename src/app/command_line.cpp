// Every command's flags; the only includer of CLI11. What a command does stands in commands/.
#include "app/command_line.h"

#include <CLI/CLI.hpp>
#include <functional>

#include "app/commands/commands.h"
#include "app/commands/security_commands.h"
#include "cluster/cluster.h"

namespace tickerlake::app {
namespace {

const std::map<std::string, OutputFormat> output_formats{
    {"table", OutputFormat::table}, {"csv", OutputFormat::csv}, {"json", OutputFormat::json}};

void add_output(CLI::App& command, OutputFormat& output) {
  command.add_option("--output", output, "table, csv or json")
      ->transform(CLI::CheckedTransformer(output_formats, CLI::ignore_case))
      ->option_text("table|csv|json");
}

void add_data(CLI::App& command, io::Path& data, const char* what) {
  command.add_option("--data", data, what)->envname("TICKERLAKE_DATA")->option_text("DIR");
}

void add_kafka_settings(CLI::App& command, KafkaOptions& kafka) {
  command.add_option("--kafka-config", kafka.config, "a file of librdkafka's or of Java clients' properties")
      ->envname("TICKERLAKE_KAFKA_CONFIG")
      ->option_text("FILE");
  command.add_option("-X", kafka.properties, "a librdkafka property, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

void add_kafka(CLI::App& command, KafkaOptions& kafka) {
  command.add_option("--bootstrap", kafka.bootstrap, "Kafka's address; else the server of --data, else 127.0.0.1:9092")
      ->envname("TICKERLAKE_BOOTSTRAP")
      ->option_text("HOST:PORT");
  add_kafka_settings(command, kafka);
  add_data(command, kafka.data, "the folder of the server to use when nothing else is said");
}

/// S3 too: a command that talks to S3 itself.
void add_aws(CLI::App& command, AwsOptions& aws, bool s3) {
  command
      .add_option(
          "--services", aws.services,
          "whose S3, Glue and Athena: auto (the embedded ones, unless AWS variables name others), embedded, aws")
      ->envname("TICKERLAKE_SERVICES")
      ->check(CLI::IsMember({"auto", "embedded", "aws"}))
      ->option_text("auto|embedded|aws");
  if (!s3) return;
  command
      .add_option("--s3-endpoint", aws.s3_endpoint, "the S3 to use (default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL)")
      ->option_text("URL");
  command.add_option("--s3-addressing", aws.s3_addressing, "where requests name the bucket (default: auto)")
      ->check(CLI::IsMember({"auto", "path", "virtual"}))
      ->option_text("auto|path|virtual");
}

struct Listening {
  std::string &kafka, &aws, &web, &registry;
};

void add_listeners(CLI::App& command, const Listening& at) {
  command.add_option("--kafka", at.kafka, "where Kafka listens")->option_text("HOST:PORT")->capture_default_str();
  command.add_option("--aws", at.aws, "where S3, Glue, Athena and STS listen")
      ->option_text("HOST:PORT")
      ->capture_default_str();
  command.add_option("--web", at.web, "where the dashboard listens")->option_text("HOST:PORT")->capture_default_str();
  command.add_option("--registry", at.registry, "where the schema registry listens")
      ->option_text("HOST:PORT")
      ->capture_default_str();
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  CLI::App app("Market data through Kafka into a lake that SQL reads: one program, the real protocols.", "tickerlake");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("tickerlake " TICKERLAKE_VERSION));
  app.set_config("--config", "tickerlake.toml", "flags from a file; [COMMAND] starts a command's section")
      ->option_text("FILE");
  app.failure_message(CLI::FailureMessage::simple);
  std::string log_level;
  app.add_option("--log-level", log_level, "debug, info, warning, error, off (default: warning; for up: info)")
      ->check(CLI::IsMember({"debug", "info", "warning", "error", "off"}))
      ->option_text("LEVEL");
  LogFormat log_format = LogFormat::text;
  const std::map<std::string, LogFormat> log_formats{{"text", LogFormat::text}, {"json", LogFormat::json}};
  app.add_option("--log-format", log_format, "the log's lines on stderr, docs/operations.md (default: text)")
      ->transform(CLI::CheckedTransformer(log_formats, CLI::ignore_case))
      ->option_text("text|json");
  app.fallthrough();

  // The signals are blocked before any thread starts, so every thread leaves them to the watcher.
  Interrupt interrupt;
  std::function<int(Context&)> run;
  Severity default_severity = Severity::warning;

  UpOptions up;
  auto* up_command = app.add_subcommand("up", "start Kafka, S3, Glue and Athena; Ctrl-C stops them");
  add_data(*up_command, up.data, "where everything is kept; it lasts");
  add_listeners(*up_command, {up.kafka, up.aws, up.web, up.registry});
  up_command->add_flag("--allow-unauthenticated", up.allow_unauthenticated,
                       "let Kafka, dashboard and registry listen beyond this machine without authentication");
  up_command->add_option("--slow-request-ms", up.slow_request_ms, "log requests that take so long")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{3'600'000}))
      ->capture_default_str();
  up_command->add_option("--set", up.set, "a setting of the Kafka broker by Kafka's name, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
  up_command->callback([&] {
    default_severity = Severity::info;
    run = [&](Context& context) { return run_up(up, context); };
  });

  WaitOptions wait;
  auto* wait_command = app.add_subcommand("wait", "wait until the server of a data folder is ready");
  add_data(*wait_command, wait.data, "the server's data folder");
  wait_command->add_option("--timeout", wait.timeout_s, "seconds to wait at most")->capture_default_str();
  wait_command->callback([&] { run = [&](Context& context) { return run_wait(wait, context); }; });

  EnvOptions env;
  auto* env_command = app.add_subcommand("env", "print export lines for a shell: eval \"$(tickerlake env)\"");
  add_data(*env_command, env.data, "the server's data folder");
  env_command->add_flag("--explain", env.explain,
                        "instead show which S3, Glue and Athena other commands would use now");
  add_aws(*env_command, env.aws, true);
  add_output(*env_command, env.output);
  env_command->callback([&] { run = [&](Context& context) { return run_env(env, context); }; });

  DemoOptions demo;
  auto* demo_command = app.add_subcommand("demo", "run the whole job on a sample and show what comes out");
  demo_command->add_option("--data", demo.data, "where the demo keeps its lake; emptied first")
      ->option_text("DIR")
      ->capture_default_str();
  demo_command->add_option("--dataset", demo.dataset, "the files to replay")->option_text("DIR")->capture_default_str();
  add_listeners(*demo_command, {demo.kafka, demo.aws, demo.web, demo.registry});
  demo_command->callback([&] { run = [&](Context& context) { return run_demo(demo, context); }; });

  DrillCommand drill;
  auto* drill_command = app.add_subcommand(
      "drill", "kill processes of a cluster under a running replay and sink, and prove that nothing is lost");
  drill_command->add_option("--cluster", drill.cluster, "the folder of a cluster that `tickerlake cluster up` started")
      ->envname("TICKERLAKE_CLUSTER_DATA")
      ->option_text("DIR")
      ->capture_default_str();
  drill_command->add_option("--dataset", drill.dataset, "files to replay, or folders of them")->capture_default_str();
  drill_command->add_option("--speed", drill.speed, "of the replay until the last act is over, as replay's")
      ->capture_default_str();
  drill_command->add_option("--to", drill.to, "s3://BUCKET/PREFIX; each drill's files lie under its topic's name")
      ->capture_default_str();
  add_aws(*drill_command, drill.aws, true);
  drill_command->add_option("--topic", drill.topic, "what the names of the new topics begin with")
      ->capture_default_str();
  drill_command->add_option("--partitions", drill.partitions, "of the topic")
      ->check(CLI::Range(1, 100))
      ->capture_default_str();
  drill_command->add_option("--acts", drill.acts, "leader, controller, ensemble (default: all that the cluster has)")
      ->delimiter(',');
  drill_command->add_option("--runs", drill.runs, "so many drills, and p50 and p99 of their times")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  drill_command->add_option("--hold", drill.hold, "how long the work goes on without what was killed")
      ->capture_default_str();
  drill_command->add_option("--patience", drill.patience, "for each thing that should happen")->capture_default_str();
  drill_command->add_option("--flush-interval", drill.flush_interval, "of the sink")->capture_default_str();
  drill_command->add_option("--out", drill.out, "where drill.svg and drill.json go")
      ->option_text("DIR")
      ->capture_default_str();
  add_output(*drill_command, drill.output);
  add_data(*drill_command, drill.data, "the folder of the server that has the lake, when the environment names none");
  drill_command->callback([&] { run = [&](Context& context) { return run_drill(drill, context); }; });

  ReplayCommand replay;
  auto* replay_command = app.add_subcommand("replay", "market data files into a topic, in the order of their dates");
  replay_command->add_option("PATH", replay.paths, "files, or folders of files")->required();
  replay_command->add_option("--topic", replay.topic, "the topic; created when missing")->required();
  replay_command->add_option("--partitions", replay.partitions, "of a topic that is created (default 4)")
      ->check(CLI::Range(1, 10000));
  replay_command
      ->add_option("--speed", replay.speed,
                   "0: flat out; 1000/s: records a second; 30d/s: days a second; 3600x: times real")
      ->capture_default_str();
  replay_command->add_option("--from", replay.from, "first date, yyyy-mm-dd");
  replay_command->add_option("--to", replay.to, "last date, yyyy-mm-dd");
  replay_command->add_option("--symbols", replay.symbols, "only these, separated by commas")->delimiter(',');
  add_kafka(*replay_command, replay.kafka);
  replay_command->callback([&] { run = [&](Context& context) { return run_replay(replay, context); }; });

  SinkCommand sink;
  auto* sink_command = app.add_subcommand("sink", "a topic into Parquet objects, every row exactly once");
  sink_command->add_option("--topic", sink.topic, "the topic (required)");
  sink_command->add_option("--to", sink.to, "s3://BUCKET/PREFIX (required)");
  sink_command->add_option("--partition-by", sink.partition_by,
                           "year, month, day, none, or a field (default: as the schema says)");
  sink_command->add_option("--schema", sink.schema, "the records' fields (docs/formats/lake.md); else found by itself")
      ->option_text("FILE");
  sink_command->add_option("--flush-rows", sink.flush_rows, "write files after so many rows (default 1,000,000)");
  sink_command->add_option("--flush-bytes", sink.flush_bytes, "or so many bytes of records (default 256 MiB)");
  sink_command->add_option("--flush-interval", sink.flush_interval,
                           "or so much time after the first row, as 5s, 500ms, 2m (default 10s)");
  sink_command->add_option("--flush-idle", sink.flush_idle, "or so much time without a record (default: not for that)");
  sink_command->add_option("--late-wait", sink.late_wait,
                           "how long the few rows of another folder wait for more of their kind (default 1m; 0s: not)");
  sink_command->add_option("--memory", sink.memory, "bytes for rows on their way (default 1 GiB)");
  sink_command->add_option("--tombstones", sink.tombstones, "records without a value: skip, or dead-letter")
      ->check(CLI::IsMember({"skip", "dead-letter"}))
      ->capture_default_str();
  sink_command->add_option("--metrics", sink.metrics, "serve /metrics for Prometheus there while it runs")
      ->option_text("HOST:PORT");
  sink_command->add_flag("--until-end", sink.until_end, "stop at the end that the topic has now");
  sink_command->add_flag("--without-conditional-put", sink.without_conditional_put,
                         "write to a store that has none, with a weaker promise (docs/delivery.md)");
  add_aws(*sink_command, sink.aws, true);
  add_kafka(*sink_command, sink.kafka);
  sink_command->callback([&] {
    if (!sink_command->get_subcommands().empty()) return;
    if (sink.topic.empty()) throw CLI::RequiredError("--topic");
    if (sink.to.empty()) throw CLI::RequiredError("--to");
    run = [&](Context& context) { return run_sink(sink, context); };
  });

  SinkVerifyCommand sink_verify;
  auto* sink_verify_command = sink_command->add_subcommand(
      "verify", "proves from the lake alone that every offset of a topic is in exactly one object");
  sink_verify_command->add_option("--topic", sink_verify.topic, "the topic")->required();
  sink_verify_command->add_option("--to", sink_verify.to, "s3://BUCKET/PREFIX")->required();
  sink_verify_command
      ->add_option("--bootstrap", sink_verify.kafka.bootstrap, "also say how far this Kafka's topic is ahead")
      ->option_text("HOST:PORT");
  add_kafka_settings(*sink_verify_command, sink_verify.kafka);
  add_output(*sink_verify_command, sink_verify.output);
  add_aws(*sink_verify_command, sink_verify.aws, true);
  add_data(*sink_verify_command, sink_verify.kafka.data, "the folder of the server to use when nothing else is said");
  sink_verify_command->callback([&] { run = [&](Context& context) { return run_sink_verify(sink_verify, context); }; });

  CrawlOptions crawl;
  auto* crawl_command = app.add_subcommand("crawl", "objects into tables of the Glue catalog");
  crawl_command->add_option("TARGET", crawl.target, "s3://BUCKET/PREFIX")->required();
  crawl_command->add_option("--database", crawl.database, "created when missing")->required();
  crawl_command->add_option("--table-prefix", crawl.table_prefix, "put before each table's name");
  crawl_command->add_option("--role", crawl.role, "the IAM role of the crawler, which AWS wants")->option_text("ARN");
  crawl_command->add_option("--crawler", crawl.crawler, "start this crawler, which is there, as it is defined")
      ->option_text("NAME");
  add_aws(*crawl_command, crawl.aws, false);
  add_data(*crawl_command, crawl.data, "the folder of the server to use when the environment names none");
  crawl_command->callback([&] { run = [&](Context& context) { return run_crawl(crawl, context); }; });

  SqlOptions sql;
  OutputFormat sql_output = OutputFormat::table;
  auto* sql_command = app.add_subcommand("sql", "a statement through Athena; a prompt without one");
  sql_command->add_option("STATEMENT", sql.statement, "Trino's SQL, as Athena has it");
  sql_command->add_option("-f,--file", sql.file, "statements from a file, separated by ';'")->option_text("FILE");
  sql_command->add_option("--database", sql.database, "for names without one")->capture_default_str();
  sql_command->add_option("--output-location", sql.output_location, "where Athena keeps results, s3://BUCKET/PREFIX");
  sql_command->add_option("--workgroup", sql.workgroup, "Athena's workgroup")->capture_default_str();
  add_aws(*sql_command, sql.aws, false);
  add_output(*sql_command, sql_output);
  add_data(*sql_command, sql.data, "the folder of the server to use when the environment names none");
  sql_command->callback([&] {
    sql.output = sql_output;
    run = [&](Context& context) { return run_sql(sql, context); };
  });

  TopicsOptions topics;
  auto* topics_command = app.add_subcommand("topics", "list, describe, create, delete topics");
  topics_command->add_option("ACTION", topics.action, "what to do")
      ->check(CLI::IsMember({"list", "describe", "create", "delete"}))
      ->capture_default_str();
  topics_command->add_option("NAME", topics.names, "topics");
  topics_command->add_option("--partitions", topics.partitions, "of a new topic")->capture_default_str();
  topics_command->add_option("--replication-factor", topics.replication_factor,
                             "of a new topic (default: as the cluster has it)");
  topics_command->add_option("--config", topics.configs, "NAME=VALUE of a new topic")->take_all();
  add_output(*topics_command, topics.output);
  add_kafka(*topics_command, topics.kafka);
  topics_command->callback([&] { run = [&](Context& context) { return run_topics(topics, context); }; });

  ConfigsOptions configs;
  auto* configs_command = app.add_subcommand("configs", "describe or alter settings of topics, brokers and groups");
  configs_command->add_option("ACTION", configs.action, "what to do")
      ->check(CLI::IsMember({"describe", "alter"}))
      ->required();
  configs_command->add_option("TYPE", configs.type, "whose settings")
      ->check(CLI::IsMember({"topic", "broker", "group", "client-metrics"}))
      ->required();
  configs_command->add_option("NAME", configs.name, "the topic, group, or broker's id (none: all brokers)");
  configs_command->add_flag("--all", configs.all, "show defaults too");
  configs_command->add_option("--set", configs.set, "NAME=VALUE")->take_all();
  configs_command->add_option("--delete", configs.remove, "NAME of a setting that falls back to its default")
      ->take_all();
  add_output(*configs_command, configs.output);
  add_kafka(*configs_command, configs.kafka);
  configs_command->callback([&] { run = [&](Context& context) { return run_configs(configs, context); }; });

  AclsOptions acls;
  auto* acls_command = app.add_subcommand("acls", "list, add, remove access control entries");
  acls_command->add_option("ACTION", acls.action, "what to do")
      ->check(CLI::IsMember({"list", "add", "remove"}))
      ->capture_default_str();
  acls_command->add_option("--principal", acls.principals, "who, as User:alice; User:* for everyone")->take_all();
  acls_command->add_option("--operation", acls.operations, "Read, Write, Create, …, All")->take_all();
  acls_command->add_option("--topic", acls.topics, "on which topic; * for all")->take_all();
  acls_command->add_option("--group", acls.groups, "on which group; * for all")->take_all();
  acls_command->add_option("--transactional-id", acls.transactional_ids, "on which transactional id")->take_all();
  acls_command->add_flag("--cluster", acls.cluster, "on the cluster");
  acls_command->add_flag("--prefixed", acls.prefixed, "on all whose names begin so");
  acls_command->add_option("--host", acls.host, "from which address (default: from all)");
  acls_command->add_flag("--deny", acls.deny, "entries that deny");
  add_output(*acls_command, acls.output);
  add_kafka(*acls_command, acls.kafka);
  acls_command->callback([&] { run = [&](Context& context) { return run_acls(acls, context); }; });

  UsersOptions users;
  auto* users_command = app.add_subcommand("users", "list, add, remove users with passwords (SCRAM)");
  users_command->add_option("ACTION", users.action, "what to do")
      ->check(CLI::IsMember({"list", "add", "remove"}))
      ->capture_default_str();
  users_command->add_option("NAME", users.name, "the user; add replaces the password of one that is there");
  users_command->add_option("--password-file", users.password_file, "add: its first line is the password (-: stdin's)")
      ->option_text("FILE")
      ->capture_default_str();
  users_command->add_option("--mechanism", users.mechanisms, "SCRAM-SHA-256, SCRAM-SHA-512 (default: both)")
      ->take_all();
  users_command->add_option("--iterations", users.iterations, "add: how slow guessing is made")->capture_default_str();
  add_output(*users_command, users.output);
  add_kafka(*users_command, users.kafka);
  users_command->callback([&] { run = [&](Context& context) { return run_users(users, context); }; });

  QuotasOptions quotas;
  auto* quotas_command = app.add_subcommand("quotas", "list, set, remove what clients may use");
  quotas_command->add_option("ACTION", quotas.action, "what to do")
      ->check(CLI::IsMember({"list", "set", "remove"}))
      ->capture_default_str();
  quotas_command->add_option("QUOTA", quotas.quotas,
                             "set: QUOTA=NUMBER of producer_byte_rate, consumer_byte_rate, request_percentage, "
                             "controller_mutation_rate, of --ip connection_creation_rate; remove: QUOTA (none: all)");
  const auto add_owner = [&](const char* name, std::string& of, bool& others, const char* all, const char* what) {
    auto* option = quotas_command->add_option(name, of, what);
    quotas_command->add_flag(all, others, "each other one, where it has no quota of its own")->excludes(option);
  };
  add_owner("--user", quotas.user, quotas.user_defaults, "--user-defaults",
            "whose: of a user (without SASL ANONYMOUS)");
  add_owner("--client-id", quotas.client_id, quotas.client_defaults, "--client-defaults", "of a client id");
  add_owner("--ip", quotas.ip, quotas.ip_defaults, "--ip-defaults", "of an address");
  add_output(*quotas_command, quotas.output);
  add_kafka(*quotas_command, quotas.kafka);
  quotas_command->callback([&] { run = [&](Context& context) { return run_quotas(quotas, context); }; });

  ImportOptions import;
  auto* import_command = app.add_subcommand("import", "take over what another program has stored");
  import_command->require_subcommand(1);
  auto* import_kafka = import_command->add_subcommand(
      "kafka-log-dir", "topics, records and groups' offsets of a stopped Apache Kafka broker, offline");
  import_kafka->add_option("DIR", import.from, "one of its log.dirs")->required();
  add_data(*import_kafka, import.data, "the folder of the (stopped) server to put them into");
  add_output(*import_kafka, import.output);
  import_kafka->callback([&] { run = [&](Context& context) { return run_import(import, context); }; });

  GroupsOptions groups;
  auto* groups_command = app.add_subcommand("groups", "list, describe, delete consumer groups; reset their offsets");
  groups_command->add_option("ACTION", groups.action, "what to do")
      ->check(CLI::IsMember({"list", "describe", "delete", "reset-offsets"}))
      ->capture_default_str();
  groups_command->add_option("NAME", groups.names, "groups");
  auto* members = groups_command->add_flag("--members", groups.members, "describe: members with what they have");
  groups_command->add_flag("--state", groups.state, "describe: type, state, assignor, coordinator")->excludes(members);
  groups_command->add_option("--topic", groups.topics, "reset-offsets: TOPIC or TOPIC:PARTITION (default: all)")
      ->take_all();
  groups_command->add_option("--to", groups.to, "reset-offsets: beginning, end, an offset, or a time");
  groups_command->add_flag("--execute", groups.execute, "reset-offsets: do it, and not only tell what it would be");
  add_output(*groups_command, groups.output);
  add_kafka(*groups_command, groups.kafka);
  groups_command->callback([&] { run = [&](Context& context) { return run_groups(groups, context); }; });

  ClusterUpOptions cluster_up;
  ClusterOptions cluster;
  auto* cluster_command = app.add_subcommand("cluster", "real Apache Kafka on this machine: needs a JVM");
  cluster_command->require_subcommand(1);
  const auto add_cluster_data = [](CLI::App& command, io::Path& data) {
    command.add_option("--data", data, "the cluster's folder")
        ->envname("TICKERLAKE_CLUSTER_DATA")
        ->option_text("DIR")
        ->capture_default_str();
  };
  const auto add_timeout = [](CLI::App& command, std::int64_t& timeout_s, const char* what) {
    command.add_option("--timeout", timeout_s, what)
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{3600}))
        ->capture_default_str();
  };
  auto* cluster_up_command =
      cluster_command->add_subcommand("up", "make a cluster, or start those nodes of it that don't run");
  add_cluster_data(*cluster_up_command, cluster_up.data);
  cluster_up_command->add_flag("--zookeeper", cluster_up.zookeeper,
                               "Kafka 3.9 and an ensemble of 3 ZooKeeper servers (default: Kafka 4 with KRaft)");
  cluster_up_command->add_option("--brokers", cluster_up.brokers, "how many (default 3)")
      ->check(CLI::Range(1, cluster::max_brokers));
  cluster_up_command->add_option("--port", cluster_up.port, "of the first broker (default 19092); 0: free ones")
      ->check(CLI::Range(0, 65535));
  cluster_up_command->add_option("--heap-mb", cluster_up.heap_mb, "of each broker's JVM (default 512)")
      ->check(CLI::Range(64, 1 << 20));
  cluster_up_command->add_flag("--sasl-ssl", cluster_up.sasl_ssl,
                               "clients need SASL/SCRAM over TLS; client.properties has what they need");
  cluster_up_command->add_option("--set", cluster_up.set, "a property for every broker, as often as needed")
      ->option_text("KEY=VALUE")
      ->expected(1)
      ->take_all();
  cluster_up_command->add_option("--kafka-home", cluster_up.kafka_home, "an unpacked Apache Kafka; else it is fetched")
      ->option_text("DIR");
  cluster_up_command->add_option("--cache", cluster_up.cache, "where its jars are kept")
      ->option_text("DIR")
      ->capture_default_str();
  add_timeout(*cluster_up_command, cluster_up.timeout_s, "seconds to wait until all nodes serve");
  cluster_up_command->callback([&] { run = [&](Context& context) { return run_cluster_up(cluster_up, context); }; });

  auto* cluster_status_command = cluster_command->add_subcommand(
      "status", "its nodes, their logs, and who leads; exit code 1 unless all of them serve");
  add_cluster_data(*cluster_status_command, cluster.data);
  add_output(*cluster_status_command, cluster.output);
  cluster_status_command->callback(
      [&] { run = [&](Context& context) { return run_cluster_status(cluster, context); }; });

  for (const auto& [action, what] :
       {std::pair{"down", "stop all nodes"}, std::pair{"start", "start nodes"},
        std::pair{"stop", "end nodes cleanly (SIGTERM)"}, std::pair{"kill", "end nodes at once (SIGKILL)"},
        std::pair{"pause", "stop the clocks of nodes (SIGSTOP)"},
        std::pair{"resume", "let paused nodes go on (SIGCONT)"}}) {
    auto* command = cluster_command->add_subcommand(action, what);
    add_cluster_data(*command, cluster.data);
    const std::string_view name = action;
    if (name != "down") command->add_option("NODE", cluster.nodes, "broker-1, zookeeper-1, …")->required();
    if (name == "down" || name == "stop" || name == "kill")
      add_timeout(*command, cluster.timeout_s, "seconds to wait for its end");
    command->callback(
        [&, action] { run = [&, action](Context& context) { return run_cluster(cluster, action, context); }; });
  }

  ProduceOptions produce;
  const std::map<std::string, kafka::Acks> acks{
      {"0", kafka::Acks::none}, {"1", kafka::Acks::leader}, {"all", kafka::Acks::all}};
  auto* produce_command = app.add_subcommand("produce", "lines of stdin into a topic; shows what became of each");
  produce_command->add_option("TOPIC", produce.topic, "the topic; it must exist")->required();
  produce_command->add_option("--key-separator", produce.key_separator, "what stands between key and value in a line")
      ->option_text("TEXT");
  produce_command->add_option("--partition", produce.partition, "not by the key")->check(CLI::NonNegativeNumber);
  produce_command
      ->add_option("--acks", produce.acks, "who has a record before it is acknowledged: 0 nobody, 1 the leader, all")
      ->transform(CLI::CheckedTransformer(acks))
      ->option_text("0|1|all");
  produce_command->add_option("--timeout", produce.timeout, "how long a record waits for its acknowledgement")
      ->capture_default_str();
  produce_command->add_flag("-q,--quiet", produce.quiet, "show only records that were not acknowledged");
  add_kafka(*produce_command, produce.kafka);
  produce_command->callback([&] { run = [&](Context& context) { return run_produce(produce, context); }; });

  ConsumeOptions consume;
  const std::map<std::string, RecordFormat> record_formats{
      {"table", RecordFormat::table}, {"json", RecordFormat::json}, {"value", RecordFormat::value}};
  const CLI::CheckedTransformer record_format(record_formats, CLI::ignore_case);
  auto* consume_command = app.add_subcommand("consume", "show a topic's records, up to the end that it has now");
  consume_command->add_option("TOPIC", consume.topic, "the topic")->required();
  consume_command->add_option("--partition", consume.partition, "only this one")->check(CLI::NonNegativeNumber);
  consume_command
      ->add_option("--from", consume.from,
                   "beginning, end, an offset, -n: the last n, or a time as 2017-11-01T14:30:00Z")
      ->capture_default_str();
  consume_command->add_option("--max", consume.max, "stop after so many records")->check(CLI::PositiveNumber);
  consume_command->add_flag("--follow", consume.follow, "go on with what comes, until Ctrl-C");
  consume_command->add_option("--group", consume.group, "join this consumer group, and go on where it stopped");
  consume_command->add_option("--output", consume.output, "table, json (an object a line), or value")
      ->transform(record_format)
      ->option_text("table|json|value");
  add_kafka(*consume_command, consume.kafka);
  consume_command->callback([&] { run = [&](Context& context) { return run_consume(consume, context); }; });

  ConsumeOptions tail;
  std::int64_t tail_last = 10;
  auto* tail_command = app.add_subcommand("tail", "show a topic's last records and those that come, until Ctrl-C");
  tail_command->add_option("TOPIC", tail.topic, "the topic")->required();
  tail_command->add_option("-n", tail_last, "how many of each partition to begin with")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  tail_command->add_option("--partition", tail.partition, "only this one")->check(CLI::NonNegativeNumber);
  tail_command->add_option("--max", tail.max, "stop after so many records")->check(CLI::PositiveNumber);
  tail_command->add_option("--output", tail.output, "table, json (an object a line), or value")
      ->transform(record_format)
      ->option_text("table|json|value");
  add_kafka(*tail_command, tail.kafka);
  tail_command->callback([&] {
    tail.from = "-" + std::to_string(tail_last);
    tail.follow = true;
    run = [&](Context& context) { return run_consume(tail, context); };
  });

  SegmentsOptions segments;
  auto* segments_command = app.add_subcommand("segments", "show a topic's files: segments, batches, index entries");
  segments_command->add_option("TOPIC", segments.topic, "the topic")->required();
  segments_command->add_option("--partition", segments.partition, "only this one")->check(CLI::NonNegativeNumber);
  auto* batches_flag = segments_command->add_flag("--batches", segments.batches, "the batches in them");
  segments_command->add_flag("--indexes", segments.indexes, "their index entries")->excludes(batches_flag);
  add_output(*segments_command, segments.output);
  add_data(*segments_command, segments.data, "a server's data folder, or a log folder of Apache Kafka");
  segments_command->callback([&] { run = [&](Context& context) { return run_segments(segments, context); }; });

  FsckOptions fsck;
  auto* fsck_command =
      app.add_subcommand("fsck", "check a stopped server's data folder; exit code 1 when anything is wrong");
  add_data(*fsck_command, fsck.data, "the folder to check");
  fsck_command->add_flag("--repair", fsck.repair, "mend what can be mended; what can't be read goes to DIR/lost+found");
  fsck_command->add_flag("--deep", fsck.deep, "read all objects and compare them with their ETags and checksums");
  add_output(*fsck_command, fsck.output);
  fsck_command->callback([&] { run = [&](Context& context) { return run_fsck(fsck, context); }; });

  StatusOptions status;
  auto* status_command = app.add_subcommand("status", "what runs, and how much is in it");
  add_output(*status_command, status.output);
  add_kafka(*status_command, status.kafka);
  status_command->callback([&] { run = [&](Context& context) { return run_status(status, context); }; });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ExitCode::done : ExitCode::wrong_usage;
  }
  const Severity severity = log_level.empty() ? default_severity : parse_severity(log_level).value_or(default_severity);
  Context context{Log(severity, log_format), interrupt};
  return run(context);
}

}  // namespace tickerlake::app
