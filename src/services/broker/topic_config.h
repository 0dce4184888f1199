#pragma once
// A topic's settings under Kafka's names ("retention.ms"): what is known, how it is checked, what it defaults to.
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "kafka/records/batch.h"

namespace tickerlake::broker {

/// What was set for a topic, by Kafka's names; what is not in it has its default.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

/// Where a value comes from. The numbers are those of DescribeConfigs (ConfigSource).
enum class ConfigSource : std::int8_t {
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  built_in = 5,
  group = 8,
};

/// A broker's setting that topics fall back to: of "retention.ms" it is "log.retention.ms".
struct InheritedConfig {
  std::string name;
  std::string value;
  ConfigSource source = ConfigSource::static_broker;
};
/// By the topic's name for it.
using InheritedConfigs = std::map<std::string, InheritedConfig, std::less<>>;

enum class TimestampType { create_time, log_append_time };

/// Effective settings of a topic. Sizes in bytes, times in milliseconds; −1 means without limit where Kafka says so.
struct TopicConfig {
  bool compacted = false;  // cleanup.policy
  bool deletes = true;
  double min_cleanable_dirty_ratio = 0.5;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = INT64_MAX;
  std::int64_t delete_retention_ms = 86'400'000;
  std::optional<kafka::Codec> codec;  // compression.type; nothing: the producer's
  std::int64_t gzip_level = -1;
  std::int64_t lz4_level = 9;
  std::int64_t zstd_level = 3;
  TimestampType timestamp_type = TimestampType::create_time;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int64_t max_message_bytes = 1'048'588;
  std::int64_t min_insync_replicas = 1;
  std::int64_t retention_ms = 604'800'000;
  std::int64_t retention_bytes = -1;
  std::int64_t segment_bytes = 1_GiB;
  std::int64_t segment_ms = 604'800'000;
  std::int64_t segment_jitter_ms = 0;
  std::int64_t segment_index_bytes = 10'485'760;
  std::int64_t index_interval_bytes = 4096;
  std::int64_t file_delete_delay_ms = 60'000;

  /// ErrorCode::invalid_argument says what is wrong as Kafka does.
  static Result<TopicConfig> parse(const ConfigMap& set, const InheritedConfigs& inherited = {});
};

/// The numbers are those of DescribeConfigs (ConfigDef.Type).
enum class ConfigType : std::int8_t { boolean = 1, string = 2, int32 = 3, int64 = 5, decimal = 6, list = 7 };

/// One line of DescribeConfigs.
struct ConfigEntry {
  std::string name;
  std::string value;
  bool is_default = true;
  ConfigType type = ConfigType::string;
  std::string_view documentation;
  ConfigSource source = ConfigSource::static_broker;  // where is_default: built_in, whatever this says
  std::vector<InheritedConfig> synonyms = {};         // what the value would be taken from, in this order
};

/// All known settings in the order of their names, with the values that are set, inherited, or the defaults.
std::vector<ConfigEntry> describe(const ConfigMap& set, const InheritedConfigs& inherited = {});
/// A setting's type (lists are what AlterConfigs' append and subtract work on); not_found for unknown names.
Result<ConfigType> config_type(std::string_view name);

/// The broker's settings that topics fall back to: "log.retention.ms" and the like. Nothing for other names.
/// Names in other units ("log.retention.hours") give the value in the topic's.
struct TopicDefault {
  std::string topic_name;
  std::string value;
};
std::optional<TopicDefault> topic_default_of(std::string_view broker_name, std::string_view value);
/// Built-in values of all of them, as a broker that nothing was set for tells them.
std::vector<ConfigEntry> describe_topic_defaults(const InheritedConfigs& inherited);

}  // namespace tickerlake::broker
