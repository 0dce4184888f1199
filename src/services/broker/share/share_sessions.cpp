#include "services/broker/share/share_sessions.h"

#include <limits>

namespace tickerlake::broker {

using kafka::KafkaError;

KafkaError ShareSessions::check_and_advance(Session& session, std::int32_t epoch) {
  if (epoch != session.next_epoch) return KafkaError::invalid_share_session_epoch;
  session.next_epoch = epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
  return KafkaError::none;
}

ShareSessions::Opened ShareSessions::open(const ShareMember& member, const kafka::ShareFetchRequest& request,
                                          const void* connection) {
  Opened opened;
  const auto refuse = [&](KafkaError error) {
    opened.error = error;
    return opened;
  };
  const std::int32_t epoch = request.share_session_epoch;
  MutexLock lock(mutex_);
  auto found = sessions_.find(member);
  opened.is_new = epoch == first_session_epoch;
  if (opened.is_new) {
    if (found != sessions_.end()) sessions_.erase(found);
    if (sessions_.size() >= max_share_sessions) return refuse(KafkaError::share_session_limit_reached);
    found = sessions_.emplace(member, Session{}).first;
  } else {
    if (found == sessions_.end()) return refuse(KafkaError::share_session_not_found);
    if (epoch == last_session_epoch) return opened;
    const KafkaError error = check_and_advance(found->second, epoch);
    if (error != KafkaError::none) return refuse(error);
  }
  Session& session = found->second;
  session.connection = connection;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      if (session.targets.size() >= max_share_session_partitions) return refuse(KafkaError::invalid_request);
      session.targets.try_emplace({topic.topic_id, partition.partition_index}, true);
    }
  }
  for (const auto& topic : request.forgotten_topics_data) {
    for (const std::int32_t partition : topic.partitions) session.targets.erase({topic.topic_id, partition});
  }
  for (const auto& [target, must_answer] : session.targets) opened.targets.push_back(target);
  return opened;
}

KafkaError ShareSessions::advance(const ShareMember& member, std::int32_t epoch) {
  if (epoch == first_session_epoch) return KafkaError::invalid_share_session_epoch;
  MutexLock lock(mutex_);
  const auto found = sessions_.find(member);
  if (found == sessions_.end()) return KafkaError::share_session_not_found;
  return epoch == last_session_epoch ? KafkaError::none : check_and_advance(found->second, epoch);
}

bool ShareSessions::must_answer(const ShareMember& member, const ShareTarget& target, bool has_records,
                                bool has_error) {
  MutexLock lock(mutex_);
  const auto session = sessions_.find(member);
  if (session == sessions_.end()) return true;
  const auto known = session->second.targets.find(target);
  if (known == session->second.targets.end()) return true;
  // Once an error is gone, that is news too.
  const bool must = std::exchange(known->second, has_error);
  return must || has_records || has_error;
}

void ShareSessions::close(const ShareMember& member) {
  MutexLock lock(mutex_);
  sessions_.erase(member);
}

std::vector<ShareMember> ShareSessions::disconnected(const void* connection) {
  std::vector<ShareMember> members;
  MutexLock lock(mutex_);
  std::erase_if(sessions_, [&](const auto& session) {
    if (session.second.connection != connection) return false;
    members.push_back(session.first);
    return true;
  });
  return members;
}

}  // namespace tickerlake::broker
