#include "services/broker/topics.h"

#include <fmt/format.h>

#include <algorithm>

#include "io/tcp_server.h"

namespace tickerlake::broker {

namespace {

constexpr std::size_t max_topic_name = 249;

Result<void> check_partition_count(std::int32_t count) {
  if (count >= 1 && count <= max_partitions_per_topic) return {};
  return fail(ErrorCode::invalid_argument,
              fmt::format("a topic has 1 to {} partitions, not {}", max_partitions_per_topic, count));
}

std::unexpected<Error> too_many(std::int32_t most) {
  return fail(ErrorCode::exhausted, fmt::format("this broker has at most {} partitions", most));
}

std::unexpected<Error> no_topic(std::string_view name) {
  return fail(ErrorCode::not_found, fmt::format("there is no topic \"{}\"", name));
}

/// A partition to open.
struct Opening {
  io::Path directory;
  TopicConfig settings;
  Result<std::shared_ptr<Partition>> opened{};
};

/// Side by side: after an unclean stop each waits for the disk several times, and waiting together costs as much as
/// waiting once.
void open_all(std::vector<Opening>& openings, const Partition::Environment& environment) {
  constexpr std::size_t threads_for_waiting = 32;
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < openings.size(); i = next++) {
      openings[i].opened = Partition::open(openings[i].directory, openings[i].settings, environment);
    }
  };
  std::vector<std::thread> helpers;
  while (helpers.size() + 1 < std::min(openings.size(), threads_for_waiting)) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace

std::shared_ptr<Partition> Topic::partition(std::int32_t index) const {
  if (index < 0 || index >= partition_count()) return nullptr;
  return partitions[static_cast<std::size_t>(index)];
}

std::int32_t partitions_for_files(std::int64_t open_files) {
  constexpr std::int64_t files_of_others = 2 * io::max_connections + 2'048;  // two ports, and the stores
  constexpr std::int64_t least = 100;
  // One file for the last segment of each, and one for an older segment of every second.
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>((open_files - files_of_others) / 3 * 2, least, max_partitions));
}

Result<void> check_topic_name(std::string_view name) {
  const auto invalid = [](std::string message) { return fail(ErrorCode::invalid_argument, std::move(message)); };
  if (name.empty()) return invalid("a topic name must not be empty");
  if (name == "." || name == "..") return invalid("a topic name must not be \".\" or \"..\"");
  if (name.size() > max_topic_name)
    return invalid(fmt::format("a topic name has at most {} characters", max_topic_name));
  const auto legal = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  if (!std::ranges::all_of(name, legal)) {
    return invalid(fmt::format("topic name \"{}\" has a character other than a-z, A-Z, 0-9, '.', '_' and '-'", name));
  }
  return {};
}

Topics::Topics(const io::Path& directory, Options options, const Clock& clock, Log log)
    : store_(directory),
      options_(options),
      clock_(clock),
      log_(std::move(log)),
      group_commit_(log_, options_.metrics),
      cleaner_(options_.cleaner, log_.named("cleaner")),
      producer_expiration_ms_(options_.producer_expiration_ms),
      inherited_(options_.inherited) {}

Result<std::unique_ptr<Topics>> Topics::open(const io::Path& directory, Options options, const Clock& clock, Log log) {
  std::unique_ptr<Topics> topics(new Topics(directory, options, clock, std::move(log)));
  CHECK(topics->discover());
  topics->maintenance_ = std::thread([t = topics.get()] { t->maintain_until_stopped(); });
  topics->cleaner_.start([t = topics.get()] { return t->compacted(); });
  return topics;
}

Topics::~Topics() { close(); }

