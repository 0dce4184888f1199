#include "transaction_world.h"

#include <fmt/format.h>

#include "base/panic.h"
#include "services/broker/transactions/transaction_records.h"

namespace tickerlake::simulation {

using broker::Offset;
using broker::Producer;
using broker::ProducerId;
using broker::Transaction;
using kafka::KafkaError;
using kafka::Marker;

namespace {

constexpr std::int64_t first_producer = 100;
constexpr int timeout_ms = 1'000'000;
constexpr int most_transactions = 64;

broker::TopicPartition name_of(int partition) { return {"t", partition}; }

kafka::BatchHeader header_of(bool is_marker, const Producer& producer, int sequence, int at) {
  kafka::BatchHeader header;
  header.base_offset = at;
  header.attributes = is_marker ? 0x30 : 0x10;
  header.producer_id = producer.id.value();
  header.producer_epoch = producer.epoch;
  header.base_sequence = is_marker ? -1 : sequence;
  header.record_count = 1;
  return header;
}

}  // namespace

TransactionWorld::TransactionWorld(Options options) : options_(options) {
  logs_.resize(static_cast<std::size_t>(options_.partitions));
  seen_.resize(logs_.size());
}

// ---- what can happen

void TransactionWorld::offer(Steps& steps) const {
  const auto step = [&](std::size_t actor, Action action, int detail = 0) {
    steps.push_back({static_cast<std::uint8_t>(actor), action, static_cast<std::uint16_t>(detail)});
  };
  if (std::ssize(clients_) < options_.instances) step(0, start_instance);
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    const Client& client = clients_[i];
    if (client.gone || client.in_flight) continue;
    if (client.asked) {
      step(i, ask_again);
      continue;
    }
    if (!client.initialized) continue;
    const bool may_begin = client.transaction >= 0 || std::ssize(truths_) < options_.transactions;
    for (int p = 0; p < options_.partitions && may_begin && !client.failed; ++p) {
      const bool is_added = client.added.contains(p);
      if (!is_added) step(i, add, p);
      if (is_added && client.sequences.contains(p) == false) step(i, produce, p);
      if (is_added && client.sequences.contains(p) && client.unacknowledged == 0) step(i, produce, p);
    }
    if (client.transaction < 0 || client.added.empty()) continue;
    if (client.unacknowledged == 0 && !client.failed) step(i, commit);
    step(i, abort);
  }
  for (std::size_t i = 0; i < writes_.size(); ++i) step(i, write_arrives);
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    if (can_work(requests_[i])) step(i, work);
  }
  if (journal_durable_ < std::ssize(journal_)) step(0, sync_journal);
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    if (logs_[p].durable < std::ssize(logs_[p].records)) step(p, sync_partition);
  }
  if (timeouts_ < options_.timeouts && transaction_.is_ongoing()) step(0, time_out);
  if (transaction_.is_prepared() && !being_completed_) step(0, look_after);
  if (crashes_ < options_.crashes) {
    for (int kept = 0; kept < 1 << (options_.partitions + 1); ++kept) step(0, crash, kept);
  }
}

std::string TransactionWorld::tell(const Step& step) const {
  const int actor = step.actor;
  switch (step.action) {
    case start_instance:
      return fmt::format("instance {} of the producer starts", clients_.size());
    case add:
      return fmt::format("instance {} adds partition {}", actor, step.detail);
    case produce:
      return fmt::format("instance {} sends a record to partition {}", actor, step.detail);
    case commit:
      return fmt::format("instance {} commits transaction {}", actor, clients_[step.actor].transaction);
    case abort:
      return fmt::format("instance {} aborts transaction {}", actor, clients_[step.actor].transaction);
    case ask_again:
      return fmt::format("instance {} asks again", actor);
    case write_arrives:
      return fmt::format("instance {}'s record arrives at partition {}", writes_[step.actor].client,
                         writes_[step.actor].partition);
    case work:
      return fmt::format("the coordinator works on request {} (of instance {}, stage {})", actor,
                         requests_[step.actor].client, static_cast<int>(requests_[step.actor].stage));
    case sync_journal:
      return fmt::format("the journal is synced, {} records", journal_.size());
    case sync_partition:
      return fmt::format("partition {} is synced, {} records", actor, logs_[step.actor].records.size());
    case time_out:
      return "the transaction takes too long";
    case look_after:
      return "the coordinator completes what was decided";
    default:
      return fmt::format("the power goes; unsynced records that stay (journal, partitions): {:b}", step.detail);
  }
}

