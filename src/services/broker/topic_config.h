#pragma once
// A topic's settings under Kafka's names ("retention.ms"): what is known, how it is checked, what it defaults to.
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace tickerlake::broker {

/// What was set for a topic, by Kafka's names; what is not in it has its default.
using ConfigMap = std::map<std::string, std::string, std::less<>>;

enum class TimestampType { create_time, log_append_time };

/// Effective settings of a topic. Sizes in bytes, times in milliseconds; −1 means without limit where Kafka says so.
struct TopicConfig {
  bool compacted = false;  // cleanup.policy; only for internal topics
  TimestampType timestamp_type = TimestampType::create_time;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int64_t max_message_bytes = 1'048'588;
  std::int64_t retention_ms = 604'800'000;
  std::int64_t retention_bytes = -1;
  std::int64_t segment_bytes = 1_GiB;
  std::int64_t segment_ms = 604'800'000;
  std::int64_t index_interval_bytes = 4096;
  std::int64_t file_delete_delay_ms = 60'000;

  /// ErrorCode::invalid_argument names the setting and what is wrong with it. internal permits compaction.
  static Result<TopicConfig> parse(const ConfigMap& set, bool internal = false);
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
};

/// All known settings in the order of their names, with the values that are set or the defaults.
std::vector<ConfigEntry> describe(const ConfigMap& set);
/// A setting's type (lists are what AlterConfigs' append and subtract work on); not_found for unknown names.
Result<ConfigType> config_type(std::string_view name);

}  // namespace tickerlake::broker
