#include "services/broker/topic_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

#include "services/broker/topic_settings.h"

namespace tickerlake::broker {

namespace {

const Setting* find_setting(std::string_view name) {
  const auto settings = topic_settings();
  const auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

/// As Kafka's ConfigException words it.
std::unexpected<Error> invalid(const Setting& setting, std::string_view value, std::string_view why) {
  return fail(ErrorCode::invalid_argument,
              fmt::format("Invalid value {} for configuration {}: {}", value, setting.name, why));
}

template <class Number>
std::optional<Number> number_of(std::string_view text) {
  Number number{};
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return number;
}

Result<void> apply_integer(TopicConfig& config, const Setting& setting, std::string_view value) {
  const bool is_int = setting.type == ConfigType::int32;
  const auto number = number_of<std::int64_t>(value);
  if (!number || (is_int && *number != static_cast<std::int32_t>(*number))) {
    return invalid(setting, value, is_int ? "Not a number of type INT" : "Not a number of type LONG");
  }
  if (*number < setting.least) return invalid(setting, value, fmt::format("Value must be at least {}", setting.least));
  if (*number > setting.most) {
    return invalid(setting, value, fmt::format("Value must be no more than {}", setting.most));
  }
  if (setting.target != nullptr) config.*(setting.target) = *number;
  return {};
}

Result<void> apply_ratio(TopicConfig& config, const Setting& setting, std::string_view value) {
  const auto number = number_of<double>(value);
  if (!number) return invalid(setting, value, "Not a number of type DOUBLE");
  if (!(*number >= 0)) return invalid(setting, value, "Value must be at least 0");
  if (*number > 1) return invalid(setting, value, "Value must be no more than 1");
  config.min_cleanable_dirty_ratio = *number;
  return {};
}

std::vector<std::string_view> split(std::string_view list) {
  std::vector<std::string_view> parts;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view part = list.substr(0, comma);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    if (!part.empty()) parts.push_back(part);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
  }
  return parts;
}

Result<void> check_text(const Setting& setting, std::string_view value) {
  if (setting.type == ConfigType::boolean) {
    if (value == "true" || value == "false") return {};
    return invalid(setting, value, "Expected value to be either true or false");
  }
  if (setting.allowed.empty()) return {};
  const auto allowed = split(setting.allowed);
  const auto parts = setting.type == ConfigType::list ? split(value) : std::vector<std::string_view>{value};
  for (const std::string_view part : parts) {
    if (std::ranges::find(allowed, part) != allowed.end()) continue;
    return invalid(setting, part, fmt::format("String must be one of: {}", setting.allowed));
  }
  if (parts.empty()) return invalid(setting, "[]", fmt::format("List must have one of: {}", setting.allowed));
  return {};
}

Result<void> apply_text(TopicConfig& config, const Setting& setting, std::string_view value) {
  CHECK(check_text(setting, value));
  if (setting.name == "cleanup.policy") {
    const auto policies = split(value);
    config.compacted = std::ranges::find(policies, "compact") != policies.end();
    config.deletes = std::ranges::find(policies, "delete") != policies.end();
  } else if (setting.name == "compression.type") {
    using enum kafka::Codec;
    config.codec = value == "uncompressed" ? std::optional(none)
                   : value == "gzip"       ? std::optional(gzip)
                   : value == "snappy"     ? std::optional(snappy)
                   : value == "lz4"        ? std::optional(lz4)
                   : value == "zstd"       ? std::optional(zstd)
                                           : std::nullopt;
  } else if (setting.name == "message.timestamp.type") {
    config.timestamp_type = value == "LogAppendTime" ? TimestampType::log_append_time : TimestampType::create_time;
  } else if (setting.name == "remote.storage.enable" && value == "true") {
    return fail(ErrorCode::invalid_argument,
                "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log "
                "storage.");
  }
  return {};
}

Result<void> apply(TopicConfig& config, const Setting& setting, std::string_view value) {
  switch (setting.type) {
    case ConfigType::int32:
    case ConfigType::int64:
      return apply_integer(config, setting, value);
    case ConfigType::decimal:
      return apply_ratio(config, setting, value);
    default:
      return apply_text(config, setting, value);
  }
}

}  // namespace

Result<TopicConfig> TopicConfig::parse(const ConfigMap& set, const InheritedConfigs& inherited) {
  TopicConfig config;
  for (const auto& [name, from] : inherited) {
    if (set.contains(name)) continue;
    if (const Setting* setting = find_setting(name)) CHECK(apply(config, *setting, from.value));
  }
  for (const auto& [name, value] : set) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr) {
      return fail(ErrorCode::invalid_argument, fmt::format("Unknown topic config name: {}", name));
    }
    CHECK(apply(config, *setting, value));
  }
  if (config.min_compaction_lag_ms > config.max_compaction_lag_ms) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("conflict topic config setting min.compaction.lag.ms ({}) > max.compaction.lag.ms ({})",
                            config.min_compaction_lag_ms, config.max_compaction_lag_ms));
  }
  return config;
}

std::vector<ConfigEntry> describe(const ConfigMap& set, const InheritedConfigs& inherited) {
  std::vector<ConfigEntry> entries;
  for (const Setting& setting : topic_settings()) {
    ConfigEntry entry;
    entry.name = setting.name;
    entry.type = setting.type;
    entry.documentation = setting.documentation;
    if (const auto found = set.find(setting.name); found != set.end()) {
      entry.synonyms.push_back({entry.name, found->second, ConfigSource::topic});
    }
    if (const auto found = inherited.find(setting.name); found != inherited.end()) {
      entry.synonyms.push_back(found->second);
    }
    const std::string_view built_in = setting.broker_name.empty() ? setting.name : setting.broker_name;
    entry.synonyms.push_back({std::string(built_in), std::string(setting.fallback), ConfigSource::built_in});
    entry.value = entry.synonyms.front().value;
    entry.source = entry.synonyms.front().source;
    entry.is_default = entry.source == ConfigSource::built_in;
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<ConfigType> config_type(std::string_view name) {
  const Setting* setting = find_setting(name);
  if (setting == nullptr) return fail(ErrorCode::not_found, fmt::format("Unknown topic config name: {}", name));
  return setting->type;
}

std::optional<TopicDefault> topic_default_of(std::string_view broker_name, std::string_view value) {
  for (const Setting& setting : topic_settings()) {
    if (setting.broker_name == broker_name) return TopicDefault{std::string(setting.name), std::string(value)};
  }
  for (const OtherUnit& other : other_units()) {
    if (other.broker_name != broker_name) continue;
    const auto number = number_of<std::int64_t>(value);
    const bool scales = number && *number > 0 && *number <= std::numeric_limits<std::int64_t>::max() / other.factor;
    return TopicDefault{std::string(other.topic_name),
                        scales ? std::to_string(*number * other.factor) : std::string(value)};
  }
  return std::nullopt;
}

std::vector<ConfigEntry> describe_topic_defaults(const InheritedConfigs& inherited) {
  std::vector<ConfigEntry> entries;
  for (ConfigEntry& entry : describe({}, inherited)) {
    const std::string& name = entry.synonyms.back().name;
    const auto settings = topic_settings();
    const auto setting = std::ranges::find(settings, entry.name, &Setting::name);
    if (setting->broker_name.empty()) continue;
    entry.name = name;
    entries.push_back(std::move(entry));
  }
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  return entries;
}

}  // namespace tickerlake::broker
