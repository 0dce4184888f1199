#include "services/broker/broker_properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <concepts>
#include <limits>
#include <type_traits>

#include "services/broker/broker_configs.h"
#include "services/broker/frame_reader.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

using enum ConfigType;

constexpr std::int64_t most_int = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t most_quota_samples = 1'000, longest_quota_sample_s = 3'600;

/// One that can be set: all are numbers (booleans are 0 and 1).
struct Property {
  std::string_view name;
  ConfigType type;
  std::int64_t least, most;
  std::int64_t (*get)(const BrokerOptions&);
  void (*set)(BrokerOptions&, std::int64_t);
  std::string_view documentation;
};

constexpr std::int64_t number_of(std::integral auto value) { return value; }
constexpr std::int64_t number_of(std::chrono::milliseconds value) { return value.count(); }

/// field: of the options, a function without captures that returns a reference.
template <typename Field>
constexpr Property property(std::string_view name, ConfigType type, std::int64_t least, std::int64_t most, Field,
                            std::string_view documentation) {
  return {name,
          type,
          least,
          most,
          [](const BrokerOptions& options) { return number_of(Field{}(options)); },
          [](BrokerOptions& options, std::int64_t value) {
            auto& field = Field{}(options);
            field = static_cast<std::remove_reference_t<decltype(field)>>(value);
          },
          documentation};
}

constexpr std::array properties = {
    property(
        "auto.create.topics.enable", boolean, 0, 1, [](auto& options) -> auto& { return options.auto_create_topics; },
        "Whether a Metadata request for an unknown topic makes it."),
    property(
        "connections.max.idle.ms", int64, 1, most_int, [](auto& options) -> auto& { return options.idle_timeout; },
        "After this long without a request a connection is closed."),
    property(
        "log.cleaner.enable", boolean, 0, 1, [](auto& options) -> auto& { return options.log_cleaner; },
        "Whether logs are compacted whose cleanup.policy asks for it."),
    property(
        "log.retention.check.interval.ms", int64, 1, most_int,
        [](auto& options) -> auto& { return options.retention_check_interval; },
        "Time between two looks for segments that have expired."),
    Property{"controller.quota.window.num", int32, 1, most_quota_samples,
             [](const BrokerOptions& options) -> std::int64_t { return options.mutation_quota_window.samples; },
             [](BrokerOptions& options, std::int64_t value) {
               options.mutation_quota_window.samples = static_cast<int>(value);
             },
             "Samples that quotas of making and deleting topics are measured over."},
    Property{"controller.quota.window.size.seconds", int32, 1, longest_quota_sample_s,
             [](const BrokerOptions& options) -> std::int64_t {
               return options.mutation_quota_window.length.count() / 1'000;
             },
             [](BrokerOptions& options, std::int64_t value) {
               options.mutation_quota_window.length = std::chrono::seconds(value);
             },
             "The length of one of those."},
    property(
        "group.consumer.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_heartbeat_interval_ms; },
        "How often members of consumer groups heartbeat."),
    property(
        "group.consumer.max.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_max_heartbeat_interval_ms; },
        "The most that a group may set."),
    property(
        "group.consumer.max.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_max_session_timeout_ms; },
        "The most that a group may set."),
    property(
        "group.consumer.max.size", int32, 1, max_group_members,
        [](auto& options) -> auto& { return options.groups.consumer_max_size; },
        "Members of a consumer group; further ones are refused."),
    property(
        "group.consumer.min.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_min_heartbeat_interval_ms; },
        "The least that a group may set."),
    property(
        "group.consumer.min.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_min_session_timeout_ms; },
        "The least that a group may set."),
    property(
        "group.consumer.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.consumer_session_timeout_ms; },
        "After this long in silence a member of a consumer group is put out."),
    property(
        "group.initial.rebalance.delay.ms", int32, 0, most_int,
        [](auto& options) -> auto& { return options.groups.initial_rebalance_delay_ms; },
        "How long a new classic group's first rebalance waits for further members."),
    property(
        "group.max.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.max_session_timeout_ms; },
        "The longest that a member of a classic group may ask for."),
    property(
        "group.max.size", int32, 1, max_group_members, [](auto& options) -> auto& { return options.groups.max_size; },
        "Members of a classic group; further ones are refused."),
    property(
        "group.min.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.min_session_timeout_ms; },
        "The shortest that a member of a classic group may ask for."),
    property(
        "group.share.delivery.count.limit", int32, 2, 10,
        [](auto& options) -> auto& { return options.groups.share.delivery_count_limit; },
        "Deliveries of a record to a share group; then it is given up."),
    property(
        "group.share.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.heartbeat_interval_ms; },
        "How often members of share groups heartbeat."),
    property(
        "group.share.max.delivery.count.limit", int32, 5, 25,
        [](auto& options) -> auto& { return options.groups.share.max_delivery_count_limit; },
        "The most that a group may set."),
    property(
        "group.share.max.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.max_heartbeat_interval_ms; },
        "The most that a group may set."),
    property(
        "group.share.max.partition.max.record.locks", int32, 2'000, 10'000,
        [](auto& options) -> auto& { return options.groups.share.max_max_record_locks; },
        "The most that a group may set."),
    property(
        "group.share.max.record.lock.duration.ms", int32, 30'000, 3'600'000,
        [](auto& options) -> auto& { return options.groups.share.max_record_lock_ms; },
        "The most that a group may set."),
    property(
        "group.share.max.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.max_session_timeout_ms; },
        "The most that a group may set."),
    property(
        "group.share.max.size", int32, 1, 1'000, [](auto& options) -> auto& { return options.groups.share.max_size; },
        "Members of a share group; further ones are refused."),
    property(
        "group.share.min.delivery.count.limit", int32, 2, 5,
        [](auto& options) -> auto& { return options.groups.share.min_delivery_count_limit; },
        "The least that a group may set."),
    property(
        "group.share.min.heartbeat.interval.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.min_heartbeat_interval_ms; },
        "The least that a group may set."),
    property(
        "group.share.min.partition.max.record.locks", int32, 100, 2'000,
        [](auto& options) -> auto& { return options.groups.share.min_max_record_locks; },
        "The least that a group may set."),
    property(
        "group.share.min.record.lock.duration.ms", int32, 1'000, 30'000,
        [](auto& options) -> auto& { return options.groups.share.min_record_lock_ms; },
        "The least that a group may set."),
    property(
        "group.share.min.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.min_session_timeout_ms; },
        "The least that a group may set."),
    property(
        "group.share.partition.max.record.locks", int32, 100, 10'000,
        [](auto& options) -> auto& { return options.groups.share.max_record_locks; },
        "Records of a partition that a share group has in flight."),
    property(
        "group.share.record.lock.duration.ms", int32, 1'000, 3'600'000,
        [](auto& options) -> auto& { return options.groups.share.record_lock_ms; },
        "How long a record is its member's before it is delivered again."),
    property(
        "group.share.session.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.groups.share.session_timeout_ms; },
        "After this long in silence a member of a share group is put out."),
    property(
        "max.connections", int32, 1, io::max_connections,
        [](auto& options) -> auto& { return options.max_connections; }, "Further connections are closed at once."),
    property(
        "num.partitions", int32, 1, max_partitions_per_topic,
        [](auto& options) -> auto& { return options.default_partitions; }, "Of topics that are made without a number."),
    Property{"offsets.retention.minutes", int32, 1, most_int,
             [](const BrokerOptions& options) -> std::int64_t { return options.groups.retention_ms / minute_ms; },
             [](BrokerOptions& options, std::int64_t value) { options.groups.retention_ms = value * minute_ms; },
             "How long offsets are kept after the last member of their group has gone."},
    Property{"quota.window.num", int32, 1, most_quota_samples,
             [](const BrokerOptions& options) -> std::int64_t { return options.quota_window.samples; },
             [](BrokerOptions& options, std::int64_t value) { options.quota_window.samples = static_cast<int>(value); },
             "Samples that clients' quotas are measured over."},
    Property{
        "quota.window.size.seconds", int32, 1, longest_quota_sample_s,
        [](const BrokerOptions& options) -> std::int64_t { return options.quota_window.length.count() / 1'000; },
        [](BrokerOptions& options, std::int64_t value) { options.quota_window.length = std::chrono::seconds(value); },
        "The length of one of those."},
    property(
        "transaction.max.timeout.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.transaction_max_timeout_ms; },
        "The longest transaction time-out that a producer may ask for."),
    property(
        "transactional.id.expiration.ms", int32, 1, most_int,
        [](auto& options) -> auto& { return options.transactional_id_expiration_ms; },
        "How long a transactional id without a transaction is kept."),
};

Result<std::int64_t> parse(const Property& property, std::string_view value) {
  if (property.type == boolean) {
    if (value == "true" || value == "false") return value == "true";
    return fail(ErrorCode::invalid_argument, fmt::format("{} must be true or false, not \"{}\"", property.name, value));
  }
  std::int64_t number = 0;
  const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || stop != value.data() + value.size()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be a whole number, not \"{}\"", property.name, value));
  }
  if (number < property.least || number > property.most) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("{} must be from {} to {}, not {}", property.name, property.least, property.most, number));
  }
  return number;
}

