#pragma once
// What a partition knows of its idempotent producers, so that a retried batch is stored once (KIP-98). No I/O.
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>
#include <variant>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "kafka/records/batch.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// How many of a producer's last batches are recognised as duplicates; Kafka's producers keep at most five in flight.
inline constexpr std::size_t remembered_batches = 5;
/// producer.id.expiration.ms: a producer that was silent for so long is forgotten.
inline constexpr TimestampMs producer_expiration_ms = 86'400'000;
/// Bound of memory: the producers that have been silent longest are forgotten first.
inline constexpr std::size_t max_producers = 100'000;

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
  /// Takes note of a batch in the log (base_offset is final); now_ms is when, by the wall clock, for expiry.
  void remember(const kafka::BatchHeader& batch, TimestampMs now_ms);
  /// Forgets producers that have been silent for producer_expiration_ms.
  void expire(TimestampMs now_ms);

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
    std::deque<Batch> batches;  // oldest first, at most remembered_batches
  };
  void make_room();

  std::unordered_map<ProducerId, Producer> producers_;
};

}  // namespace tickerlake::broker
