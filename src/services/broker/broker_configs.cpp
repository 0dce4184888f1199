#include "services/broker/broker_configs.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace tickerlake::broker {

namespace {

/// A setting of the broker's own: topics don't fall back to it.
struct OwnSetting {
  std::string_view name;
  std::string_view fallback;
  ConfigType type;
  double least;
  std::string_view documentation;
};

constexpr std::array own_settings = {
    OwnSetting{"log.cleaner.backoff.ms", "15000", ConfigType::int64, 0,
               "Time between two looks for logs to compact when none is due."},
    OwnSetting{"log.cleaner.dedupe.buffer.size", "134217728", ConfigType::int64, 0,
               "Memory for the keys of one compaction pass, in bytes."},
    OwnSetting{"log.cleaner.io.max.bytes.per.second", "1.7976931348623157E308", ConfigType::decimal, 1,
               "The most that compaction reads and writes."},
    OwnSetting{"producer.id.expiration.ms", "86400000", ConfigType::int32, 1,
               "How long a silent idempotent producer is remembered."},
    OwnSetting{"sasl.kerberos.min.time.before.relogin", "60000", ConfigType::int64, 0,
               "Kept, as Kafka keeps it without Kerberos, which this broker never has."},
};

const OwnSetting* find_own(std::string_view name) {
  const auto found = std::ranges::find(own_settings, name, &OwnSetting::name);
  return found == own_settings.end() ? nullptr : &*found;
}

Result<double> number_of(const OwnSetting& setting, std::string_view value) {
  const auto invalid = [&](std::string why) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("Invalid value {} for configuration {}: {}", value, setting.name, why));
  };
  double number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  const bool whole =
      setting.type == ConfigType::decimal || number == static_cast<double>(static_cast<std::int64_t>(number));
  if (error != std::errc() || stop != value.data() + value.size() || !whole) {
    return invalid(setting.type == ConfigType::decimal ? "Not a number of type DOUBLE"
                   : setting.type == ConfigType::int32 ? "Not a number of type INT"
                                                       : "Not a number of type LONG");
  }
  if (!(number >= setting.least)) return invalid(fmt::format("Value must be at least {}", setting.least));
  return number;
}

Result<void> set_own(LiveSettings& live, const OwnSetting& setting, std::string_view value) {
  TRY(const double number, number_of(setting, value));
  if (setting.name == "log.cleaner.backoff.ms") {
    live.cleaner.backoff = std::chrono::milliseconds(static_cast<std::int64_t>(number));
  } else if (setting.name == "log.cleaner.dedupe.buffer.size") {
    live.cleaner.key_bytes = static_cast<std::int64_t>(number);
  } else if (setting.name == "log.cleaner.io.max.bytes.per.second") {
    live.cleaner.bytes_per_second = number;
  } else if (setting.name == "producer.id.expiration.ms") {
    live.producer_expiration_ms = static_cast<TimestampMs>(number);
  }
  return {};
}

struct File {
  ConfigMap cluster, broker;
};

std::string encode(const File& file) {
  std::string text = "version 1\n";
  for (const auto& [name, value] : file.cluster) text += fmt::format("cluster {} {}\n", name, value);
  for (const auto& [name, value] : file.broker) text += fmt::format("broker {} {}\n", name, value);
  return text;
}

Result<File> decode(std::string_view text) {
  File file;
  bool has_version = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line == "version 1") {
      has_version = true;
      continue;
    }
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    const std::string_view scope = line.substr(0, first);
    if (second == std::string_view::npos || (scope != "broker" && scope != "cluster")) {
      return fail(ErrorCode::corrupt, fmt::format("can't read \"{}\"", line));
    }
    ConfigMap& into = scope == "broker" ? file.broker : file.cluster;
    into[std::string(line.substr(first + 1, second - first - 1))] = line.substr(second + 1);
  }
  if (!has_version) return fail(ErrorCode::corrupt, "it is of no known version");
  return file;
}

}  // namespace

bool BrokerConfigs::is_live(std::string_view name) { return find_own(name) != nullptr || topic_default_of(name, ""); }

Result<void> BrokerConfigs::check(const ConfigMap& given) {
  CHECK(resolve({.given = given, .cluster = {}, .broker = {}}));
  return {};
}