Result<void> Topics::discover() {
  TRY(const std::vector<std::string> names, store_.discover());
  std::vector<std::shared_ptr<Topic>> topics;
  std::vector<std::int32_t> counts;  // of their partitions
  std::vector<Opening> openings;     // of all of them
  for (const std::string& name : names) {
    TRY(const TopicRecord record, store_.read(name));
    auto topic = make(name, record);
    if (!topic) return std::unexpected(std::move(topic.error()).within("topic " + name));
    for (std::int32_t i = 0; i < record.partitions; ++i) {
      openings.push_back({store_.partition_directory(name, i), (*topic)->settings});
    }
    counts.push_back(record.partitions);
    topics.push_back(*std::move(topic));
  }
  open_all(openings, {group_commit_, clock_, log_});
  auto opening = openings.begin();
  for (std::size_t i = 0; i < topics.size(); ++i) {
    for (std::int32_t p = 0; p < counts[i]; ++p, ++opening) {
      if (!opening->opened) return std::unexpected(std::move(opening->opened.error()));
      topics[i]->partitions.push_back(*std::move(opening->opened));
    }
    publish(topics[i]);
  }
  return {};
}

Result<std::shared_ptr<Topic>> Topics::make(std::string_view name, const TopicRecord& record) const {
  auto topic = std::make_shared<Topic>();
  topic->name = name;
  topic->id = record.id;
  topic->internal = record.internal;
  topic->config = record.config;
  TRY(topic->settings, TopicConfig::parse(record.config, inherited()));
  return topic;
}

Result<void> Topics::open_partitions(Topic& topic, std::int32_t count) {
  std::vector<Opening> openings;
  for (std::int32_t i = topic.partition_count(); i < count; ++i) {
    openings.push_back({store_.partition_directory(topic.name, i), topic.settings});
  }
  open_all(openings, {group_commit_, clock_, log_});
  for (Opening& opening : openings) {
    if (!opening.opened) return std::unexpected(std::move(opening.opened.error()));
    topic.partitions.push_back(*std::move(opening.opened));
  }
  return {};
}

void Topics::publish(std::shared_ptr<const Topic> topic) {
  MutexLock lock(mutex_);
  const auto before = by_name_.find(topic->name);
  partition_count_ += topic->partition_count() - (before == by_name_.end() ? 0 : before->second->partition_count());
  by_id_[topic->id] = topic;
  by_name_[topic->name] = std::move(topic);
  ++version_;
}

Result<void> Topics::check_create(std::string_view name, std::int32_t partitions, const ConfigMap& config) const {
  CHECK(check_topic_name(name));
  if (find(name) != nullptr) {
    return fail(ErrorCode::already_exists, fmt::format("topic \"{}\" exists already", name));
  }
  CHECK(check_partition_count(partitions));
  CHECK(TopicConfig::parse(config, inherited()));
  return {};
}

Result<std::shared_ptr<const Topic>> Topics::create(std::string_view name, std::int32_t partitions,
                                                    const ConfigMap& config, bool internal) {
  MutexLock change(change_mutex_);
  if (stopping_) return fail(ErrorCode::unavailable, "the broker is stopping");
  CHECK(check_create(name, partitions, internal ? ConfigMap{} : config));
  if (!internal && !has_room_for(partitions)) return too_many(options_.max_partitions);
  const TopicRecord record{kafka::Uuid::random(), partitions, internal, config};
  TRY(auto topic, make(name, record));
  CHECK(store_.create(name, record));
  CHECK(open_partitions(*topic, partitions));
  publish(topic);
  return std::shared_ptr<const Topic>(std::move(topic));
}

Result<void> Topics::remove(std::string_view name) {
  MutexLock change(change_mutex_);
  const auto topic = find(name);
  if (topic == nullptr) return no_topic(name);
  {
    MutexLock lock(mutex_);
    partition_count_ -= topic->partition_count();
    by_name_.erase(topic->name);
    ++version_;
    by_id_.erase(topic->id);
  }
  for (const auto& partition : topic->partitions) partition->close();
  return store_.remove(name);
}

Result<void> Topics::grow(std::string_view name, std::int32_t partitions) {
  MutexLock change(change_mutex_);
  const auto topic = find(name);
  if (topic == nullptr) return no_topic(name);
  CHECK(check_partition_count(partitions));
  if (partitions <= topic->partition_count()) {
    return fail(ErrorCode::invalid_argument,
                fmt::format("topic \"{}\" has {} partitions already; the number can only grow", name,
                            topic->partition_count()));
  }
  if (!has_room_for(partitions - topic->partition_count())) return too_many(options_.max_partitions);
  auto grown = std::make_shared<Topic>(*topic);
  CHECK(store_.write(name, {topic->id, partitions, topic->internal, topic->config}));
  CHECK(open_partitions(*grown, partitions));
  publish(std::move(grown));
  return {};
}

