#include "services/broker/transactions/transaction.h"

#include <algorithm>

#include "base/panic.h"

namespace tickerlake::broker {

using kafka::KafkaError;
using kafka::Marker;
using Status = TransactionStatus;

const char* name(TransactionStatus status) {
  switch (status) {
    case Status::empty:
      return "Empty";
    case Status::ongoing:
      return "Ongoing";
    case Status::prepare_commit:
      return "PrepareCommit";
    case Status::prepare_abort:
      return "PrepareAbort";
    case Status::complete_commit:
      return "CompleteCommit";
    case Status::complete_abort:
      return "CompleteAbort";
  }
  return "Unknown";
}

Transaction::Outcome Transaction::init(const std::optional<Producer>& expected, std::int32_t timeout_ms,
                                       ProducerId fresh, TimestampMs now_ms) {
  if (expected && producer().epoch != no_epoch && expected->id != producer().id) {
    // A retry whose first answer, with a new id, was lost.
    const bool is_retry = expected->id == state_.previous_producer && expected->epoch >= last_epoch;
    if (!is_retry) return std::unexpected(KafkaError::producer_fenced);
  }
  if (is_prepared()) return std::unexpected(KafkaError::concurrent_transactions);
  if (is_ongoing()) {
    // A client that goes on after an error must be the one whose transaction this is.
    const bool is_current = !expected || expected->epoch == producer().epoch;
    if (!is_current) return std::unexpected(KafkaError::producer_fenced);
    fence(now_ms);
    state_.previous_epoch = expected ? expected->epoch : no_epoch;
    return Next::end_and_retry;
  }
  if (const KafkaError error = bump(expected, fresh); error != KafkaError::none) return std::unexpected(error);
  state_.status = Status::empty;
  state_.timeout_ms = timeout_ms;
  state_.partitions.clear();
  state_.started_ms = -1;
  state_.updated_ms = now_ms;
  return Next::store;
}

/// The next epoch for InitProducerId, or the first one of a fresh id where they are used up.
KafkaError Transaction::bump(const std::optional<Producer>& expected, ProducerId fresh) {
  const bool is_new = producer().epoch == no_epoch;
  if (expected && !is_new && expected->epoch != producer().epoch) {
    // The client's own bump, whose answer it did not get: told again. Anybody else would have reset the previous epoch.
    if (expected->epoch != state_.previous_epoch) return KafkaError::producer_fenced;
    if (producer().epoch <= last_epoch) return KafkaError::none;
  }
  const Producer old = producer();
  if (needs_producer_id()) {
    state_.previous_producer = is_new ? no_producer : old.id;
    state_.producer = {fresh, 0};
  } else {
    ++state_.producer.epoch;
  }
  state_.previous_epoch = expected ? old.epoch : no_epoch;
  return KafkaError::none;
}

Transaction::Outcome Transaction::add(const Producer& from, const std::set<TopicPartition>& partitions,
                                      TransactionProtocol protocol, TimestampMs now_ms) {
  if (from.id != producer().id) return std::unexpected(KafkaError::invalid_producer_id_mapping);
  if (from.epoch != producer().epoch) return std::unexpected(KafkaError::producer_fenced);
  if (is_prepared()) return std::unexpected(KafkaError::concurrent_transactions);
  if (is_ongoing() && std::ranges::includes(state_.partitions, partitions)) return Next::answer;
  if (!is_ongoing()) {
    state_.status = Status::ongoing;
    state_.started_ms = now_ms;
  }
  state_.protocol = protocol;
  state_.partitions.insert(partitions.begin(), partitions.end());
  state_.updated_ms = now_ms;
  return Next::store;
}

KafkaError Transaction::verify(const Producer& from, const TopicPartition& partition) const {
  if (from.id != producer().id) return KafkaError::invalid_producer_id_mapping;
  if (from.epoch != producer().epoch) return KafkaError::producer_fenced;
  if (is_prepared()) return KafkaError::concurrent_transactions;
  return is_ongoing() && state_.partitions.contains(partition) ? KafkaError::none : KafkaError::transaction_abortable;
}

Transaction::Outcome Transaction::end(const Producer& from, Marker marker, TransactionProtocol protocol,
                                      ProducerId fresh, TimestampMs now_ms) {
  const bool bumps = protocol == TransactionProtocol::v2;
  // A retry of a client that did not get the answer with its next epoch (or id).
  const bool is_retry =
      bumps && ((from.id == producer().id && from.epoch == producer().epoch - 1) ||
                (from.id == state_.previous_producer && from.epoch == last_epoch && producer().epoch == 0));
  if (!is_retry && from.id != producer().id) return std::unexpected(KafkaError::invalid_producer_id_mapping);
  if (!is_retry && from.epoch != producer().epoch) return std::unexpected(KafkaError::producer_fenced);
  const bool commits = marker == Marker::commit;
  switch (state_.status) {
    case Status::ongoing:
      if (is_retry) return std::unexpected(KafkaError::producer_fenced);  // of the transaction before this one
      return prepare(marker, protocol, fresh, now_ms);
    case Status::prepare_commit:
    case Status::prepare_abort:
      return std::unexpected(commits == (state_.status == Status::prepare_commit) ? KafkaError::concurrent_transactions
                                                                                  : KafkaError::invalid_txn_state);
    case Status::complete_commit:
    case Status::complete_abort:
      if (is_retry || !bumps) {
        if (commits == (state_.status == Status::complete_commit)) return Next::answer;
        return std::unexpected(KafkaError::invalid_txn_state);
      }
      break;
    case Status::empty:
      if (is_retry || !bumps) return std::unexpected(KafkaError::invalid_txn_state);
      break;
  }
  // Version 2: a client whose first records were refused aborts what never began; its epoch is bumped all the same.
  if (commits) return std::unexpected(KafkaError::invalid_txn_state);
  state_.started_ms = now_ms;
  state_.partitions.clear();
  return prepare(marker, protocol, fresh, now_ms);
}

Transaction::Outcome Transaction::prepare(Marker marker, TransactionProtocol protocol, ProducerId fresh,
                                          TimestampMs now_ms) {
  state_.status = marker == Marker::commit ? Status::prepare_commit : Status::prepare_abort;
  state_.protocol = protocol;
  state_.updated_ms = now_ms;
  if (protocol != TransactionProtocol::v2) return Next::end;
  state_.next_producer = producer().epoch >= last_epoch ? fresh : no_producer;
  state_.previous_epoch = producer().epoch;
  ++state_.producer.epoch;  // the markers carry it: nothing of this transaction can be written behind them
  return Next::end;
}

void Transaction::fence(TimestampMs now_ms) {
  ensure(is_ongoing(), "only an ongoing transaction is fenced");
  state_.status = Status::prepare_abort;
  state_.updated_ms = now_ms;
  state_.next_producer = no_producer;
  state_.previous_epoch = no_epoch;
  ++state_.producer.epoch;
}

void Transaction::complete(TimestampMs now_ms) {
  ensure(is_prepared(), "only a prepared transaction is completed");
  state_.status = state_.status == Status::prepare_commit ? Status::complete_commit : Status::complete_abort;
  if (state_.next_producer != no_producer) {
    state_.previous_producer = producer().id;
    state_.producer = {state_.next_producer, 0};
    state_.next_producer = no_producer;
  }
  state_.partitions.clear();
  state_.updated_ms = now_ms;
}

}  // namespace tickerlake::broker
