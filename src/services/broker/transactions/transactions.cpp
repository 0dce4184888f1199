#include "services/broker/transactions/transactions.h"

#include <chrono>

#include "io/fault_point.h"
#include "services/broker/groups/groups.h"
#include "services/broker/producer_ids.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/marker_writer.h"
#include "services/broker/transactions/transaction_records.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

constexpr std::size_t longest_transactional_id = 1'024;
/// How often time-outs are looked at, and what could not be completed is tried again.
constexpr std::chrono::milliseconds look_interval{1'000};
constexpr TimestampMs expiry_interval_ms = 3'600'000;

Transactions::Answer refuse(KafkaError error) { return {error, {}}; }

}  // namespace

Transactions::Transactions(Surroundings surroundings, Options options, Log log)
    : surroundings_(surroundings),
      options_(options),
      log_(log),
      journal_(surroundings.topics, surroundings.clock, transactions_topic, log) {}

Result<std::unique_ptr<Transactions>> Transactions::open(Surroundings surroundings, Options options, Log log) {
  std::unique_ptr<Transactions> transactions(new Transactions(surroundings, options, std::move(log)));
  CHECK(transactions->load());
  transactions->thread_ = std::thread([self = transactions.get()] { self->run(); });
  return transactions;
}

Transactions::~Transactions() { stop(); }

void Transactions::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

// ---- requests

Transactions::Answer Transactions::init(const std::string& id, const std::optional<Producer>& expected,
                                        std::int32_t timeout_ms) {
  if (id.empty() || id.size() > longest_transactional_id) return refuse(KafkaError::invalid_request);
  if (timeout_ms <= 0 || timeout_ms > options_.max_timeout_ms) return refuse(KafkaError::invalid_transaction_timeout);
  while (true) {
    const auto fresh = fresh_id_for(id);
    if (!fresh) return refuse(fresh.error());
    Stored stored;
    Answer answer;
    bool again = false;
    {
      MutexLock lock(mutex_);
      if (stopping_) return refuse(KafkaError::coordinator_not_available);
      Entry* entry = find(id);
      if (entry == nullptr) {
        if (entries_.size() >= max_transactional_ids) return refuse(KafkaError::policy_violation);
        entry = &entries_[id];
      }
      if (entry->transaction.needs_producer_id() && *fresh == no_producer) continue;  // it has changed since
      const Transaction before = entry->transaction;
      const auto next = entry->transaction.init(expected, timeout_ms, *fresh, surroundings_.clock.now_ms());
      if (!next) return refuse(next.error());
      again = *next == Transaction::Next::end_and_retry;
      const auto done = store(id, *entry, before);
      if (!done) return refuse(done.error());
      stored = *done;
      answer.producer = entry->transaction.producer();
    }
    if (!finish(id, stored)) return refuse(KafkaError::concurrent_transactions);
    if (!again) return answer;
  }
}

KafkaError Transactions::add(const std::string& id, const Producer& producer,
                             const std::set<TopicPartition>& partitions, TransactionProtocol protocol) {
  Stored stored;
  {
    MutexLock lock(mutex_);
    if (stopping_) return KafkaError::coordinator_not_available;
    Entry* entry = find(id);
    if (entry == nullptr) return KafkaError::invalid_producer_id_mapping;
    if (open_partitions_ + partitions.size() > max_transaction_partitions) return KafkaError::policy_violation;
    const Transaction before = entry->transaction;
    const auto next = entry->transaction.add(producer, partitions, protocol, surroundings_.clock.now_ms());
    if (!next) return next.error();
    if (*next == Transaction::Next::answer) {
      stored.behind = entry->stored_behind;  // a request for the same may be waiting for the disk still
    } else {
      const auto done = store(id, *entry, before);
      if (!done) return done.error();
      stored = *done;
    }
  }
  journal_.wait_durable(stored.behind);
  // Records may come now, unless the transaction has been ended meanwhile: its markers must stay the last of it.
  MutexLock lock(mutex_);
  const Entry* entry = find(id);
  for (const TopicPartition& partition : partitions) {
    if (entry == nullptr || entry->transaction.verify(producer, partition) != KafkaError::none) {
      return KafkaError::concurrent_transactions;
    }
  }
  admit(producer, partitions);
  return KafkaError::none;
}

KafkaError Transactions::verify(const std::string& id, const Producer& producer, const TopicPartition& partition) {
  MutexLock lock(mutex_);
  if (stopping_) return KafkaError::coordinator_not_available;
  const Entry* entry = find(id);
  return entry == nullptr ? KafkaError::invalid_producer_id_mapping : entry->transaction.verify(producer, partition);
}