Result<std::unique_ptr<BrokerConfigs>> BrokerConfigs::open(const io::Path& file, ConfigMap given) {
  Layers layers;
  layers.given = std::move(given);
  const auto text = io::read_file(file);
  if (text) {
    auto decoded = decode(*text);
    if (!decoded) return std::unexpected(std::move(decoded.error()).within(file.string()));
    layers.cluster = std::move(decoded->cluster);
    layers.broker = std::move(decoded->broker);
  } else if (text.error().code != ErrorCode::not_found) {
    return std::unexpected(text.error());
  }
  CHECK(resolve(layers));
  return std::unique_ptr<BrokerConfigs>(new BrokerConfigs(file, std::move(layers)));
}

Result<LiveSettings> BrokerConfigs::resolve(const Layers& layers) {
  LiveSettings live;
  const std::array sources = {std::pair{&layers.given, ConfigSource::static_broker},
                              std::pair{&layers.cluster, ConfigSource::dynamic_default_broker},
                              std::pair{&layers.broker, ConfigSource::dynamic_broker}};
  for (const auto& [settings, source] : sources) {  // later ones win
    for (const auto& [name, value] : *settings) {
      if (const OwnSetting* own = find_own(name)) {
        CHECK(set_own(live, *own, value));
      } else if (auto of_topics = topic_default_of(name, value)) {
        auto& inherited = live.inherited[of_topics->topic_name];
        // "log.retention.ms" wins over minutes and hours of the same place, as in Kafka.
        const bool other_unit = !inherited.name.empty() && inherited.source == source && of_topics->value != value;
        if (!other_unit) inherited = {name, of_topics->value, source};
      } else {
        return fail(ErrorCode::invalid_argument, fmt::format("Cannot update these configs dynamically: Set({})", name));
      }
    }
  }
  CHECK(TopicConfig::parse({}, live.inherited));
  return live;
}

void BrokerConfigs::start(Apply apply) {
  MutexLock lock(mutex_);
  apply_ = std::move(apply);
}

ConfigMap BrokerConfigs::set_in(Scope scope) const {
  MutexLock lock(mutex_);
  return scope == Scope::broker ? layers_.broker : layers_.cluster;
}

Result<void> BrokerConfigs::replace(Scope scope, const ConfigMap& settings, bool validate_only) {
  MutexLock lock(mutex_);
  Layers changed = layers_;
  (scope == Scope::broker ? changed.broker : changed.cluster) = settings;
  TRY(const LiveSettings live, resolve(changed));
  if (validate_only) return {};
  CHECK(apply_(live));
  if (auto written = io::write_file_atomically(file_, encode({changed.cluster, changed.broker})); !written) {
    TRY(const LiveSettings before, resolve(layers_));
    CHECK(apply_(before));
    return written;
  }
  layers_ = std::move(changed);
  return {};
}

LiveSettings BrokerConfigs::live() const {
  MutexLock lock(mutex_);
  return resolve(layers_).value_or(LiveSettings{});
}

std::vector<ConfigEntry> BrokerConfigs::describe() const {
  MutexLock lock(mutex_);
  return describe(layers_);
}

std::vector<ConfigEntry> BrokerConfigs::describe(const Layers& layers) {
  std::vector<ConfigEntry> entries = describe_topic_defaults({});
  for (const OwnSetting& own : own_settings) {
    ConfigEntry& entry = entries.emplace_back();
    entry.name = own.name;
    entry.type = own.type;
    entry.documentation = own.documentation;
    entry.synonyms.push_back({entry.name, std::string(own.fallback), ConfigSource::built_in});
  }
  const std::array sources = {std::pair{&layers.given, ConfigSource::static_broker},
                              std::pair{&layers.cluster, ConfigSource::dynamic_default_broker},
                              std::pair{&layers.broker, ConfigSource::dynamic_broker}};
  for (ConfigEntry& entry : entries) {
    for (const auto& [settings, source] : sources) {
      const auto found = settings->find(entry.name);
      if (found != settings->end()) entry.synonyms.insert(entry.synonyms.begin(), {entry.name, found->second, source});
    }
    entry.value = entry.synonyms.front().value;
    entry.source = entry.synonyms.front().source;
    entry.is_default = entry.source == ConfigSource::built_in;
  }
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  return entries;
}

}  // namespace tickerlake::broker
