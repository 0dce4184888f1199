#pragma once
// The registry of topics: what exists, under which name, id and settings. Files: docs/formats/log.md.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "services/broker/group_commit.h"
#include "services/broker/ids.h"
#include "services/broker/log_cleaner.h"
#include "services/broker/partition.h"
#include "services/broker/topic_config.h"
#include "services/broker/topic_store.h"

namespace tickerlake::broker {

inline constexpr std::int32_t max_partitions_per_topic = 10'000;
/// Of all topics together; fewer where the process may open few files (partitions_for_files).
inline constexpr std::int32_t max_partitions = 20'000;
/// How many partitions leave enough of the files that the process may open to connections and the other services.
std::int32_t partitions_for_files(std::int64_t open_files);

/// A topic as it was at one moment; a change (partitions added, settings altered) makes a new one. Immutable.
struct Topic {
  std::string name;
  TopicId id{};
  bool internal = false;  // "__consumer_offsets": clients neither create nor write it
  ConfigMap config;       // what was set
  TopicConfig settings;   // in effect
  std::vector<std::shared_ptr<Partition>> partitions;

  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
  /// Null for an index that does not exist.
  std::shared_ptr<Partition> partition(std::int32_t index) const;
};

/// Kafka's rules: 1 to 249 of [a-zA-Z0-9._-], not "." or "..". The message says which one is broken.
Result<void> check_topic_name(std::string_view name);

/// Thread-safe. Lock order: change_mutex_ before mutex_ before Partition::mutex_. Changes are on disk when they return.
class Topics {
 public:
  struct Options {
    std::chrono::milliseconds maintenance_interval{5'000};  // checkpoints, removal of deleted files
    std::chrono::milliseconds retention_interval{300'000};  // log.retention.check.interval.ms
    std::int32_t max_partitions = broker::max_partitions;
    CleanerSettings cleaner = {};
    TimestampMs producer_expiration_ms = broker::producer_expiration_ms;
    InheritedConfigs inherited = {};  // the broker's settings that topics fall back to
    Metrics metrics = {};
  };

  /// Finds the topics in the folder (made if missing) and recovers their logs.
  static Result<std::unique_ptr<Topics>> open(const io::Path& directory, Options options, const Clock& clock, Log log);
  ~Topics();

  /// Whether so many more partitions may be made.
  bool has_room_for(std::int32_t partitions) const TL_EXCLUDES(mutex_);
  /// ErrorCode::already_exists; invalid_argument for a bad name, count or setting; exhausted for too many partitions.
  Result<std::shared_ptr<const Topic>> create(std::string_view name, std::int32_t partitions, const ConfigMap& config,
                                              bool internal = false) TL_EXCLUDES(mutex_);
  /// What create() would say, without doing it (CreateTopics' validate_only).
  Result<void> check_create(std::string_view name, std::int32_t partitions, const ConfigMap& config) const
      TL_EXCLUDES(mutex_);
  /// ErrorCode::not_found. The data goes in the background; the name is free at once.
  Result<void> remove(std::string_view name) TL_EXCLUDES(mutex_);
  /// ErrorCode::not_found; invalid_argument unless it is more than there are.
  Result<void> grow(std::string_view name, std::int32_t partitions) TL_EXCLUDES(mutex_);
  /// Replaces all settings. ErrorCode::not_found, invalid_argument.
  Result<void> set_config(std::string_view name, const ConfigMap& config) TL_EXCLUDES(mutex_);

  InheritedConfigs inherited() const TL_EXCLUDES(mutex_);
  /// Takes effect at once for all topics. ErrorCode::invalid_argument when one's settings don't go with it.
  Result<void> set_inherited(const InheritedConfigs& inherited) TL_EXCLUDES(mutex_);
  LogCleaner& cleaner() { return cleaner_; }
  /// producer.id.expiration.ms
  void set_producer_expiration(TimestampMs after) { producer_expiration_ms_ = after; }

  /// Null when there is no such topic.
  std::shared_ptr<const Topic> find(std::string_view name) const TL_EXCLUDES(mutex_);
  std::shared_ptr<const Topic> find(const TopicId& id) const TL_EXCLUDES(mutex_);
  /// Another number after every change of what find() and all() tell.
  std::uint64_t version() const { return version_; }
  /// All topics in the order of their names.
  std::vector<std::shared_ptr<const Topic>> all() const TL_EXCLUDES(mutex_);

  /// First step of a stop: long polls end now, appends are refused.
  void begin_stop() TL_EXCLUDES(mutex_);
  bool stopping() const { return stopping_; }
  /// Second step, when no connection is left: syncs everything and marks the logs as cleanly closed.
  void close() TL_EXCLUDES(mutex_);

 private:
  Topics(const io::Path& directory, Options options, const Clock& clock, Log log);
  Result<void> discover() TL_EXCLUDES(mutex_);
  Result<std::shared_ptr<Topic>> make(std::string_view name, const TopicRecord& record) const;
  Result<void> open_partitions(Topic& topic, std::int32_t count);
  void publish(std::shared_ptr<const Topic> topic) TL_EXCLUDES(mutex_);
  std::vector<std::shared_ptr<Partition>> compacted() const TL_EXCLUDES(mutex_);
  void maintain_until_stopped() TL_EXCLUDES(mutex_);

  // constant after construction
  TopicStore store_;  // its changes are made under change_mutex_
  const Options options_;
  const Clock& clock_;
  const Log log_;
  GroupCommit group_commit_;
  LogCleaner cleaner_;

  std::atomic<bool> stopping_ = false;
  std::atomic<TimestampMs> producer_expiration_ms_;
  std::atomic<std::uint64_t> version_ = 0;
  Mutex change_mutex_;  // one change at a time; held over the disk's work
  mutable Mutex mutex_;
  Condition stop_;
  std::map<std::string, std::shared_ptr<const Topic>, std::less<>> by_name_ TL_GUARDED_BY(mutex_);
  std::map<TopicId, std::shared_ptr<const Topic>> by_id_ TL_GUARDED_BY(mutex_);
  std::int32_t partition_count_ TL_GUARDED_BY(mutex_) = 0;
  InheritedConfigs inherited_ TL_GUARDED_BY(mutex_);
  bool closed_ TL_GUARDED_BY(mutex_) = false;
  std::thread maintenance_;
};

}  // namespace tickerlake::broker