Transactions::Answer Transactions::end(const std::string& id, const Producer& producer, kafka::Marker marker,
                                       TransactionProtocol protocol) {
  const auto fresh = fresh_id_for(id);
  if (!fresh) return refuse(fresh.error());
  Stored stored;
  {
    MutexLock lock(mutex_);
    if (stopping_) return refuse(KafkaError::coordinator_not_available);
    Entry* entry = find(id);
    if (entry == nullptr) return refuse(KafkaError::invalid_producer_id_mapping);
    if (entry->transaction.needs_producer_id() && *fresh == no_producer) {
      return refuse(KafkaError::concurrent_transactions);  // it has changed since
    }
    const Transaction before = entry->transaction;
    const auto next = entry->transaction.end(producer, marker, protocol, *fresh, surroundings_.clock.now_ms());
    if (!next) return refuse(next.error());
    if (*next == Transaction::Next::answer) return {KafkaError::none, entry->transaction.producer()};
    const auto done = store(id, *entry, before);
    if (!done) return refuse(done.error());
    stored = *done;
  }
  if (!finish(id, stored)) return refuse(KafkaError::concurrent_transactions);
  const Producer& of_markers = stored.to_complete->producer;
  const ProducerId next = stored.to_complete->next_producer;
  return {KafkaError::none, next == no_producer ? of_markers : Producer{next, 0}};
}

std::optional<DescribedTransaction> Transactions::describe(const std::string& id) {
  MutexLock lock(mutex_);
  const Entry* entry = find(id);
  if (entry == nullptr) return std::nullopt;
  return DescribedTransaction{id, entry->transaction.state()};
}

std::vector<DescribedTransaction> Transactions::list() {
  MutexLock lock(mutex_);
  std::vector<DescribedTransaction> all;
  all.reserve(entries_.size());
  for (const auto& [id, entry] : entries_) all.push_back({id, entry.transaction.state()});
  return all;
}

// ---- what requests have in common

Transactions::Entry* Transactions::find(const std::string& id) {
  const auto at = entries_.find(id);
  return at == entries_.end() ? nullptr : &at->second;
}

std::expected<ProducerId, KafkaError> Transactions::fresh_id_for(const std::string& id) {
  {
    MutexLock lock(mutex_);
    const Entry* entry = find(id);
    if (entry != nullptr && !entry->transaction.needs_producer_id()) return no_producer;
  }
  const auto fresh = surroundings_.producer_ids.next();
  if (fresh) return *fresh;
  log_.error("no producer id: {}", fresh.error().message);
  return std::unexpected(KafkaError::coordinator_not_available);
}

std::expected<Transactions::Stored, KafkaError> Transactions::store(const std::string& id, Entry& entry,
                                                                    const Transaction& before) {
  const TransactionState& state = entry.transaction.state();
  const auto behind = journal_.append(std::vector{encode(TransactionRecord{id, state})});
  if (!behind) {
    log_.error("the transaction of \"{}\" could not be stored: {}", id, behind.error().message);
    entry.transaction = before;
    return std::unexpected(KafkaError::coordinator_not_available);
  }
  entry.stored_behind = *behind;
  open_partitions_ += state.partitions.size() - before.state().partitions.size();
  Stored stored{*behind, std::nullopt};
  if (entry.transaction.is_prepared()) {
    entry.being_completed = true;
    stored.to_complete = state;
  }
  maintain();
  return stored;
}

bool Transactions::finish(const std::string& id, const Stored& stored) {
  journal_.wait_durable(stored.behind);
  if (!stored.to_complete) return true;
  const TransactionState& decided = *stored.to_complete;
  const kafka::Marker marker = Transaction(decided).marker();
  io::fault_point("broker.transaction.decided");
  MarkerWriter markers(surroundings_.topics, surroundings_.groups, surroundings_.clock);
  bool complete = true;
  for (const TopicPartition& partition : decided.partitions) {
    const KafkaError error = markers.write(partition, decided.producer, marker);
    // Gone with its topic, or ended already by an administrator's marker of a larger epoch.
    const bool needless =
        error == KafkaError::unknown_topic_or_partition || error == KafkaError::invalid_producer_epoch;
    if (error != KafkaError::none && !needless) complete = false;
    io::fault_point("broker.transaction.marker");
  }
  markers.wait_durable();
  io::fault_point("broker.transaction.ended");

  MutexLock lock(mutex_);
  Entry* entry = find(id);
  if (entry == nullptr || !entry->transaction.is_prepared()) return true;
  entry->being_completed = false;
  if (!complete) {
    log_.warning("the transaction of \"{}\" can't be completed yet", id);
    return false;
  }
  entry->transaction.complete(surroundings_.clock.now_ms());
  open_partitions_ -= decided.partitions.size();
  // If this is lost, the next start writes the same markers again, behind which nothing of this transaction can be.
  const auto stored_end = journal_.append(std::vector{encode(TransactionRecord{id, entry->transaction.state()})});
  if (!stored_end) log_.warning("the end of \"{}\"'s transaction: {}", id, stored_end.error().message);
  return true;
}