void TransactionWorld::take(const Step& step) {
  switch (step.action) {
    case start_instance:
      clients_.emplace_back();
      ask(static_cast<int>(clients_.size()) - 1, {.kind = Kind::init});
      break;
    case add: {
      Client& client = clients_[step.actor];
      if (client.transaction < 0) {
        client.transaction = static_cast<int>(truths_.size());
        truths_.emplace_back();
        ensure(std::ssize(truths_) <= most_transactions, "few transactions");
      }
      ask(step.actor, {.kind = Kind::add, .partition = step.detail, .producer = client.producer});
      break;
    }
    case produce: {
      Client& client = clients_[step.actor];
      const Record record{std::nullopt, client.transaction, client.producer, client.sequences[step.detail]++};
      writes_.push_back({step.actor, step.detail, record});
      ++client.unacknowledged;
      break;
    }
    case commit:
    case abort: {
      Client& client = clients_[step.actor];
      const Marker marker = step.action == commit ? Marker::commit : Marker::abort;
      if (marker == Marker::commit) truths_[static_cast<std::size_t>(client.transaction)].commit_asked = true;
      ask(step.actor, {.kind = Kind::end, .marker = marker, .producer = client.producer});
      break;
    }
    case ask_again:
      ask(step.actor, *clients_[step.actor].asked);
      break;
    case write_arrives:
      arrive(step.actor);
      break;
    case work:
      work_on(step.actor);
      break;
    case sync_journal:
      journal_durable_ = static_cast<int>(journal_.size());
      break;
    case sync_partition: {
      Log& log = logs_[step.actor];
      log.durable = static_cast<int>(log.records.size());
      log.producers.made_durable(Offset(log.durable));
      break;
    }
    case time_out: {
      ++timeouts_;
      transaction_.fence(0);
      Request request{.kind = Kind::expire};
      store(request);
      requests_.push_back(std::move(request));
      break;
    }
    case look_after:
      look();
      break;
    default:
      ++crashes_;
      restart(step.detail);
  }
  check();
}

// ---- clients

void TransactionWorld::ask(int client, Request request) {
  request.client = client;
  request.stage = Request::Stage::ask;
  Client& from = clients_[static_cast<std::size_t>(client)];
  from.asked = request;
  from.in_flight = true;
  requests_.push_back(std::move(request));
}

void TransactionWorld::answer(Request& request, KafkaError error) {
  if (request.client < 0) return;
  Client& client = clients_[static_cast<std::size_t>(request.client)];
  client.in_flight = false;
  if (error == KafkaError::concurrent_transactions) return;  // it asks again
  client.asked.reset();
  if (error != KafkaError::none) {
    client.gone = true;
    return;
  }
  if (request.kind == Kind::init) {
    client.initialized = true;
    client.producer = request.producer;
  } else if (request.kind == Kind::add) {
    client.added.insert(request.partition);
  } else {
    Truth& truth = truths_[static_cast<std::size_t>(client.transaction)];
    (request.marker == Marker::commit ? truth.told_committed : truth.told_aborted) = true;
    client.transaction = -1;
    client.added.clear();
    if (client.failed || client.unacknowledged > 0) client.gone = true;  // its sequence may have a gap
    if (options_.version2) {
      client.producer = request.producer;
      client.sequences.clear();
    }
  }
}

void TransactionWorld::arrive(std::size_t index) {
  const Write write = writes_[index];
  writes_.erase(writes_.begin() + static_cast<std::ptrdiff_t>(index));
  const bool written = append(write.partition, write.record);
  Client& client = clients_[static_cast<std::size_t>(write.client)];
  if (client.transaction != write.record.transaction) return;  // it has gone on
  --client.unacknowledged;
  if (!written) client.failed = true;
}

// ---- partitions: what Partition::append() does

