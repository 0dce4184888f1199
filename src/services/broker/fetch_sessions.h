#pragma once
// Fetch sessions (KIP-227): the broker remembers what a consumer fetches, so that requests and answers name only what
// changed.
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "kafka/wire/fetch.h"

namespace tickerlake::broker {

/// max.incremental.fetch.session.cache.slots: further consumers fetch without a session.
inline constexpr std::size_t max_fetch_sessions = 1'000;
/// min.incremental.fetch.session.eviction.ms: a session unused for so long gives way to a new one.
inline constexpr std::chrono::milliseconds fetch_session_idle{120'000};

/// A partition that a fetch asks for.
struct FetchTarget {
  std::string topic;  // empty where the topic is named by its id
  kafka::Uuid topic_id;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int32_t max_bytes = 0;
  std::int32_t leader_epoch = -1;
};

/// What an answer said of a partition; an incremental answer leaves out what would say the same without records.
struct FetchFacts {
  std::int64_t high_watermark = -1;
  std::int64_t last_stable = -1;
  std::int64_t log_start = -1;
  kafka::KafkaError error = kafka::KafkaError::none;
  bool operator==(const FetchFacts&) const = default;
};

/// One consumer's session. Thread-safe.
class FetchSession {
 public:
  FetchSession(std::int32_t id, bool by_id) : id_(id), by_id_(by_id) {}
  std::int32_t id() const { return id_; }

  /// Begins a fetch: checks the epoch (INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR), takes over what the
  /// request changes, and gives everything the session fetches.
  kafka::KafkaError begin(const kafka::FetchRequest& request, bool by_id, std::vector<FetchTarget>& targets)
      TL_EXCLUDES(mutex_);
  /// Whether the answer must name the partition; takes note that it does. Partitions with records move to the end, so
  /// that all get their turn when answers are full.
  bool must_answer(const FetchTarget& target, const FetchFacts& facts, bool has_records) TL_EXCLUDES(mutex_);

 private:
  friend class FetchSessions;
  using Key = std::pair<std::pair<std::string, kafka::Uuid>, std::int32_t>;
  struct Entry {
    FetchTarget target;
    FetchFacts answered;
    bool was_answered = false;
  };
  void update(const kafka::FetchRequest& request) TL_REQUIRES(mutex_);

  const std::int32_t id_;
  const bool by_id_;

  Mutex mutex_;
  std::int32_t next_epoch_ TL_GUARDED_BY(mutex_) = 0;
  std::list<Entry> order_ TL_GUARDED_BY(mutex_);
  std::map<Key, std::list<Entry>::iterator> entries_ TL_GUARDED_BY(mutex_);

  std::chrono::steady_clock::time_point used_;  // protected by FetchSessions::mutex_
};

/// All sessions. Thread-safe. Lock order: FetchSessions::mutex_ before FetchSession::mutex_.
class FetchSessions {
 public:
  struct Opened {
    kafka::KafkaError error = kafka::KafkaError::none;
    std::shared_ptr<FetchSession> session;  // null for a fetch without one
    bool incremental = false;               // the answer names only what changed
    std::vector<FetchTarget> targets;
  };
  /// by_id: the request's version names topics by id.
  Opened open(const kafka::FetchRequest& request, bool by_id) TL_EXCLUDES(mutex_);
  /// A session that its client won't learn of.
  void forget(std::int32_t id) TL_EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    sessions_.erase(id);
  }

 private:
  std::shared_ptr<FetchSession> make(bool by_id) TL_EXCLUDES(mutex_);

  Mutex mutex_;
  std::map<std::int32_t, std::shared_ptr<FetchSession>> sessions_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
