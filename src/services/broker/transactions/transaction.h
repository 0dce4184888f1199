#pragma once
// One transactional id, as a state machine: no I/O, no clock, no threads, no locks.
//
//             add()              end(), init() of another instance, time-out         all markers are written
//   empty ───────────► ongoing ──────────────────────────────────────────► prepare ─────────────────────────► complete
//                         ▲                                          (commit or abort)                    (commit or
//                         abort) └───────────────────────────── add()
//                         ─────────────────────────────────────────────────┘
//
// A transaction is decided in the moment at which its prepare state is on disk: from then on it is completed, whatever
// happens. Before, nothing of it can be seen by readers of committed records. Source: KIP-98, KIP-360 (epochs that a
// client may bump), KIP-890 (version 2: each transaction has an epoch of its own).
#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>

#include "base/time.h"
#include "kafka/errors.h"
#include "kafka/records/marker.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// The numbers are those of __transaction_state.
enum class TransactionStatus : std::int8_t {
  empty = 0,
  ongoing = 1,
  prepare_commit = 2,
  prepare_abort = 3,
  complete_commit = 4,
  complete_abort = 5,
};
/// As ListTransactions tells it: "Ongoing", …
const char* name(TransactionStatus status);

inline constexpr ProducerId no_producer{-1};
inline constexpr std::int16_t no_epoch = -1;
/// Epochs end one below the largest, so that a fence can always be one above what clients have.
inline constexpr std::int16_t last_epoch = 32'766;

struct Producer {
  ProducerId id = no_producer;
  std::int16_t epoch = no_epoch;
  bool operator==(const Producer&) const = default;
};

/// The protocol of the client that speaks: version 2's epochs change with each transaction (KIP-890).
enum class TransactionProtocol : std::int16_t { v1 = 0, v2 = 2 };

/// All that is stored of a transactional id.
struct TransactionState {
  Producer producer;
  ProducerId previous_producer = no_producer;  // before the epochs of its id were used up
  ProducerId next_producer = no_producer;      // that complete() will change to
  std::int16_t previous_epoch = no_epoch;      // of the client whose epoch was bumped last; not stored
  std::int32_t timeout_ms = 0;
  TransactionStatus status = TransactionStatus::empty;
  TransactionProtocol protocol = TransactionProtocol::v1;
  std::set<TopicPartition> partitions;
  TimestampMs started_ms = -1;
  TimestampMs updated_ms = -1;
  bool operator==(const TransactionState&) const = default;
};

class Transaction {
 public:
  Transaction() = default;
  explicit Transaction(TransactionState state) : state_(std::move(state)) {}

  /// What has to be done after a request that was not refused.
  enum class Next {
    answer,         // nothing changed
    store,          // the state, then answer
    end,            // store the state, write the markers, complete(), then answer
    end_and_retry,  // the same, but then the request comes again
  };
  using Outcome = std::expected<Next, kafka::KafkaError>;

  /// InitProducerId. expected: what the client had before, if it tells (KIP-360). fresh: an id that nobody has, taken
  /// when needs_producer_id(). The answer is producer().
  Outcome init(const std::optional<Producer>& expected, std::int32_t timeout_ms, ProducerId fresh, TimestampMs now_ms);
  /// AddPartitionsToTxn and its like.
  Outcome add(const Producer& producer, const std::set<TopicPartition>& partitions, TransactionProtocol protocol,
              TimestampMs now_ms);
  /// Whether the partition is part of the producer's ongoing transaction.
  kafka::KafkaError verify(const Producer& producer, const TopicPartition& partition) const;
  /// EndTxn.
  Outcome end(const Producer& producer, kafka::Marker marker, TransactionProtocol protocol, ProducerId fresh,
              TimestampMs now_ms);
  /// Whether the transaction has gone on for longer than its time-out.
  bool is_overdue(TimestampMs now_ms) const { return is_ongoing() && now_ms - state_.started_ms >= state_.timeout_ms; }
  /// Aborts the ongoing transaction and shuts its producer out: the markers carry a larger epoch.
  void fence(TimestampMs now_ms);
  /// All markers of a prepared transaction are on disk.
  void complete(TimestampMs now_ms);

  const TransactionState& state() const { return state_; }
  const Producer& producer() const { return state_.producer; }
  bool needs_producer_id() const { return producer().id == no_producer || producer().epoch >= last_epoch; }
  bool is_ongoing() const { return state_.status == TransactionStatus::ongoing; }
  bool is_prepared() const {
    return state_.status == TransactionStatus::prepare_commit || state_.status == TransactionStatus::prepare_abort;
  }
  /// What the markers of a prepared transaction say.
  kafka::Marker marker() const {
    return state_.status == TransactionStatus::prepare_commit ? kafka::Marker::commit : kafka::Marker::abort;
  }

 private:
  kafka::KafkaError bump(const std::optional<Producer>& expected, ProducerId fresh);
  Outcome prepare(kafka::Marker marker, TransactionProtocol protocol, ProducerId fresh, TimestampMs now_ms);

  TransactionState state_;
};

}  // namespace tickerlake::broker
