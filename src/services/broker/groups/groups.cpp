#include "services/broker/groups/groups.h"

#include <algorithm>
#include <chrono>

#include "base/digest.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using SteadyClock = std::chrono::steady_clock;

constexpr TimestampMs maintenance_interval_ms = 600'000;
/// How often a wait looks whether its client is still there.
constexpr Milliseconds hang_up_interval_ms = 1'000;

std::string make_member_id(const JoinAsk& ask) {
  return ask.member.instance_id.value_or(ask.client_id) + "-" + random_uuid();
}

std::size_t size_of(const JoinAsk& ask) {
  std::size_t bytes = 0;
  for (const Protocol& protocol : ask.protocols) bytes += protocol.name.size() + protocol.metadata.size();
  return bytes;
}

std::size_t size_of(const SyncAsk& ask) {
  std::size_t bytes = 0;
  for (const auto& [member, assignment] : ask.assignments) bytes += assignment.size();
  return bytes;
}

SyncAnswer sync_error(KafkaError error) {
  SyncAnswer answer;
  answer.error = error;
  return answer;
}

}  // namespace

Milliseconds steady_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(SteadyClock::now().time_since_epoch()).count();
}

Groups::Groups(Topics& topics, const Clock& clock, Milliseconds retention_ms, Log log)
    : clock_(clock), retention_ms_(retention_ms), log_(log), journal_(topics, clock, log) {}

JoinAnswer Groups::join(const std::string& group, const JoinAsk& ask, const HasLeft& has_left) {
  const auto refuse = [&](KafkaError error) { return JoinAnswer::refused(error, ask.member.member_id); };
  if (group.empty()) return refuse(KafkaError::invalid_group_id);
  if (ask.session_timeout_ms < least_session_timeout_ms || ask.session_timeout_ms > longest_session_timeout_ms) {
    return refuse(KafkaError::invalid_session_timeout);
  }
  MutexLock lock(mutex_);
  if (stopping_) return refuse(KafkaError::coordinator_not_available);
  Entry* entry = find(group);
  if (entry == nullptr) {
    if (!ask.member.member_id.empty()) return refuse(KafkaError::unknown_member_id);
    if (groups_.size() >= max_groups) return refuse(KafkaError::group_max_size_reached);
    entry = &find_or_add(group);
  }
  if (entry->group.is_full() && ask.member.member_id.empty()) return refuse(KafkaError::group_max_size_reached);
  if (!has_room_for(size_of(ask))) return refuse(KafkaError::group_max_size_reached);
  Waiting waiting;
  const Ticket ticket = ++last_ticket_;
  waiting_[ticket] = &waiting;
  entry->group.join(ticket, ask, make_member_id(ask), steady_now());
  weigh(*entry);
  settle(*entry);
  wait_for(ticket, waiting, group, has_left);
  return waiting.answer ? std::get<JoinAnswer>(*std::move(waiting.answer))
                        : refuse(KafkaError::coordinator_not_available);
}

SyncAnswer Groups::sync(const std::string& group, const SyncAsk& ask, const HasLeft& has_left) {
  MutexLock lock(mutex_);
  if (stopping_) return sync_error(KafkaError::coordinator_not_available);
  Entry* entry = find(group);
  if (entry == nullptr) return sync_error(KafkaError::unknown_member_id);
  if (!has_room_for(size_of(ask))) return sync_error(KafkaError::group_max_size_reached);
  Waiting waiting;
  const Ticket ticket = ++last_ticket_;
  waiting_[ticket] = &waiting;
  entry->group.sync(ticket, ask, steady_now());
  weigh(*entry);
  settle(*entry);
  wait_for(ticket, waiting, group, has_left);
  return waiting.answer ? std::get<SyncAnswer>(*std::move(waiting.answer))
                        : sync_error(KafkaError::coordinator_not_available);
}

void Groups::wait_for(Ticket ticket, Waiting& waiting, const std::string& group, const HasLeft& has_left) {
  while (!waiting.answer && !stopping_ && !(has_left && has_left())) {
    const Milliseconds now = steady_now();
    Entry* entry = find(group);
    if (entry == nullptr) break;
    const Milliseconds until = entry->group.next_deadline().value_or(now + hang_up_interval_ms);
    const Milliseconds pause = std::clamp<Milliseconds>(until - now, 1, hang_up_interval_ms);
    if (!waiting.answered.wait_until(mutex_, SteadyClock::now() + std::chrono::milliseconds(pause))) {
      entry = find(group);
      if (entry == nullptr) break;
      entry->group.tick(steady_now());
      settle(*entry);
    }
  }
  waiting_.erase(ticket);
}

KafkaError Groups::heartbeat(const std::string& group, const MemberClaim& claim, std::int32_t generation) {
  MutexLock lock(mutex_);
  if (stopping_) return KafkaError::coordinator_not_available;
  Entry* entry = find(group);
  if (entry == nullptr) return KafkaError::unknown_member_id;
  const KafkaError error = entry->group.heartbeat(claim, generation, steady_now());
  settle(*entry);
  return error;
}

KafkaError Groups::leave(const std::string& group, const MemberClaim& claim) {
  MutexLock lock(mutex_);
  if (stopping_) return KafkaError::coordinator_not_available;
  Entry* entry = find(group);
  if (entry == nullptr) return KafkaError::unknown_member_id;
  const KafkaError error = entry->group.leave(claim, steady_now());
  settle(*entry);
  return error;
}

