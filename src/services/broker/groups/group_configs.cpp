#include "services/broker/groups/group_configs.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "base/digest.h"

namespace tickerlake::broker {
namespace {

/// What a number may be, by the broker's settings group.NAME, group.….min.… and group.….max.…
struct NumberSetting {
  std::string_view name;
  std::int32_t fallback, least, most;
  const char* documentation;
};
constexpr std::string_view consumer_session = "consumer.session.timeout.ms";
constexpr std::string_view consumer_heartbeat = "consumer.heartbeat.interval.ms";
constexpr std::string_view share_session = "share.session.timeout.ms";
constexpr std::string_view share_heartbeat = "share.heartbeat.interval.ms";
constexpr std::string_view share_record_lock = "share.record.lock.duration.ms";
constexpr std::string_view share_delivery_count = "share.delivery.count.limit";
constexpr std::string_view share_record_locks = "share.partition.max.record.locks";

/// With the limits of this broker, in the order of their names.
std::vector<NumberSetting> number_settings(const GroupOptions& consumers) {
  const ShareGroupOptions& shares = consumers.share;
  return {{consumer_heartbeat, consumers.consumer_heartbeat_interval_ms, consumers.consumer_min_heartbeat_interval_ms,
           consumers.consumer_max_heartbeat_interval_ms,
           "The heartbeat interval given to the members of a consumer group."},
          {consumer_session, consumers.consumer_session_timeout_ms, consumers.consumer_min_session_timeout_ms,
           consumers.consumer_max_session_timeout_ms,
           "The timeout to detect client failures when using the consumer group protocol."},
          {share_delivery_count, shares.delivery_count_limit, shares.min_delivery_count_limit,
           shares.max_delivery_count_limit,
           "The maximum number of delivery attempts for a record delivered to a share group."},
          {share_heartbeat, shares.heartbeat_interval_ms, shares.min_heartbeat_interval_ms,
           shares.max_heartbeat_interval_ms, "The heartbeat interval given to the members of a share group."},
          {share_record_locks, shares.max_record_locks, shares.min_max_record_locks, shares.max_max_record_locks,
           "Share-group record lock limit per share-partition."},
          {share_record_lock, shares.record_lock_ms, shares.min_record_lock_ms, shares.max_record_lock_ms,
           "The record acquisition lock duration in milliseconds for share groups."},
          {share_session, shares.session_timeout_ms, shares.min_session_timeout_ms, shares.max_session_timeout_ms,
           "The timeout to detect client failures when using the share group protocol."}};
}

const NumberSetting* find(const std::vector<NumberSetting>& settings, std::string_view name) {
  const auto found = std::ranges::find(settings, name, &NumberSetting::name);
  return found == settings.end() ? nullptr : &*found;
}

/// A setting that is one of some words; or, where it is a reset, a duration.
struct WordSetting {
  std::string_view name;
  std::string_view fallback, other;
  ConfigType type;
  const char* documentation;
};
constexpr std::string_view share_reset = "share.auto.offset.reset";
constexpr std::string_view share_isolation = "share.isolation.level";
constexpr std::string_view share_renew = "share.renew.acknowledge.enable";
constexpr std::string_view by_duration = "by_duration:";
constexpr WordSetting word_settings[] = {
    {share_reset, "latest", "earliest", ConfigType::string, "Where a share group begins in a partition."},
    {share_isolation, "read_uncommitted", "read_committed", ConfigType::string,
     "Whether records of transactions that are not committed are delivered."},
    {share_renew, "true", "false", ConfigType::boolean, "Whether members may renew the locks of records."},
};

Result<std::int32_t> number_of(std::string_view name, std::string_view value) {
  std::int32_t number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error == std::errc() && stop == value.data() + value.size()) return number;
  return fail(ErrorCode::invalid_argument,
              fmt::format("Invalid value {} for configuration {}: Not a number of type INT", value, name));
}

Result<void> check_number(const NumberSetting& setting, std::string_view value) {
  TRY(const std::int32_t number, number_of(setting.name, value));
  const std::size_t dot = setting.name.find('.') + 1;
  const std::string_view kind = setting.name.substr(0, dot), rest = setting.name.substr(dot);
  if (number < setting.least) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be greater than or equal to group.{}min.{}", setting.name, kind, rest));
  }
  if (number > setting.most) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be less than or equal to group.{}max.{}", setting.name, kind, rest));
  }
  return {};
}

/// An ISO 8601 duration of days, hours, minutes and seconds, which is not negative.
std::optional<std::int64_t> parse_duration_ms(std::string_view text) {
  static const RE2 form(R"(P(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})(?:\.(\d{1,3})\d*)?S)?)?)");
  std::string days, hours, minutes, seconds, fraction;
  if (!RE2::FullMatch(text, form, &days, &hours, &minutes, &seconds, &fraction)) return std::nullopt;
  if (days.empty() && hours.empty() && minutes.empty() && seconds.empty()) return std::nullopt;
  const auto number = [](const std::string& digits) {
    std::int64_t value = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  };
  fraction.resize(3, '0');
  return (((number(days) * 24 + number(hours)) * 60 + number(minutes)) * 60 + number(seconds)) * 1'000 +
         number(fraction);
}

