#include "services/broker/groups/groups.h"

#include <algorithm>
#include <chrono>

#include "base/digest.h"
#include "services/broker/share/share_states.h"

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

Groups::Groups(Parts parts, const GroupOptions& options, Log log)
    : topics_(parts.topics),
      configs_(parts.configs),
      shares_(parts.shares),
      clock_(parts.clock),
      options_(options),
      log_(log),
      journal_(parts.topics, parts.clock, log) {}

JoinAnswer Groups::join(const std::string& group, const JoinAsk& ask, const HasLeft& has_left) {
  const auto refuse = [&](KafkaError error) { return JoinAnswer::refused(error, ask.member.member_id); };
  if (group.empty()) return refuse(KafkaError::invalid_group_id);
  if (ask.session_timeout_ms < options_.min_session_timeout_ms ||
      ask.session_timeout_ms > options_.max_session_timeout_ms) {
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
  if (entry->classic() == nullptr) {
    entry->tick(steady_now());
    settle(*entry);
    if (entry->has_members() || entry->share() != nullptr) return refuse(KafkaError::inconsistent_group_protocol);
    convert(*entry, Group(group, options_.initial_rebalance_delay_ms));
  }
  Group& classic = *entry->classic();
  if (classic.is_full(static_cast<std::size_t>(options_.max_size)) && ask.member.member_id.empty())
    return refuse(KafkaError::group_max_size_reached);
  if (!has_room_for(size_of(ask))) return refuse(KafkaError::group_max_size_reached);
  Waiting waiting;
  const Ticket ticket = ++last_ticket_;
  waiting_[ticket] = &waiting;
  classic.join(ticket, ask, make_member_id(ask), steady_now());
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
  if (entry == nullptr || entry->classic() == nullptr) return sync_error(KafkaError::unknown_member_id);
  if (!has_room_for(size_of(ask))) return sync_error(KafkaError::group_max_size_reached);
  Waiting waiting;
  const Ticket ticket = ++last_ticket_;
  waiting_[ticket] = &waiting;
  entry->classic()->sync(ticket, ask, steady_now());
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
    const Milliseconds until = std::visit([](const auto& one) { return one.next_deadline(); }, entry->group)
                                   .value_or(now + hang_up_interval_ms);
    const Milliseconds pause = std::clamp<Milliseconds>(until - now, 1, hang_up_interval_ms);
    if (!waiting.answered.wait_until(mutex_, SteadyClock::now() + std::chrono::milliseconds(pause))) {
      entry = find(group);
      if (entry == nullptr) break;
      entry->tick(steady_now());
      settle(*entry);
    }
  }
  waiting_.erase(ticket);
}

KafkaError Groups::heartbeat(const std::string& group, const MemberClaim& claim, std::int32_t generation) {
  MutexLock lock(mutex_);
  if (stopping_) return KafkaError::coordinator_not_available;
  Entry* entry = find(group);
  if (entry == nullptr || entry->classic() == nullptr) return KafkaError::unknown_member_id;
  const KafkaError error = entry->classic()->heartbeat(claim, generation, steady_now());
  settle(*entry);
  return error;
}

KafkaError Groups::leave(const std::string& group, const MemberClaim& claim) {
  MutexLock lock(mutex_);
  if (stopping_) return KafkaError::coordinator_not_available;
  Entry* entry = find(group);
  if (entry == nullptr || entry->classic() == nullptr) return KafkaError::unknown_member_id;
  const KafkaError error = entry->classic()->leave(claim, steady_now());
  settle(*entry);
  return error;
}

void Groups::weigh(Entry& entry) {
  membership_bytes_ -= entry.membership_bytes;
  entry.membership_bytes = entry.has_members() ? entry.member_bytes() : 0;
  membership_bytes_ += entry.membership_bytes;
}

void Groups::settle(Entry& entry) {
  std::visit([&](auto& group) TL_REQUIRES(mutex_) { settle(entry, group); }, entry.group);
}