void Transactions::admit(const Producer& producer, const std::set<TopicPartition>& partitions) {
  for (const TopicPartition& each : partitions) {
    const auto topic = surroundings_.topics.find(each.topic);
    const auto partition = topic ? topic->partition(each.partition) : nullptr;
    if (partition) partition->admit(producer.id, producer.epoch);
  }
}

// ---- the journal

Result<void> Transactions::load() {
  MutexLock lock(mutex_);
  CHECK(journal_.read_all([this](const kafka::Batch& batch) TL_REQUIRES(mutex_) -> Result<void> {
    if (batch.header.is_control()) return {};
    return for_each_keyed(batch, [this](const kafka::Record& record) TL_REQUIRES(mutex_) {
      auto decoded = decode_transaction_record(*record.key, record.value);
      if (!decoded) {
        log_.warning("{} at offset {}: {}", transactions_topic, record.offset, decoded.error().message);
      } else if (*decoded && (*decoded)->state) {
        entries_.insert_or_assign((*decoded)->transactional_id,
                                  Entry{Transaction(*std::move((*decoded)->state)), {}, false});
      } else if (*decoded) {
        entries_.erase((*decoded)->transactional_id);
      }
    });
  }));
  for (const auto& [id, entry] : entries_) {
    const TransactionState& state = entry.transaction.state();
    open_partitions_ += state.partitions.size();
    if (entry.transaction.is_ongoing()) admit(state.producer, state.partitions);
  }
  maintain();
  return {};
}

void Transactions::maintain() {
  if (!journal_.is_large()) return;
  const auto cut = journal_.replace_all([this]() TL_REQUIRES(mutex_) -> Result<void> {
    std::vector<KeyValue> records;
    constexpr std::size_t records_a_batch = 1'000;
    for (auto at = entries_.begin(); at != entries_.end(); ++at) {
      records.push_back(encode(TransactionRecord{at->first, at->second.transaction.state()}));
      if (records.size() < records_a_batch && std::next(at) != entries_.end()) continue;
      CHECK(journal_.append(std::exchange(records, {})));
    }
    return {};
  });
  if (!cut) log_.error("{}", cut.error().message);
}

void Transactions::expire(TimestampMs now_ms) {
  if (now_ms - expired_at_ < expiry_interval_ms) return;
  expired_at_ = now_ms;
  std::vector<KeyValue> tombstones;
  for (auto at = entries_.begin(); at != entries_.end();) {
    const Transaction& transaction = at->second.transaction;
    const bool idle = !transaction.is_ongoing() && !transaction.is_prepared();
    const bool expired = idle && now_ms - transaction.state().updated_ms >= options_.expiration_ms;
    if (expired) tombstones.push_back(encode(TransactionRecord{at->first, std::nullopt}));
    at = expired ? entries_.erase(at) : std::next(at);
  }
  if (tombstones.empty()) return;
  if (const auto stored = journal_.append(tombstones); !stored) log_.error("{}", stored.error().message);
}

// ---- time

void Transactions::run() {
  while (true) {
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      if (!is_first_look_) wake_.wait_until(mutex_, std::chrono::steady_clock::now() + look_interval);
      is_first_look_ = false;
      if (stopping_) return;
    }
    look_after();
  }
}

void Transactions::look_after() {
  std::vector<std::pair<std::string, Stored>> to_finish;
  {
    MutexLock lock(mutex_);
    const TimestampMs now_ms = surroundings_.clock.now_ms();
    expire(now_ms);
    for (auto& [id, entry] : entries_) {
      if (entry.transaction.is_overdue(now_ms)) {
        const Transaction before = entry.transaction;
        entry.transaction.fence(now_ms);
        log_.info("the transaction of \"{}\" has gone on for longer than {} ms: it is aborted", id,
                  before.state().timeout_ms);
        if (const auto stored = store(id, entry, before)) to_finish.emplace_back(id, *stored);
      } else if (entry.transaction.is_prepared() && !entry.being_completed) {
        entry.being_completed = true;
        to_finish.emplace_back(id, Stored{Offset(0), entry.transaction.state()});
      }
    }
  }
  for (const auto& [id, stored] : to_finish) finish(id, stored);
}

}  // namespace tickerlake::broker