std::string text(const Property& property, std::int64_t value) {
  if (property.type == boolean) return value != 0 ? "true" : "false";
  return std::to_string(value);
}

}  // namespace

Result<void> set_property(BrokerOptions& options, std::string_view name, std::string_view value) {
  if (BrokerConfigs::is_live(name)) {  // checked with the others of their kind
    options.live_settings[std::string(name)] = value;
    return BrokerConfigs::check(options.live_settings);
  }
  const auto found = std::ranges::find(properties, name, &Property::name);
  if (found == properties.end()) {
    return fail(ErrorCode::invalid_argument, fmt::format("the broker has no setting {} that could be set", name));
  }
  TRY(const std::int64_t number, parse(*found, value));
  found->set(options, number);
  return {};
}

std::vector<ConfigEntry> describe(const BrokerOptions& options) {
  std::vector<ConfigEntry> entries = describe(options.security);
  const BrokerOptions defaults;
  for (const Property& property : properties) {
    const std::int64_t value = property.get(options);
    entries.push_back({std::string(property.name), text(property, value), value == property.get(defaults),
                       property.type, property.documentation});
  }
  const auto fixed = [&](const char* name, std::string value, ConfigType type, const char* documentation) {
    entries.push_back({name, std::move(value), false, type, documentation});
  };
  fixed("broker.id", std::to_string(options.node_id), int32, "This broker's id.");
  fixed("default.replication.factor", "1", int32, "There is one broker, so one replica.");
  fixed("group.consumer.assignors", "uniform,range", list, "What members of consumer groups can ask for.");
  fixed("group.consumer.migration.policy", "disabled", string,
        "A group changes its protocol only while it has no members.");
  fixed("log.dirs", options.directory.string(), string, "Where topics are stored.");
  fixed("node.id", std::to_string(options.node_id), int32, "This broker's id.");
  fixed("socket.request.max.bytes", std::to_string(max_produce_request), int32,
        "The largest request; only Produce requests may be so large.");
  std::ranges::sort(entries, {}, &ConfigEntry::name);
  return entries;
}

}  // namespace tickerlake::broker