void Groups::settle(Entry& entry, Group& group) {
  if (group.take_changed()) {
    const auto stored = journal_.append({GroupRecord{group.id(), group.snapshot(), clock_.now_ms()}});
    // The group goes on: what is lost is only that its members need not join again after a restart.
    if (!stored) log_.error("group \"{}\" could not be stored: {}", group.id(), stored.error().message);
    weigh(entry);
    entry.state_since = clock_.now_ms();
    log_.info("group \"{}\": {}, generation {}, {} members", group.id(), name(group.state()),
              group.snapshot().generation, group.snapshot().members.size());
  }
  for (Answer& answer : group.take_answers()) {
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
  return groups_
      .try_emplace(group, Entry{Group(group, options_.initial_rebalance_delay_ms), {}, {}, 0, clock_.now_ms()})
      .first->second;
}

std::optional<DescribedGroup> Groups::describe(const std::string& group) {
  MutexLock lock(mutex_);
  Entry* entry = find(group);
  if (entry == nullptr) return std::nullopt;
  entry->tick(steady_now());
  settle(*entry);
  const Group* classic = entry->classic();
  if (classic == nullptr) return std::nullopt;
  return DescribedGroup{group, classic->state(), classic->snapshot()};
}

bool Groups::exists(const std::string& group) {
  MutexLock lock(mutex_);
  return find(group) != nullptr;
}

std::vector<ListedGroup> Groups::list() {
  MutexLock lock(mutex_);
  maintain();
  std::vector<ListedGroup> all;
  for (auto& [id, entry] : groups_) {
    entry.tick(steady_now());
    settle(entry);
    if (const Group* classic = entry.classic()) {
      all.push_back(
          {id, classic->snapshot().protocol_type, name(classic->state()), "classic", classic->member_count()});
    } else if (const ConsumerGroup* consumer = entry.consumer()) {
      all.push_back({id, "consumer", name(consumer->state()), "consumer", consumer->member_count()});
    } else {
      all.push_back({id, "share", entry.share()->state(), "share", entry.share()->member_count()});
    }
  }
  return all;
}

void Groups::stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  for (auto& [ticket, waiting] : waiting_) waiting->answered.notify_one();
}

// ---- the journal

Result<std::unique_ptr<Groups>> Groups::open(Parts parts, const GroupOptions& options, Log log) {
  std::unique_ptr<Groups> groups(new Groups(parts, options, std::move(log)));
  CHECK(groups->load());
  return groups;
}

Result<void> Groups::load() {
  MutexLock lock(mutex_);
  CHECK(journal_.read_all([this](JournalEvent event, Offset at) TL_REQUIRES(mutex_) { apply(std::move(event), at); }));
  for (auto& [id, entry] : groups_) {
    if (ConsumerGroup* group = entry.consumer()) {
      group->resume(configs_.settings_of(id).session_timeout_ms, steady_now());
      weigh(entry);
    } else if (ShareGroup* share = entry.share()) {
      share->resume(configs_.share_settings_of(id).session_timeout_ms, steady_now());
      weigh(entry);
      // A deletion that was broken off may have taken them.
      std::map<TopicId, std::set<std::int32_t>> partitions;
      for (const auto& [topic_id, topic] : share->shared_topics()) partitions[topic_id] = topic.partitions;
      CHECK(shares_.begin(id, partitions, share->epoch()));
    }
  }
  maintain();
  return {};
}

void Groups::apply(JournalEvent event, Offset at) {
  if (const auto* pending = std::get_if<PendingOffsets>(&event)) {
    apply(*pending, at);
  } else if (const auto* decision = std::get_if<OffsetsDecision>(&event)) {
    apply(*decision);
  } else if (auto* offset = std::get_if<OffsetRecord>(&event)) {
    apply(std::move(*offset), at);
  } else if (const auto* group = std::get_if<GroupRecord>(&event)) {
    apply(*group);
  } else if (const auto* consumers = std::get_if<ConsumerGroupRecord>(&event)) {
    apply(*consumers);
  } else {
    apply(std::get<ShareGroupRecord>(event));
  }
}

void Groups::apply(OffsetRecord record, Offset at) {
  const TopicPartition key{std::move(record.topic), record.partition};
  if (record.value) {
    Entry& entry = find_or_add(record.group);
    record.value->journaled_at = at;
    entry.offsets[key] = *std::move(record.value);
  } else if (Entry* entry = find(record.group)) {
    entry->offsets.erase(key);
  }
}

void Groups::apply(const GroupRecord& record) {
  if (!record.value) return end(record.group);
  Entry& entry = find_or_add(record.group);
  entry.group = Group::restore(record.group, *record.value, steady_now(), options_.initial_rebalance_delay_ms);
  entry.state_since = record.changed_at;
  weigh(entry);
}

