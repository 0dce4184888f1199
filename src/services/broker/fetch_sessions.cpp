#include "services/broker/fetch_sessions.h"

#include <algorithm>
#include <limits>

#include "base/digest.h"

namespace tickerlake::broker {

namespace {

using kafka::KafkaError;

constexpr std::int32_t final_epoch = -1;   // no session, or the end of one
constexpr std::int32_t initial_epoch = 0;  // a new session

std::int32_t epoch_after(std::int32_t epoch) {
  return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

FetchTarget target_of(const kafka::FetchRequest::Topic& topic, const kafka::FetchRequest::Topic::Partition& asked) {
  return {topic.topic,
          topic.topic_id,
          asked.partition,
          asked.fetch_offset,
          asked.partition_max_bytes,
          asked.current_leader_epoch};
}

std::vector<FetchTarget> targets_of(const kafka::FetchRequest& request) {
  std::vector<FetchTarget> targets;
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) targets.push_back(target_of(topic, asked));
  }
  return targets;
}

}  // namespace

void FetchSession::update(const kafka::FetchRequest& request) {
  for (const auto& topic : request.topics) {
    for (const auto& asked : topic.partitions) {
      const Key key{{topic.topic, topic.topic_id}, asked.partition};
      if (const auto found = entries_.find(key); found != entries_.end()) {
        found->second->target = target_of(topic, asked);
      } else {
        entries_[key] = order_.insert(order_.end(), Entry{target_of(topic, asked), {}, false});
      }
    }
  }
  for (const auto& topic : request.forgotten_topics_data) {
    for (const std::int32_t partition : topic.partitions) {
      const auto found = entries_.find({{topic.topic, topic.topic_id}, partition});
      if (found == entries_.end()) continue;
      order_.erase(found->second);
      entries_.erase(found);
    }
  }
}

KafkaError FetchSession::begin(const kafka::FetchRequest& request, bool by_id, std::vector<FetchTarget>& targets) {
  MutexLock lock(mutex_);
  if (by_id != by_id_) return KafkaError::fetch_session_topic_id_error;
  if (request.session_epoch != next_epoch_) return KafkaError::invalid_fetch_session_epoch;
  next_epoch_ = epoch_after(next_epoch_);
  update(request);
  for (const Entry& entry : order_) targets.push_back(entry.target);
  return KafkaError::none;
}

bool FetchSession::must_answer(const FetchTarget& target, const FetchFacts& facts, bool has_records) {
  MutexLock lock(mutex_);
  const auto found = entries_.find({{target.topic, target.topic_id}, target.partition});
  if (found == entries_.end()) return false;
  Entry& entry = *found->second;
  if (has_records) order_.splice(order_.end(), order_, found->second);
  // An error is repeated until it goes away: the consumer acts on it each time.
  const bool same = entry.was_answered && entry.answered == facts && facts.error == KafkaError::none;
  if (same && !has_records) return false;
  entry.answered = facts;
  entry.was_answered = true;
  return true;
}

FetchSessions::Opened FetchSessions::open(const kafka::FetchRequest& request, bool by_id) {
  Opened opened;
  if (request.session_epoch == final_epoch || request.session_epoch == initial_epoch) {
    if (request.session_id != 0) {
      MutexLock lock(mutex_);
      sessions_.erase(request.session_id);
    }
    if (request.session_epoch == initial_epoch) opened.session = make(by_id);
    if (opened.session == nullptr) {
      opened.targets = targets_of(request);
    } else {
      opened.error = opened.session->begin(request, by_id, opened.targets);
    }
    return opened;
  }
  {
    MutexLock lock(mutex_);
    const auto found = sessions_.find(request.session_id);
    if (found == sessions_.end()) {
      opened.error = KafkaError::fetch_session_id_not_found;
      return opened;
    }
    opened.session = found->second;
    opened.session->used_ = std::chrono::steady_clock::now();
  }
  opened.incremental = true;
  opened.error = opened.session->begin(request, by_id, opened.targets);
  return opened;
}

std::shared_ptr<FetchSession> FetchSessions::make(bool by_id) {
  const auto now = std::chrono::steady_clock::now();
  MutexLock lock(mutex_);
  if (sessions_.size() >= max_fetch_sessions) {
    const auto oldest = std::ranges::min_element(sessions_, {}, [](const auto& s) { return s.second->used_; });
    if (now - oldest->second->used_ < fetch_session_idle) return nullptr;
    sessions_.erase(oldest);
  }
  std::int32_t id = 0;
  while (id <= 0 || sessions_.contains(id)) id = load_big_endian<std::int32_t>(random_bytes(4).data());
  auto session = std::make_shared<FetchSession>(id, by_id);
  session->used_ = now;
  sessions_[id] = session;
  return session;
}

}  // namespace tickerlake::broker
