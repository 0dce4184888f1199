#include "services/broker/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <limits>

namespace tickerlake::broker {

namespace {

constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t least_segment_bytes = 16_KiB;
constexpr std::int64_t most_int = std::numeric_limits<std::int32_t>::max();

Result<void> one_of(std::string_view name, std::string_view value, std::initializer_list<std::string_view> allowed) {
  if (std::ranges::find(allowed, value) != allowed.end()) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} must be one of {}, not \"{}\"", name, fmt::join(allowed, ", "), value));
}

/// A setting: how it is shown, what it may be, where it goes. Numbers have a target; texts a check of their own.
struct Setting {
  std::string_view name;
  std::string_view fallback;
  ConfigType type;
  std::int64_t least = 0;
  std::int64_t most = no_limit;
  std::int64_t TopicConfig::* target = nullptr;
  std::string_view documentation;
};

using enum ConfigType;

/// In the order of their names.
constexpr std::array settings = {
    Setting{
        "cleanup.policy", "delete", list, 0, 0, nullptr,
        "What happens to old segments: \"delete\" by time and size. Compaction is not supported for clients' topics."},
    Setting{"compression.type", "producer", string, 0, 0, nullptr,
            "\"producer\": batches are stored in the codec they came in. Recompression is not supported."},
    Setting{"delete.retention.ms", "86400000", int64, 0, no_limit, nullptr,
            "How long compaction keeps tombstones. Without effect where cleanup.policy is delete."},
    Setting{"file.delete.delay.ms", "60000", int64, 0, no_limit, &TopicConfig::file_delete_delay_ms,
            "How long the files of an expired segment stay on disk."},
    Setting{"flush.messages", "9223372036854775807", int64, 1, no_limit, nullptr,
            "Without effect: every append is synced by the group commit."},
    Setting{"flush.ms", "9223372036854775807", int64, 0, no_limit, nullptr,
            "Without effect: every append is synced by the group commit."},
    Setting{"index.interval.bytes", "4096", int32, 0, most_int, &TopicConfig::index_interval_bytes,
            "Bytes of the log between two entries of its offset index."},
    Setting{"max.message.bytes", "1048588", int32, 0, most_int, &TopicConfig::max_message_bytes,
            "The largest record batch that is accepted, in bytes."},
    Setting{"message.timestamp.after.max.ms", "3600000", int64, 0, no_limit, &TopicConfig::timestamp_after_max_ms,
            "How far ahead of the broker's clock a record's timestamp may be."},
    Setting{"message.timestamp.before.max.ms", "9223372036854775807", int64, 0, no_limit,
            &TopicConfig::timestamp_before_max_ms, "How far behind the broker's clock a record's timestamp may be."},
    Setting{"message.timestamp.type", "CreateTime", string, 0, 0, nullptr,
            "CreateTime: the producer's timestamps; LogAppendTime: the broker's clock at the append."},
    Setting{"min.insync.replicas", "1", int32, 1, 1, nullptr, "One node holds every partition once."},
    Setting{"retention.bytes", "-1", int64, -1, no_limit, &TopicConfig::retention_bytes,
            "A partition's size above which its oldest segments go; -1 for no limit."},
    Setting{"retention.ms", "604800000", int64, -1, no_limit, &TopicConfig::retention_ms,
            "Age of a segment's youngest record (by its timestamp) at which the segment goes; -1 for never."},
    // Each segment keeps three files open, so that tiny ones would use them all up.
    Setting{"segment.bytes", "1073741824", int32, least_segment_bytes, most_int, &TopicConfig::segment_bytes,
            "Size at which a new segment begins."},
    Setting{"segment.ms", "604800000", int64, 1, no_limit, &TopicConfig::segment_ms,
            "Age (by the broker's clock) at which a new segment begins."},
    Setting{"unclean.leader.election.enable", "false", boolean, 0, 0, nullptr, "Without effect: there is one replica."},
};

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

Result<std::int64_t> parse_number(const Setting& setting, std::string_view value) {
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || stop != value.data() + value.size()) {
    return fail(ErrorCode::invalid_argument, fmt::format("{} must be a whole number, not \"{}\"", setting.name, value));
  }
  if (number < setting.least || number > setting.most) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be from {} to {}, not {}", setting.name, setting.least, setting.most, number));
  }
  return number;
}

Result<void> apply_text(TopicConfig& config, std::string_view name, std::string_view value, bool internal) {
  if (name == "cleanup.policy") {
    if (value.find("compact") != std::string_view::npos && !internal) {
      return fail(ErrorCode::invalid_argument, "cleanup.policy=compact is not supported: only \"delete\" is");
    }
    CHECK(one_of(name, value, {"delete", "compact", "compact,delete", "delete,compact"}));
    config.compacted = value != "delete";
  } else if (name == "compression.type") {
    return one_of(name, value, {"producer"});
  } else if (name == "message.timestamp.type") {
    CHECK(one_of(name, value, {"CreateTime", "LogAppendTime"}));
    config.timestamp_type = value == "LogAppendTime" ? TimestampType::log_append_time : TimestampType::create_time;
  } else {
    return one_of(name, value, {"true", "false"});
  }
  return {};
}

}  // namespace

Result<TopicConfig> TopicConfig::parse(const ConfigMap& set, bool internal) {
  TopicConfig config;
  for (const auto& [name, value] : set) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr)
      return fail(ErrorCode::invalid_argument, fmt::format("unknown topic config name: {}", name));
    if (setting->type == int32 || setting->type == int64) {
      TRY(const std::int64_t number, parse_number(*setting, value));
      if (setting->target != nullptr) config.*(setting->target) = number;
    } else {
      CHECK(apply_text(config, name, value, internal));
    }
  }
  return config;
}

std::vector<ConfigEntry> describe(const ConfigMap& set) {
  std::vector<ConfigEntry> entries;
  for (const Setting& setting : settings) {
    const auto found = set.find(setting.name);
    const bool is_default = found == set.end();
    entries.push_back({std::string(setting.name), is_default ? std::string(setting.fallback) : found->second,
                       is_default, setting.type, setting.documentation});
  }
  return entries;
}

Result<ConfigType> config_type(std::string_view name) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) return fail(ErrorCode::not_found, fmt::format("unknown topic config name: {}", name));
  return setting->type;
}

}  // namespace tickerlake::broker