bool TransactionWorld::append(int partition, const Record& record) {
  Log& log = logs_[static_cast<std::size_t>(partition)];
  const int at = static_cast<int>(log.records.size());
  const auto verdict = log.producers.judge(header_of(record.marker.has_value(), record.producer, record.sequence, at));
  if (std::holds_alternative<broker::ProducerState::StaleEpoch>(verdict)) return false;
  if (!record.marker) {
    if (!std::holds_alternative<broker::ProducerState::Accept>(verdict)) return false;
    const auto admitted = log.admitted.find(record.producer.id.value());
    const bool may = admitted != log.admitted.end() && admitted->second == record.producer.epoch;
    if (!may && options_.without != Without::admission) return false;
  } else {
    log.admitted.erase(record.producer.id.value());
  }
  log.records.push_back(record);
  remember(log, record, at);
  return true;
}

void TransactionWorld::remember(Log& log, const Record& record, int at) const {
  const auto header = header_of(record.marker.has_value(), record.producer, record.sequence, at);
  const auto decided = log.producers.remember(header, 0, record.marker);
  if (decided && decided->aborted) log.aborted.push_back(*decided);
}

// ---- the coordinator: what Transactions does

bool TransactionWorld::can_work(const Request& request) const {
  switch (request.stage) {
    case Request::Stage::stored:
      if (request.decided && options_.without == Without::sync_before_markers) return true;
      if (request.kind == Kind::add && options_.without == Without::sync_before_admission) return true;
      return journal_durable_ >= request.behind;
    case Request::Stage::markers_durable:
      return options_.without == Without::sync_of_markers ||
             std::ranges::all_of(request.marked, [&](const auto& marked) {
               return logs_[static_cast<std::size_t>(marked.first)].durable >= marked.second;
             });
    default:
      return true;
  }
}

void TransactionWorld::store(Request& request) {
  const auto record = broker::encode(broker::TransactionRecord{"id", transaction_.state()});
  journal_.emplace_back(as_text(*record.value));
  request.stage = Request::Stage::stored;
  request.behind = static_cast<int>(journal_.size());
  request.decided.reset();
  if (!transaction_.is_prepared()) return;
  request.decided = transaction_.state();
  being_completed_ = true;
}

void TransactionWorld::ask_coordinator(Request& request) {
  const auto fresh = ProducerId(first_producer + static_cast<std::int64_t>(journal_.size()));
  const auto protocol = options_.version2 ? broker::TransactionProtocol::v2 : broker::TransactionProtocol::v1;
  Transaction::Outcome outcome;
  if (request.kind == Kind::init) {
    outcome = transaction_.init(std::nullopt, timeout_ms, fresh, 0);
  } else if (request.kind == Kind::add) {
    outcome = transaction_.add(request.producer, {name_of(request.partition)}, protocol, 0);
  } else {
    outcome = transaction_.end(request.producer, request.marker, protocol, fresh, 0);
  }
  if (!outcome) return answer(request, outcome.error());
  if (*outcome == Transaction::Next::answer) {
    if (request.kind == Kind::add) {
      logs_[static_cast<std::size_t>(request.partition)].admitted[request.producer.id.value()] = request.producer.epoch;
    } else {
      request.producer = transaction_.producer();
    }
    return answer(request, KafkaError::none);
  }
  request.again = *outcome == Transaction::Next::end_and_retry;
  if (request.kind != Kind::add) request.producer = transaction_.producer();
  store(request);
}