void Groups::weigh(Entry& entry) {
  membership_bytes_ -= entry.membership_bytes;
  entry.membership_bytes = entry.group.has_members() ? entry.group.membership_bytes() : 0;
  membership_bytes_ += entry.membership_bytes;
}

void Groups::settle(Entry& entry) {
  if (entry.group.take_changed()) {
    const auto stored = journal_.append({GroupRecord{entry.group.id(), entry.group.snapshot()}});
    // The group goes on: what is lost is only that its members need not join again after a restart.
    if (!stored) log_.error("group \"{}\" could not be stored: {}", entry.group.id(), stored.error().message);
    weigh(entry);
    if (!entry.group.has_members()) entry.idle_since = clock_.now_ms();
    log_.info("group \"{}\": {}, generation {}, {} members", entry.group.id(), name(entry.group.state()),
              entry.group.snapshot().generation, entry.group.snapshot().members.size());
  }
  for (Answer& answer : entry.group.take_answers()) {
    const auto waiting = waiting_.find(answer.ticket);
    if (waiting == waiting_.end()) continue;
    waiting->second->answer = std::move(answer.content);
    waiting->second->answered.notify_one();
  }
}

Groups::Entry* Groups::find(const std::string& group) {
  const auto at = groups_.find(group);
  return at == groups_.end() ? nullptr : &at->second;
}

Groups::Entry& Groups::find_or_add(const std::string& group) {
  return groups_.try_emplace(group, Entry{Group(group), {}, {}, 0, clock_.now_ms()}).first->second;
}

std::optional<DescribedGroup> Groups::describe(const std::string& group) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr) return std::nullopt;
  entry->group.tick(steady_now());
  settle(*entry);
  return DescribedGroup{group, entry->group.state(), entry->group.snapshot()};
}

std::vector<DescribedGroup> Groups::list() {
  MutexLock lock(mutex_);
  std::vector<DescribedGroup> all;
  for (auto& [id, entry] : groups_) {
    entry.group.tick(steady_now());
    settle(entry);
    all.push_back({id, entry.group.state(), entry.group.snapshot()});
  }
  return all;
}

void Groups::stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  for (auto& [ticket, waiting] : waiting_) waiting->answered.notify_one();
}

// ---- the journal

Result<std::unique_ptr<Groups>> Groups::open(Topics& topics, const Clock& clock, Milliseconds retention_ms, Log log) {
  std::unique_ptr<Groups> groups(new Groups(topics, clock, retention_ms, std::move(log)));
  CHECK(groups->load());
  return groups;
}

Result<void> Groups::load() {
  MutexLock lock(mutex_);
  CHECK(journal_.read_all([this](JournalEvent event, Offset at) TL_REQUIRES(mutex_) { apply(std::move(event), at); }));
  maintain();
  return {};
}

void Groups::apply(JournalEvent event, Offset at) {
  if (const auto* pending = std::get_if<PendingOffsets>(&event)) return apply(*pending, at);
  if (const auto* decision = std::get_if<OffsetsDecision>(&event)) return apply(*decision);
  if (auto* offset = std::get_if<OffsetRecord>(&event)) {
    const TopicPartition key{std::move(offset->topic), offset->partition};
    if (offset->value) {
      Entry& entry = find_or_add(offset->group);
      entry.idle_since = offset->value->committed_at;
      offset->value->journaled_at = at;
      entry.offsets[key] = *std::move(offset->value);
    } else if (Entry* entry = find(offset->group)) {
      entry->offsets.erase(key);
    }
    return;
  }
  auto& group = std::get<GroupRecord>(event);
  if (group.value) {
    Entry& entry = find_or_add(group.group);
    entry.group = Group::restore(group.group, *group.value, steady_now());
    weigh(entry);
  } else if (const auto known = groups_.find(group.group); known != groups_.end()) {
    membership_bytes_ -= known->second.membership_bytes;
    forget_pending(known->second);
    groups_.erase(known);
  }
}

std::vector<CoordinatorRecord> Groups::everything() const {
  std::vector<CoordinatorRecord> records;
  for (const auto& [id, entry] : groups_) {
    records.push_back(GroupRecord{id, entry.group.snapshot()});
    for (const auto& [key, value] : entry.offsets) {
      records.push_back(OffsetRecord{id, key.topic, key.partition, value});
    }
  }
  return records;
}

void Groups::maintain() {
  const TimestampMs now = clock_.now_ms();
  if (now - maintained_at_ >= maintenance_interval_ms) {
    maintained_at_ = now;
    std::vector<CoordinatorRecord> tombstones;
    for (auto at = groups_.begin(); at != groups_.end();) {
      const Entry& entry = at->second;
      const bool idle = !entry.group.has_members() && entry.pending.empty();
      const bool expired = idle && now - entry.idle_since >= retention_ms_;
      if (expired) {
        for (const auto& [key, value] : entry.offsets) {
          tombstones.push_back(OffsetRecord{at->first, key.topic, key.partition, std::nullopt});
        }
        tombstones.push_back(GroupRecord{at->first, std::nullopt});
      }
      at = expired ? groups_.erase(at) : std::next(at);
    }
    if (!tombstones.empty()) {
      if (const auto stored = journal_.append(tombstones); !stored) log_.error("{}", stored.error().message);
    }
  }
  if (journal_.is_large()) {
    if (const auto cut = journal_.replace_all(everything(), all_pending()); !cut) log_.error("{}", cut.error().message);
  }
}

}  // namespace tickerlake::broker