Result<void> Topics::set_config(std::string_view name, const ConfigMap& config) {
  MutexLock change(change_mutex_);
  const auto topic = find(name);
  if (topic == nullptr) return no_topic(name);
  auto changed = std::make_shared<Topic>(*topic);
  changed->config = config;
  TRY(changed->settings, TopicConfig::parse(config, inherited()));
  CHECK(store_.write(name, {topic->id, topic->partition_count(), topic->internal, config}));
  for (const auto& partition : changed->partitions) partition->set_config(changed->settings);
  publish(std::move(changed));
  return {};
}

bool Topics::has_room_for(std::int32_t partitions) const {
  MutexLock lock(mutex_);
  return partitions <= options_.max_partitions - partition_count_;
}

std::shared_ptr<const Topic> Topics::find(std::string_view name) const {
  MutexLock lock(mutex_);
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

std::shared_ptr<const Topic> Topics::find(const TopicId& id) const {
  MutexLock lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<const Topic>> Topics::all() const {
  MutexLock lock(mutex_);
  std::vector<std::shared_ptr<const Topic>> topics;
  topics.reserve(by_name_.size());
  for (const auto& [name, topic] : by_name_) topics.push_back(topic);
  return topics;
}

InheritedConfigs Topics::inherited() const {
  MutexLock lock(mutex_);
  return inherited_;
}

Result<void> Topics::set_inherited(const InheritedConfigs& inherited) {
  MutexLock change(change_mutex_);
  std::vector<std::shared_ptr<Topic>> changed;
  for (const auto& topic : all()) {
    auto& copy = changed.emplace_back(std::make_shared<Topic>(*topic));
    auto settings = TopicConfig::parse(topic->config, inherited);
    if (!settings) return std::unexpected(std::move(settings.error()).within("topic " + topic->name));
    copy->settings = *settings;
  }
  {
    MutexLock lock(mutex_);
    inherited_ = inherited;
  }
  for (auto& topic : changed) {
    for (const auto& partition : topic->partitions) partition->set_config(topic->settings);
    publish(std::move(topic));
  }
  return {};
}

std::vector<std::shared_ptr<Partition>> Topics::compacted() const {
  std::vector<std::shared_ptr<Partition>> found;
  for (const auto& topic : all()) {
    if (topic->settings.compacted) found.insert(found.end(), topic->partitions.begin(), topic->partitions.end());
  }
  return found;
}

void Topics::maintain_until_stopped() {
  auto next_retention = std::chrono::steady_clock::now() + options_.retention_interval;
  while (true) {
    if (auto emptied = store_.empty_trash(); !emptied) log_.warning("{}", emptied.error().message);
    const auto now = std::chrono::steady_clock::now();
    const bool retention_due = now >= next_retention;
    if (retention_due) next_retention = now + options_.retention_interval;
    for (const auto& topic : all()) {
      for (const auto& partition : topic->partitions) {
        if (retention_due) partition->apply_retention(producer_expiration_ms_);
        partition->maintain();
      }
    }
    MutexLock lock(mutex_);
    while (!stopping_ && stop_.wait_until(mutex_, now + options_.maintenance_interval)) {
    }
    if (stopping_) return;
  }
}

void Topics::begin_stop() {
  cleaner_.begin_stop();
  {
    MutexLock change(change_mutex_);
    MutexLock lock(mutex_);
    stopping_ = true;
    stop_.notify_all();
  }
  for (const auto& topic : all()) {
    for (const auto& partition : topic->partitions) partition->close();
  }
  cleaner_.stop();
}

void Topics::close() {
  begin_stop();
  if (maintenance_.joinable()) maintenance_.join();
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  group_commit_.stop();
  for (const auto& topic : all()) {
    for (const auto& partition : topic->partitions) {
      if (auto closed = partition->close_cleanly(); !closed) {
        log_.error("{}: {}", topic->name, closed.error().message);
      }
    }
  }
}

}  // namespace tickerlake::broker