std::optional<ShareReset> parse_reset(std::string_view value) {
  if (value == "latest") return ShareReset{ShareReset::Kind::latest, 0};
  if (value == "earliest") return ShareReset{ShareReset::Kind::earliest, 0};
  if (!value.starts_with(by_duration)) return std::nullopt;
  const auto duration = parse_duration_ms(value.substr(by_duration.size()));
  if (!duration) return std::nullopt;
  return ShareReset{ShareReset::Kind::by_duration, *duration};
}

Result<void> check_word(const WordSetting& setting, std::string_view value) {
  if (setting.name == share_reset) {
    if (parse_reset(value)) return {};
    return fail(
        ErrorCode::invalid_argument,
        fmt::format("Invalid value {0} for configuration {1}: Invalid value `{0}` for configuration {1}. The value "
                    "must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.",
                    value, setting.name));
  }
  if (value == setting.fallback || value == setting.other) return {};
  return fail(ErrorCode::invalid_argument, fmt::format("Invalid value {} for configuration {}: must be {} or {}", value,
                                                       setting.name, setting.fallback, setting.other));
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
  std::map<std::string_view, std::int32_t> effective;
  const auto numbers = number_settings(options_);
  for (const NumberSetting& setting : numbers) effective[setting.name] = setting.fallback;
  for (const auto& [name, value] : settings) {
    if (const NumberSetting* number = find(numbers, name)) {
      CHECK(check_number(*number, value));
      effective[number->name] = number_of(name, value).value();
      continue;
    }
    const auto word = std::ranges::find(word_settings, name, &WordSetting::name);
    if (word == std::end(word_settings)) {
      return fail(ErrorCode::invalid_argument, fmt::format("Unknown group config name: {}", name));
    }
    CHECK(check_word(*word, value));
  }
  for (const auto& [session, heartbeat] :
       {std::pair{consumer_session, consumer_heartbeat}, {share_session, share_heartbeat}}) {
    if (effective[session] > effective[heartbeat]) continue;
    return fail(ErrorCode::invalid_argument, fmt::format("{} must be greater than {}", session, heartbeat));
  }
  return {};
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
  const auto add = [&](std::string_view name, std::string fallback, ConfigType type, const char* documentation) {
    const auto found = set.find(name);
    ConfigEntry& entry = entries.emplace_back();
    entry.name = name;
    entry.value = found == set.end() ? std::move(fallback) : found->second;
    entry.is_default = found == set.end();
    entry.source = entry.is_default ? ConfigSource::built_in : ConfigSource::group;
    entry.type = type;
    entry.documentation = documentation;
  };
  for (const NumberSetting& setting : number_settings(options_)) {
    add(setting.name, std::to_string(setting.fallback), ConfigType::int32, setting.documentation);
  }
  for (const WordSetting& setting : word_settings) {
    add(setting.name, std::string(setting.fallback), setting.type, setting.documentation);
  }
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  return entries;
}

std::vector<std::string> GroupConfigs::groups() const {
  MutexLock lock(mutex_);
  std::vector<std::string> groups;
  for (const auto& [group, settings] : set_) groups.push_back(group);
  return groups;
}

namespace {

/// What is set, or the broker's.
std::int32_t number_in(const ConfigMap& set, std::string_view name, std::int32_t fallback) {
  const auto found = set.find(name);
  return found == set.end() ? fallback : number_of(name, found->second).value_or(fallback);
}

bool is_other(const ConfigMap& set, std::string_view name) {
  const auto found = set.find(name);
  return found != set.end() && found->second == std::ranges::find(word_settings, name, &WordSetting::name)->other;
}

}  // namespace

ConsumerGroupSettings GroupConfigs::settings_of(const std::string& group) const {
  const ConfigMap set = set_for(group);
  return {.session_timeout_ms = number_in(set, consumer_session, options_.consumer_session_timeout_ms),
          .heartbeat_interval_ms = number_in(set, consumer_heartbeat, options_.consumer_heartbeat_interval_ms),
          .max_size = static_cast<std::size_t>(options_.consumer_max_size)};
}

ShareGroupSettings GroupConfigs::share_settings_of(const std::string& group) const {
  const ConfigMap set = set_for(group);
  ShareGroupSettings settings;
  settings.session_timeout_ms = number_in(set, share_session, options_.share.session_timeout_ms);
  settings.heartbeat_interval_ms = number_in(set, share_heartbeat, options_.share.heartbeat_interval_ms);
  settings.max_size = static_cast<std::size_t>(options_.share.max_size);
  settings.record_lock_ms = number_in(set, share_record_lock, options_.share.record_lock_ms);
  settings.delivery_count_limit =
      static_cast<std::int16_t>(number_in(set, share_delivery_count, options_.share.delivery_count_limit));
  settings.max_record_locks = number_in(set, share_record_locks, options_.share.max_record_locks);
  if (const auto reset = set.find(share_reset); reset != set.end()) {
    settings.reset = parse_reset(reset->second).value_or(ShareReset());
  }
  settings.isolation = is_other(set, share_isolation) ? Isolation::read_committed : Isolation::read_durable;
  settings.may_renew = !is_other(set, share_renew);
  return settings;
}

}  // namespace tickerlake::broker
