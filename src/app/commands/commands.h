#pragma once
// The commands: what each one's flags fill in, and the function that runs it. Exit codes are those of ExitCode.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "app/data_dir.h"
#include "app/interrupt.h"
#include "app/output.h"
#include "app/record_printer.h"
#include "base/log.h"
#include "cluster/distribution.h"
#include "kafka/client/reporting_producer.h"

namespace tickerlake::app {

enum ExitCode : int { done = 0, failed = 1, wrong_usage = 2, interrupted = 130 };

/// What every command is given.
struct Context {
  Log log;
  Interrupt& interrupt;
};

/// Prints "tickerlake COMMAND: message" on stderr; returns the exit code for that error.
int report(std::string_view command, const Error& error);

struct UpOptions {
  io::Path data = default_data_dir();
  std::string kafka = "127.0.0.1:9092", aws = "127.0.0.1:4566", web = "127.0.0.1:8080", registry = "127.0.0.1:8081";
  bool allow_unauthenticated = false;
  std::int64_t slow_request_ms = 1000;
  std::vector<std::string> set;  // "num.partitions=4": the broker's settings by Kafka's names
};
int run_up(const UpOptions& options, Context& context);

struct WaitOptions {
  io::Path data = default_data_dir();
  std::int64_t timeout_s = 60;
};
int run_wait(const WaitOptions& options, Context& context);

/// How a client command finds S3, Glue and Athena: these, then the AWS SDKs' settings, then the server of the folder.
struct AwsOptions {
  std::string services = "auto";  // auto, embedded, aws
  std::string s3_endpoint, s3_addressing;
};

struct EnvOptions {
  io::Path data = default_data_dir();
  AwsOptions aws;
  bool explain = false;
  OutputFormat output = OutputFormat::table;
};
int run_env(const EnvOptions& options, Context& context);

struct DemoOptions {
  io::Path data = "tickerlake-demo";
  std::string dataset = "datasets/kaggle-sample";
  std::string kafka = "127.0.0.1:9092", aws = "127.0.0.1:4566", web = "127.0.0.1:8080", registry = "127.0.0.1:8081";
};
int run_demo(const DemoOptions& options, Context& context);

/// How a client command finds Kafka: the flag, or TICKERLAKE_BOOTSTRAP, or the file of settings, or the server of the
/// data folder, or 9092.
struct KafkaOptions {
  std::string bootstrap;
  std::string config;                   // a file of librdkafka's or Java's properties
  std::vector<std::string> properties;  // "key=value" of librdkafka; they win over the file's
  io::Path data = default_data_dir();
};

struct ReplayCommand {
  KafkaOptions kafka;
  std::vector<std::string> paths;
  std::string topic;
  std::optional<int> partitions;
  std::string speed = "0";
  std::string from, to;
  std::vector<std::string> symbols;
};
int run_replay(const ReplayCommand& options, Context& context);

struct SinkCommand {
  KafkaOptions kafka;
  AwsOptions aws;
  std::string topic, to, partition_by, schema;
  std::int64_t flush_rows = 0, flush_bytes = 0;  // 0: the sink's default
  std::string flush_interval, flush_idle, late_wait;
  std::int64_t memory = 0;
  std::string tombstones = "skip", metrics;
  bool until_end = false, without_conditional_put = false;
};
int run_sink(const SinkCommand& options, Context& context);

struct SinkVerifyCommand {
  KafkaOptions kafka;
  AwsOptions aws;
  std::string topic, to;
  OutputFormat output = OutputFormat::table;
};
int run_sink_verify(const SinkVerifyCommand& options, Context& context);

struct CrawlOptions {
  io::Path data = default_data_dir();
  AwsOptions aws;
  std::string target, database, table_prefix, role, crawler;
};
int run_crawl(const CrawlOptions& options, Context& context);

struct SqlOptions {
  io::Path data = default_data_dir();
  AwsOptions aws;
  std::string database = "default", workgroup = "primary", output_location, statement, file;
  std::optional<OutputFormat> output;
};
int run_sql(const SqlOptions& options, Context& context);

struct TopicsOptions {
  KafkaOptions kafka;
  std::string action = "list";  // list, describe, create, delete
  std::vector<std::string> names;
  int partitions = 4, replication_factor = -1;  // -1: the cluster's default
  std::vector<std::string> configs;             // "name=value"
  OutputFormat output = OutputFormat::table;
};
int run_topics(const TopicsOptions& options, Context& context);

struct ConfigsOptions {
  KafkaOptions kafka;
  std::string action = "describe";  // describe, alter
  std::string type, name;           // "topic", "broker", "group", "client-metrics"; no name: of all brokers
  bool all = false;                 // defaults too
  std::vector<std::string> set, remove;
  OutputFormat output = OutputFormat::table;
};
int run_configs(const ConfigsOptions& options, Context& context);

struct ImportOptions {
  io::Path data = default_data_dir();
  std::string from;
  OutputFormat output = OutputFormat::table;
};
int run_import(const ImportOptions& options, Context& context);

struct GroupsOptions {
  KafkaOptions kafka;
  std::string action = "list";  // list, describe, delete, reset-offsets
  std::vector<std::string> names;
  bool members = false, state = false;  // of describe
  std::vector<std::string> topics;      // of reset-offsets: TOPIC or TOPIC:PARTITION; empty: all that it has read
  std::string to;                       // where to: as consume's --from
  bool execute = false;                 // else it only tells
  OutputFormat output = OutputFormat::table;
};
int run_groups(const GroupsOptions& options, Context& context);

struct ConsumeOptions {
  KafkaOptions kafka;
  std::string topic, group;
  std::optional<std::int32_t> partition;
  std::string from = "beginning";
  std::int64_t max = 0;  // 0: no limit
  bool follow = false;
  RecordFormat output = RecordFormat::table;
};
int run_consume(const ConsumeOptions& options, Context& context);

struct TailOptions {
  ConsumeOptions records;
  std::int64_t last = 10;  // of each partition, to begin with
};
int run_tail(const TailOptions& options, Context& context);

struct ProduceOptions {
  KafkaOptions kafka;
  std::string topic, key_separator;
  std::optional<std::int32_t> partition;
  kafka::Acks acks = kafka::Acks::all;
  std::string timeout = "30s";
  bool quiet = false;
};
int run_produce(const ProduceOptions& options, Context& context);

struct SegmentsOptions {
  io::Path data = default_data_dir();
  std::string topic;
  std::optional<std::int32_t> partition;
  bool batches = false, indexes = false;
  OutputFormat output = OutputFormat::table;
};
int run_segments(const SegmentsOptions& options, Context& context);

struct FsckOptions {
  io::Path data = default_data_dir();
  bool repair = false, deep = false;
  OutputFormat output = OutputFormat::table;
};
int run_fsck(const FsckOptions& options, Context& context);

/// $TICKERLAKE_DATA or its default, with "-cluster" behind it.
io::Path default_cluster_dir();

/// What is not given is the default for a new cluster.
struct ClusterUpOptions {
  io::Path data = default_cluster_dir();
  bool zookeeper = false, sasl_ssl = false;
  std::optional<int> brokers, port, heap_mb;
  std::vector<std::string> set;  // "key=value" for every broker
  std::string kafka_home;        // empty: fetched into the cache
  io::Path cache = cluster::default_cache();
  std::int64_t timeout_s = 180;
};
int run_cluster_up(const ClusterUpOptions& options, Context& context);

struct ClusterOptions {
  std::string action;  // down; start, stop, kill, pause, resume of the nodes
  io::Path data = default_cluster_dir();
  std::vector<std::string> nodes;
  std::int64_t timeout_s = 60;  // for what stops
  OutputFormat output = OutputFormat::table;
};
int run_cluster_status(const ClusterOptions& options, Context& context);
int run_cluster(const ClusterOptions& options, Context& context);

struct DrillCommand {
  io::Path cluster = default_cluster_dir();
  std::vector<std::string> dataset = {"datasets/kaggle-sample"};
  io::Path data = default_data_dir();  // of the server that keeps the lake, when the environment names no other
  AwsOptions aws;
  io::Path out = "tickerlake-drill";
  std::string to = "s3://lake/drill", topic = "drill", speed = "1500/s";
  std::string hold = "3s", patience = "2m", flush_interval = "2s";
  std::vector<std::string> acts;  // empty: all that the cluster can play
  int partitions = 4, runs = 1;
  OutputFormat output = OutputFormat::table;
};
int run_drill(const DrillCommand& command, Context& context);

struct StatusOptions {
  KafkaOptions kafka;
  OutputFormat output = OutputFormat::table;
};
int run_status(const StatusOptions& options, Context& context);

}  // namespace tickerlake::app