void TransactionWorld::work_on(std::size_t index) {
  Request request = requests_[index];
  requests_.erase(requests_.begin() + static_cast<std::ptrdiff_t>(index));
  const bool asked = request.stage == Request::Stage::ask;
  if (asked) {
    ask_coordinator(request);
    if (request.stage != Request::Stage::ask) requests_.push_back(std::move(request));
    return;
  }
  if (request.stage == Request::Stage::stored) {
    if (request.decided) {
      request.stage = Request::Stage::markers;
      requests_.push_back(std::move(request));
    } else if (request.kind == Kind::add) {
      const bool still = transaction_.verify(request.producer, name_of(request.partition)) == KafkaError::none;
      auto& admitted = logs_[static_cast<std::size_t>(request.partition)].admitted;
      if (still) admitted[request.producer.id.value()] = request.producer.epoch;
      answer(request, still ? KafkaError::none : KafkaError::concurrent_transactions);
    } else {
      answer(request, KafkaError::none);
    }
    return;
  }
  if (request.stage == Request::Stage::markers) {
    const auto left = std::ranges::find_if(request.decided->partitions, [&](const broker::TopicPartition& partition) {
      return std::ranges::find(request.marked, partition.partition, &std::pair<int, int>::first) ==
             request.marked.end();
    });
    if (left == request.decided->partitions.end()) {
      request.stage = Request::Stage::markers_durable;
    } else {
      append(left->partition, {Transaction(*request.decided).marker(), -1, request.decided->producer, 0});
      request.marked.emplace_back(left->partition,
                                  static_cast<int>(logs_[static_cast<std::size_t>(left->partition)].records.size()));
    }
    requests_.push_back(std::move(request));
    return;
  }
  being_completed_ = false;
  transaction_.complete(0);
  journal_.emplace_back(as_text(*broker::encode(broker::TransactionRecord{"id", transaction_.state()}).value));
  request.marked.clear();
  if (!request.again) return answer(request, KafkaError::none);
  request.stage = Request::Stage::ask;
  requests_.push_back(std::move(request));
}

void TransactionWorld::look() {
  being_completed_ = true;
  Request request{.kind = Kind::expire};
  request.stage = Request::Stage::stored;
  request.decided = transaction_.state();
  requests_.push_back(std::move(request));
}

/// Kill or power loss, then a start. kept: which logs keep what was not synced.
void TransactionWorld::restart(int kept) {
  if ((kept & 1) == 0) journal_.resize(static_cast<std::size_t>(journal_durable_));
  journal_durable_ = static_cast<int>(journal_.size());
  transaction_ = {};
  being_completed_ = false;
  if (!journal_.empty()) {
    const auto key = broker::encode(broker::TransactionRecord{"id", std::nullopt}).key;
    auto record = broker::decode_transaction_record(key, as_bytes(journal_.back()));
    ensure(record && *record, "what was stored is read");
    transaction_ = Transaction(*std::move((*record)->state));
  }
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    Log& log = logs_[p];
    if ((kept >> (p + 1) & 1) == 0) log.records.resize(static_cast<std::size_t>(log.durable));
    Log again;
    again.records = std::move(log.records);
    again.durable = static_cast<int>(again.records.size());
    for (int at = 0; at < again.durable; ++at) remember(again, again.records[static_cast<std::size_t>(at)], at);
    again.producers.made_durable(Offset(again.durable));
    const bool is_part = transaction_.state().partitions.contains(name_of(static_cast<int>(p)));
    if (transaction_.is_ongoing() && is_part) {
      again.admitted[transaction_.producer().id.value()] = transaction_.producer().epoch;
    }
    log = std::move(again);
  }
  requests_.clear();
  writes_.clear();
  for (Client& client : clients_) {
    client.in_flight = false;
    if (client.unacknowledged > 0) client.failed = true;
    client.unacknowledged = 0;
  }
}

// ---- promises

std::set<int> TransactionWorld::visible(const Log& log) const {
  std::set<int> found;
  for (int n = 0; n < std::ssize(truths_); ++n) {
    if (visible_records(log, n) > 0) found.insert(n);
  }
  return found;
}

/// As Kafka's consumers read: up to the last stable offset, without what the list of aborted transactions names.
int TransactionWorld::visible_records(const Log& log, int transaction) const {
  const auto end = log.producers.last_stable(Offset(log.durable)).value();
  std::set<std::int64_t> aborted;
  int count = 0;
  for (std::int64_t at = 0; at < end; ++at) {
    const Record& record = log.records[static_cast<std::size_t>(at)];
    for (const auto& decided : log.aborted) {
      if (decided.first == Offset(at)) aborted.insert(decided.producer.value());
    }
    if (record.marker) {
      aborted.erase(record.producer.id.value());
    } else if (record.transaction == transaction && !aborted.contains(record.producer.id.value())) {
      ++count;
    }
  }
  return count;
}

