#pragma once
// What a partition knows of its producers, so that a retried batch is stored once and readers of committed records know
// which transactions are undecided (KIP-98). No I/O.
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "kafka/records/batch.h"
#include "kafka/records/marker.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// How many of a producer's last batches are recognised as duplicates; Kafka's producers keep at most five in flight.
inline constexpr std::size_t remembered_batches = 5;
/// producer.id.expiration.ms by default: a producer that was silent for so long is forgotten.
inline constexpr TimestampMs producer_expiration_ms = 86'400'000;
/// Bound of memory: the producers that have been silent longest are forgotten first.
inline constexpr std::size_t max_producers = 100'000;

/// A transaction of this partition that its marker has ended.
struct DecidedTransaction {
  ProducerId producer;
  Offset first;        // of its first record
  Offset last;         // of its marker
  Offset last_stable;  // before it all other transactions were decided, too
  bool aborted = false;
};

/// What a producer wrote last: the offset its records end with (nothing when only markers are known), and its epoch.
struct LastBatch {
  std::optional<Offset> last_offset;
  std::int16_t epoch = -1;
};
using LastWritten = std::unordered_map<ProducerId, LastBatch>;

/// A producer as DescribeProducers tells it.
struct DescribedProducer {
  ProducerId id;
  std::int16_t epoch = -1;
  std::int32_t last_sequence = -1;
  TimestampMs last_seen_ms = -1;
  std::optional<Offset> transaction;  // the first record of the undecided one
  bool had_marker = false;
};

class ProducerState {
 public:
  struct Accept {};
  struct Duplicate {
    Offset base;
    Offset next;
    TimestampMs max_timestamp_ms;
  };
  struct StaleEpoch {
    std::int16_t current;
  };
  struct OutOfOrder {
    std::int32_t expected;
  };
  using Verdict = std::variant<Accept, Duplicate, StaleEpoch, OutOfOrder>;

  /// What to do with a batch that a producer sent. Changes nothing.
  Verdict judge(const kafka::BatchHeader& batch) const;
  /// Takes note of a batch in the log (base_offset is final); now_ms is when, by the wall clock, for expiry. A
  /// transaction's marker gives the transaction that it ends, if the log has records of it.
  std::optional<DecidedTransaction> remember(const kafka::BatchHeader& batch, TimestampMs now_ms,
                                             std::optional<kafka::Marker> marker = std::nullopt);
  /// Forgets producers that have been silent for so long and have no undecided transaction.
  void expire(TimestampMs now_ms, TimestampMs after_ms = producer_expiration_ms);

  /// Whether the producer has records here whose transaction is undecided.
  bool is_in_transaction(ProducerId producer) const;
  /// Everything before it belongs to no undecided transaction. A transaction stays undecided until its marker is
  /// durable, so that nobody reads by a decision that a power loss takes back.
  Offset last_stable(Offset high_watermark) const;
  /// Markers before it need not be waited for any more.
  void made_durable(Offset high_watermark);
  std::vector<DescribedProducer> describe() const;
  LastWritten last_written() const;

  std::size_t size() const { return producers_.size(); }
  /// The snapshot file's bytes (docs/formats/log.md).
  Buffer encode() const;
  /// ErrorCode::corrupt when the bytes are not a whole snapshot.
  static Result<ProducerState> decode(ByteView bytes);

 private:
  struct Batch {
    std::int32_t first_sequence;
    std::int32_t last_sequence;
    Offset base;
    Offset next;
    TimestampMs max_timestamp_ms;
  };
  struct Producer {
    std::int16_t epoch = -1;
    TimestampMs last_seen_ms = 0;
    bool had_marker = false;
    std::optional<Offset> transaction;  // its first record
    std::deque<Batch> batches;          // oldest first, at most remembered_batches
  };
  std::optional<DecidedTransaction> decide(ProducerId id, Producer& producer, Offset marker_at, kafka::Marker marker);
  void make_room();

  std::unordered_map<ProducerId, Producer> producers_;
  std::map<Offset, ProducerId> undecided_;                   // by their first records
  std::deque<std::pair<Offset, Offset>> undurable_markers_;  // first record, marker; in the order of the markers
};

}  // namespace tickerlake::broker
