#include "services/broker/groups/group_configs.h"

#include <fmt/format.h>

#include <charconv>

#include "base/digest.h"

namespace tickerlake::broker {
namespace {

constexpr const char* session_setting = "consumer.session.timeout.ms";
constexpr const char* heartbeat_setting = "consumer.heartbeat.interval.ms";

Result<std::int32_t> number_of(std::string_view name, std::string_view value) {
  std::int32_t number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && stop == value.data() + value.size()) return number;
  return fail(ErrorCode::invalid_argument,
              fmt::format("Invalid value {} for configuration {}: Not a number of type INT", value, name));
}

Result<std::int32_t> number_between(std::string_view name, std::string_view value, std::int32_t least,
                                    std::int32_t most) {
  TRY(const std::int32_t number, number_of(name, value));
  if (number < least) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be greater than or equal to group.{}", name,
                            std::string(name).replace(0, std::string_view("consumer.").size(), "consumer.min.")));
  }
  if (number > most) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be less than or equal to group.{}", name,
                            std::string(name).replace(0, std::string_view("consumer.").size(), "consumer.max.")));
  }
  return number;
}

/// A line: the group's id in hexadecimal, a name, a value.
std::string encode(const std::map<std::string, ConfigMap>& all) {
  std::string text = "version 1\n";
  for (const auto& [group, settings] : all) {
    for (const auto& [name, value] : settings) text += fmt::format("{} {} {}\n", hex(as_bytes(group)), name, value);
  }
  return text;
}

Result<std::map<std::string, ConfigMap>> decode(std::string_view text) {
  std::map<std::string, ConfigMap> all;
  bool is_first = true;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (std::exchange(is_first, false)) {
      if (line != "version 1") return fail(ErrorCode::corrupt, fmt::format("\"{}\" is no known version", line));
      continue;
    }
    const auto group = unhex(line.substr(0, first));
    if (second == std::string_view::npos || !group) {
      return fail(ErrorCode::corrupt, fmt::format("can't read \"{}\"", line));
    }
    all[std::string(as_text(*group))][std::string(line.substr(first + 1, second - first - 1))] =
        line.substr(second + 1);
  }
  return all;
}

}  // namespace

Result<std::unique_ptr<GroupConfigs>> GroupConfigs::open(const io::Path& file, const GroupOptions& options) {
  std::unique_ptr<GroupConfigs> configs(new GroupConfigs(file, options));
  if (!std::filesystem::exists(file)) return configs;
  TRY(const std::string text, io::read_file(file));
  auto decoded = decode(text);
  if (!decoded) return std::unexpected(std::move(decoded.error()).within(file.string()));
  MutexLock lock(configs->mutex_);
  configs->set_ = *std::move(decoded);
  return configs;
}

Result<void> GroupConfigs::check(const ConfigMap& settings) const {
  ConsumerGroupSettings effective{.session_timeout_ms = options_.consumer_session_timeout_ms,
                                  .heartbeat_interval_ms = options_.consumer_heartbeat_interval_ms};
  for (const auto& [name, value] : settings) {
    if (name == session_setting) {
      TRY(effective.session_timeout_ms, number_between(name, value, options_.consumer_min_session_timeout_ms,
                                                       options_.consumer_max_session_timeout_ms));
    } else if (name == heartbeat_setting) {
      TRY(effective.heartbeat_interval_ms, number_between(name, value, options_.consumer_min_heartbeat_interval_ms,
                                                          options_.consumer_max_heartbeat_interval_ms));
    } else {
      return fail(ErrorCode::invalid_argument, fmt::format("Unknown group config name: {}", name));
    }
  }
  if (effective.session_timeout_ms > effective.heartbeat_interval_ms) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("{} must be greater than {}", session_setting, heartbeat_setting));
}

ConfigMap GroupConfigs::set_for(const std::string& group) const {
  MutexLock lock(mutex_);
  const auto found = set_.find(group);
  return found == set_.end() ? ConfigMap() : found->second;
}

Result<void> GroupConfigs::replace(const std::string& group, const ConfigMap& settings, bool validate_only) {
  if (group.empty()) return fail(ErrorCode::invalid_argument, "the group's id must not be empty");
  CHECK(check(settings));
  if (validate_only) return {};
  MutexLock lock(mutex_);
  auto changed = set_;
  if (settings.empty()) {
    changed.erase(group);
  } else {
    changed[group] = settings;
  }
  if (changed.size() > max_configured_groups) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("at most {} groups have settings of their own", max_configured_groups));
  }
  CHECK(io::write_file_atomically(file_, encode(changed)));
  set_ = std::move(changed);
  return {};
}

std::vector<ConfigEntry> GroupConfigs::describe(const std::string& group) const {
  const ConfigMap set = set_for(group);
  std::vector<ConfigEntry> entries;
  const auto add = [&](const char* name, std::int32_t fallback, const char* documentation) {
    const auto found = set.find(name);
    ConfigEntry& entry = entries.emplace_back();
    entry.name = name;
    entry.value = found == set.end() ? std::to_string(fallback) : found->second;
    entry.is_default = found == set.end();
    entry.source = entry.is_default ? ConfigSource::built_in : ConfigSource::group;
    entry.type = ConfigType::int32;
    entry.documentation = documentation;
  };
  add(heartbeat_setting, options_.consumer_heartbeat_interval_ms,
      "The heartbeat interval given to the members of a consumer group.");
  add(session_setting, options_.consumer_session_timeout_ms,
      "The timeout to detect client failures when using the consumer group protocol.");
  return entries;
}

std::vector<std::string> GroupConfigs::groups() const {
  MutexLock lock(mutex_);
  std::vector<std::string> groups;
  for (const auto& [group, settings] : set_) groups.push_back(group);
  return groups;
}

ConsumerGroupSettings GroupConfigs::settings_of(const std::string& group) const {
  ConsumerGroupSettings settings{.session_timeout_ms = options_.consumer_session_timeout_ms,
                                 .heartbeat_interval_ms = options_.consumer_heartbeat_interval_ms,
                                 .max_size = static_cast<std::size_t>(options_.consumer_max_size)};
  const ConfigMap set = set_for(group);
  if (const auto found = set.find(session_setting); found != set.end()) {
    settings.session_timeout_ms = number_of(session_setting, found->second).value_or(settings.session_timeout_ms);
  }
  if (const auto found = set.find(heartbeat_setting); found != set.end()) {
    settings.heartbeat_interval_ms =
        number_of(heartbeat_setting, found->second).value_or(settings.heartbeat_interval_ms);
  }
  return settings;
}

}  // namespace tickerlake::broker
