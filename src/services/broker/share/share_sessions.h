#pragma once
// Share sessions (KIP-932): what each member fetches, so that requests and answers name only what changed. One a member
// and group; it ends with its connection.
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "kafka/wire/share_fetch.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// group.share.max.share.sessions
inline constexpr std::size_t max_share_sessions = 2'000;
/// More than there can be; partitions that don't exist count too.
inline constexpr std::size_t max_share_session_partitions = 50'000;
// Session epochs with a meaning of their own.
inline constexpr std::int32_t first_session_epoch = 0, last_session_epoch = -1;

/// A partition that a member fetches.
struct ShareTarget {
  TopicId topic{};
  std::int32_t partition = 0;
  auto operator<=>(const ShareTarget&) const = default;
};

struct ShareMember {
  std::string group, id;
  auto operator<=>(const ShareMember&) const = default;
};

/// Thread-safe. The mutex is a leaf.
class ShareSessions {
 public:
  struct Opened {
    kafka::KafkaError error = kafka::KafkaError::none;
    bool is_new = false;               // its answer names every partition
    std::vector<ShareTarget> targets;  // all that the session fetches; nothing at the last epoch
  };
  /// For a fetch, which changes what is fetched. connection: stands for where it came from, until disconnected().
  Opened open(const ShareMember& member, const kafka::ShareFetchRequest& request, const void* connection)
      TL_EXCLUDES(mutex_);
  /// For acknowledgements without a fetch.
  kafka::KafkaError advance(const ShareMember& member, std::int32_t epoch) TL_EXCLUDES(mutex_);
  /// Whether an answer of a session that goes on must name the partition; takes note that it does.
  bool must_answer(const ShareMember& member, const ShareTarget& target, bool has_records, bool has_error)
      TL_EXCLUDES(mutex_);
  void close(const ShareMember& member) TL_EXCLUDES(mutex_);
  /// Ends the sessions of the connection; gives their members.
  std::vector<ShareMember> disconnected(const void* connection) TL_EXCLUDES(mutex_);

 private:
  struct Session {
    std::int32_t next_epoch = 1;
    const void* connection = nullptr;
    std::map<ShareTarget, bool> targets;  // whether the next answer must name it
  };
  /// The epochs go from 1 to the largest and around.
  kafka::KafkaError check_and_advance(Session& session, std::int32_t epoch) TL_REQUIRES(mutex_);

  Mutex mutex_;
  std::map<ShareMember, Session> sessions_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