void TransactionWorld::check() {
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    std::set<int> now = visible(logs_[p]);
    for (const int n : now) {
      const Truth& truth = truths_[static_cast<std::size_t>(n)];
      if (!truth.commit_asked) fail(fmt::format("transaction {} is read, but nobody has committed it", n));
      if (truth.told_aborted) fail(fmt::format("transaction {} is read, but was aborted", n));
    }
    for (const int n : seen_[p]) {
      if (!now.contains(n))
        fail(fmt::format("transaction {} was read in partition {}, and is not there any more", n, p));
    }
    seen_[p] = std::move(now);
  }
}

void TransactionWorld::settle() {
  const auto work_to_the_end = [&] {
    for (int rounds = 0; rounds < 1'000; ++rounds) {
      journal_durable_ = static_cast<int>(journal_.size());
      for (Log& log : logs_) {
        log.durable = static_cast<int>(log.records.size());
        log.producers.made_durable(Offset(log.durable));
      }
      if (transaction_.is_prepared() && !being_completed_) look();
      if (requests_.empty()) return;
      work_on(0);
      check();
    }
    fail("the coordinator does not come to an end");
  };
  work_to_the_end();
  if (transaction_.is_ongoing()) {
    transaction_.fence(0);
    Request request{.kind = Kind::expire};
    store(request);
    requests_.push_back(std::move(request));
  }
  work_to_the_end();
  while (!writes_.empty()) arrive(0);
  for (Log& log : logs_) {
    log.durable = static_cast<int>(log.records.size());
    log.producers.made_durable(Offset(log.durable));
    if (log.producers.last_stable(Offset(log.durable)) != Offset(log.durable)) {
      fail("a transaction hangs: readers of committed records wait for ever");
    }
  }
  check();
  for (int n = 0; n < std::ssize(truths_); ++n) {
    int written = 0, read = 0;
    for (const Log& log : logs_) {
      read += visible_records(log, n);
      written += static_cast<int>(
          std::ranges::count_if(log.records, [&](const Record& r) { return !r.marker && r.transaction == n; }));
    }
    const bool told = truths_[static_cast<std::size_t>(n)].told_committed;
    if (read != 0 && read != written) fail(fmt::format("of transaction {}'s {} records {} are read", n, written, read));
    if (told && read != written) fail(fmt::format("transaction {} was committed, but is not read", n));
  }
}

std::string TransactionWorld::key() const {
  KeyWriter key;
  const auto write_producer = [&](const Producer& producer) { key << producer.id.value() << producer.epoch; };
  const auto write_request = [&](const Request& request) {
    key << static_cast<int>(request.kind) << request.client << request.partition << static_cast<int>(request.marker)
        << static_cast<int>(request.stage) << request.behind << request.again << request.decided.has_value();
    write_producer(request.producer);
    for (const auto& [partition, behind] : request.marked) key << partition << behind;
    key << -2;
  };
  for (const Client& client : clients_) {
    key << client.initialized << client.gone << client.failed << client.transaction << client.unacknowledged
        << client.in_flight << client.asked.has_value();
    write_producer(client.producer);
    if (client.asked) write_request(*client.asked);
    for (const int p : client.added) key << p;
    key << -2;
    for (const auto& [p, sequence] : client.sequences) key << p << sequence;
    key << -2;
  }
  key << -3;
  for (const Request& request : requests_) write_request(request);
  key << -3;
  for (const Write& write : writes_)
    key << write.client << write.partition << write.record.transaction << write.record.sequence;
  for (std::size_t p = 0; p < logs_.size(); ++p) {
    const Log& log = logs_[p];
    key << -3 << log.durable;
    for (const Record& record : log.records) {
      key << (record.marker ? static_cast<int>(*record.marker) : 2) << record.transaction << record.sequence;
      write_producer(record.producer);
    }
    key << -2;
    for (const auto& [id, epoch] : log.admitted) key << id << epoch;
    key << -2;
    for (const int n : seen_[p]) key << n;
  }
  key << -3 << journal_durable_ << being_completed_ << crashes_ << timeouts_;
  for (const std::string& record : journal_) key << record;
  for (const Truth& truth : truths_) key << truth.commit_asked << truth.told_committed << truth.told_aborted;
  return key.take();
}

}  // namespace tickerlake::simulation