void Groups::apply(const ConsumerGroupRecord& record) {
  const bool is_tombstone = std::visit([](const auto& change) { return !change.value; }, record.change);
  const Entry* known = find(record.group);
  const bool is_one = known != nullptr && std::holds_alternative<ConsumerGroup>(known->group);
  if (is_tombstone && !is_one) return;
  if (is_tombstone && std::holds_alternative<EpochRecord>(record.change)) return end(record.group);
  Entry& entry = find_or_add(record.group);
  if (!is_one) entry.group = ConsumerGroup(record.group);
  entry.consumer()->restore(record.change);
}

void Groups::end(const std::string& group) {
  const auto known = groups_.find(group);
  if (known == groups_.end()) return;
  membership_bytes_ -= std::exchange(known->second.membership_bytes, 0);
  if (known->second.offsets.empty()) {
    forget_pending(known->second);
    groups_.erase(known);
  } else {
    known->second.group = Group(group, options_.initial_rebalance_delay_ms);
  }
}

std::vector<CoordinatorRecord> Groups::everything() const {
  std::vector<CoordinatorRecord> records;
  for (const auto& [id, entry] : groups_) {
    if (const auto* classic = std::get_if<Group>(&entry.group)) {
      records.push_back(GroupRecord{id, classic->snapshot(), entry.state_since});
    } else if (const auto* consumers = std::get_if<ConsumerGroup>(&entry.group)) {
      for (auto& change : consumers->everything()) records.push_back(ConsumerGroupRecord{id, std::move(change)});
    } else {
      for (auto& change : std::get<ShareGroup>(entry.group).everything()) {
        records.push_back(ShareGroupRecord{id, std::move(change)});
      }
    }
    for (const auto& [key, value] : entry.offsets) {
      records.push_back(OffsetRecord{id, key.topic, key.partition, value});
    }
  }
  return records;
}

/// Kafka's rules: a group that has had members keeps its offsets while it has them, or reads the topic, and the
/// retention after the last has gone; all others keep each offset for the retention after its commit.
bool Groups::is_expired(const Entry& entry, const TopicPartition& key, const CommittedOffset& offset,
                        TimestampMs now) const {
  if (now - offset.committed_at < options_.retention_ms) return false;
  const auto* classic = std::get_if<Group>(&entry.group);
  if (classic == nullptr || classic->state() == Group::State::stable) {
    const auto subscribed = entry.subscribed_topics();
    const bool is_known = classic == nullptr || !subscribed.empty();  // what members of other protocols read is not
    return is_known && !subscribed.contains(key.topic);
  }
  if (classic->state() != Group::State::empty) return false;
  return classic->snapshot().protocol_type.empty() || now - entry.state_since >= options_.retention_ms;
}

std::vector<CoordinatorRecord> Groups::expire(TimestampMs now) {
  std::vector<CoordinatorRecord> tombstones;
  for (auto at = groups_.begin(); at != groups_.end();) {
    Entry& entry = at->second;
    entry.tick(steady_now());
    settle(entry);
    std::erase_if(entry.offsets, [&](const auto& offset) TL_REQUIRES(mutex_) {
      const bool undecided = std::ranges::any_of(
          entry.pending, [&](const auto& pending) { return pending.second.offsets.contains(offset.first); });
      if (undecided || !is_expired(entry, offset.first, offset.second, now)) return false;
      tombstones.push_back(OffsetRecord{at->first, offset.first.topic, offset.first.partition, std::nullopt});
      return true;
    });
    // What has neither members nor offsets has nothing to be kept for.
    const bool is_over =
        !entry.has_members() && entry.offsets.empty() && entry.pending.empty() && !entry.has_shared_topics();
    if (is_over) std::ranges::move(tombstones_of(entry), std::back_inserter(tombstones));
    at = is_over ? groups_.erase(at) : std::next(at);
  }
  return tombstones;
}

void Groups::maintain() {
  const TimestampMs now = clock_.now_ms();
  if (now - maintained_at_ >= maintenance_interval_ms) {
    maintained_at_ = now;
    const auto tombstones = expire(now);
    if (!tombstones.empty()) {
      if (const auto stored = journal_.append(tombstones); !stored) log_.error("{}", stored.error().message);
    }
  }
  if (journal_.is_large()) {
    if (const auto cut = journal_.replace_all(everything(), all_pending()); !cut) log_.error("{}", cut.error().message);
  }
}

}  // namespace tickerlake::broker
