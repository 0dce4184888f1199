#include "services/broker/log/producer_state.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "base/digest.h"

namespace tickerlake::broker {

namespace {

constexpr std::int16_t snapshot_version = 2, version_without_transactions = 1;
constexpr std::size_t snapshot_header_size = 2 + 4 + 4;  // version, CRC of what follows it, count
constexpr std::size_t producer_size = 8 + 2 + 8 + 1;     // id, epoch, last seen, number of batches
constexpr std::size_t transaction_size = 1 + 8;          // had a marker, first offset; since version 2
constexpr std::size_t snapshot_batch_size = 4 + 4 + 8 + 8 + 8;

std::int32_t sequence_after(std::int32_t sequence) {
  return sequence == std::numeric_limits<std::int32_t>::max() ? 0 : sequence + 1;
}

/// Writes fields one after the other.
class Writer {
 public:
  explicit Writer(Buffer& out) : out_(out) {}
  template <class Integer>
  void put(Integer value) {
    out_.resize(out_.size() + sizeof value);
    store_big_endian(out_.data() + out_.size() - sizeof value, value);
  }

 private:
  Buffer& out_;
};

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}
  bool has(std::size_t n) const { return bytes_.size() >= n; }
  bool at_end() const { return bytes_.empty(); }
  /// The caller has checked has().
  template <class Integer>
  Integer get() {
    const auto value = load_big_endian<Integer>(bytes_.data());
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }

 private:
  ByteView bytes_;
};

}  // namespace

ProducerState::Verdict ProducerState::judge(const kafka::BatchHeader& batch) const {
  const auto found = producers_.find(ProducerId(batch.producer_id));
  if (found == producers_.end()) return Accept{};  // its earlier batches may have expired: any sequence may be right
  const Producer& producer = found->second;
  if (batch.producer_epoch < producer.epoch) return StaleEpoch{producer.epoch};
  if (batch.producer_epoch > producer.epoch) {
    if (batch.base_sequence != 0) return OutOfOrder{0};
    return Accept{};
  }
  for (const Batch& earlier : producer.batches) {
    if (earlier.first_sequence == batch.base_sequence && earlier.last_sequence == batch.last_sequence()) {
      return Duplicate{earlier.base, earlier.next, earlier.max_timestamp_ms};
    }
  }
  const std::int32_t expected = producer.batches.empty() ? 0 : sequence_after(producer.batches.back().last_sequence);
  if (batch.base_sequence != expected) return OutOfOrder{expected};
  return Accept{};
}

std::optional<DecidedTransaction> ProducerState::remember(const kafka::BatchHeader& batch, TimestampMs now_ms,
                                                          std::optional<kafka::Marker> marker) {
  if (!batch.has_producer()) return std::nullopt;
  const ProducerId id(batch.producer_id);
  if (producers_.size() >= max_producers && !producers_.contains(id)) make_room();
  Producer& producer = producers_[id];
  if (batch.producer_epoch != producer.epoch) {
    producer.epoch = batch.producer_epoch;
    producer.batches.clear();
  }
  producer.last_seen_ms = now_ms;
  if (batch.is_control()) {  // written by the coordinator: moves the epoch, has no sequence
    return marker ? decide(id, producer, Offset(batch.base_offset), *marker) : std::nullopt;
  }
  if (batch.is_transactional() && !producer.transaction) {
    producer.transaction = Offset(batch.base_offset);
    undecided_.emplace(*producer.transaction, id);
  }
  producer.batches.push_back({batch.base_sequence, batch.last_sequence(), Offset(batch.base_offset),
                              Offset(batch.last_offset() + 1), batch.max_timestamp});
  if (producer.batches.size() > remembered_batches) producer.batches.pop_front();
  return std::nullopt;
}

std::optional<DecidedTransaction> ProducerState::decide(ProducerId id, Producer& producer, Offset marker_at,
                                                        kafka::Marker marker) {
  producer.had_marker = true;
  if (!producer.transaction) return std::nullopt;  // none of its records came here
  DecidedTransaction decided;
  decided.producer = id;
  decided.first = *producer.transaction;
  decided.last = marker_at;
  decided.aborted = marker == kafka::Marker::abort;
  undecided_.erase(decided.first);
  producer.transaction.reset();
  undurable_markers_.emplace_back(decided.first, decided.last);
  decided.last_stable = undecided_.empty() ? marker_at + 1 : undecided_.begin()->first;
  return decided;
}

bool ProducerState::is_in_transaction(ProducerId id) const {
  if (undecided_.empty()) return false;
  const auto found = producers_.find(id);
  return found != producers_.end() && found->second.transaction;
}

Offset ProducerState::last_stable(Offset high_watermark) const {
  Offset stable = high_watermark;
  if (!undecided_.empty()) stable = std::min(stable, undecided_.begin()->first);
  for (const auto& [first, marker_at] : undurable_markers_) {
    if (marker_at >= high_watermark) stable = std::min(stable, first);
  }
  return stable;
}

void ProducerState::made_durable(Offset high_watermark) {
  while (!undurable_markers_.empty() && undurable_markers_.front().second < high_watermark) {
    undurable_markers_.pop_front();
  }
}

std::vector<DescribedProducer> ProducerState::describe() const {
  std::vector<DescribedProducer> described;
  described.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) {
    const std::int32_t last = producer.batches.empty() ? -1 : producer.batches.back().last_sequence;
    described.push_back({id, producer.epoch, last, producer.last_seen_ms, producer.transaction, producer.had_marker});
  }
  return described;
}

LastWritten ProducerState::last_written() const {
  LastWritten last;
  last.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) {
    const bool has_records = !producer.batches.empty();
    last[id] = {has_records ? std::optional(producer.batches.back().next - 1) : std::nullopt, producer.epoch};
  }
  return last;
}

void ProducerState::expire(TimestampMs now_ms, TimestampMs after_ms) {
  std::erase_if(producers_, [&](const auto& entry) {
    return now_ms - entry.second.last_seen_ms >= after_ms && !entry.second.transaction;
  });
}

void ProducerState::make_room() {
  std::vector<TimestampMs> seen;
  seen.reserve(producers_.size());
  for (const auto& [id, producer] : producers_) seen.push_back(producer.last_seen_ms);
  const auto tenth = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() / 10);
  std::nth_element(seen.begin(), tenth, seen.end());
  std::erase_if(producers_,
                [&](const auto& entry) { return entry.second.last_seen_ms <= *tenth && !entry.second.transaction; });
}

Buffer ProducerState::encode() const {
  Buffer body;
  Writer writer(body);
  writer.put(static_cast<std::int32_t>(producers_.size()));
  for (const auto& [id, producer] : producers_) {
    writer.put(id.value());
    writer.put(producer.epoch);
    writer.put(producer.last_seen_ms);
    writer.put(static_cast<std::int8_t>(producer.had_marker));
    writer.put(producer.transaction ? producer.transaction->value() : std::int64_t{-1});
    writer.put(static_cast<std::int8_t>(producer.batches.size()));
    for (const Batch& batch : producer.batches) {
      writer.put(batch.first_sequence);
      writer.put(batch.last_sequence);
      writer.put(batch.base.value());
      writer.put(batch.next.value());
      writer.put(batch.max_timestamp_ms);
    }
  }
  Buffer snapshot;
  Writer header(snapshot);
  header.put(snapshot_version);
  header.put(crc32c(body));
  snapshot.insert(snapshot.end(), body.begin(), body.end());
  return snapshot;
}

Result<ProducerState> ProducerState::decode(ByteView bytes) {
  const auto corrupt = [](const char* what) {
    return fail(ErrorCode::corrupt, std::string("producer snapshot: ") + what);
  };
  Reader reader(bytes);
  if (!reader.has(snapshot_header_size)) return corrupt("it is shorter than its header");
  const auto version = reader.get<std::int16_t>();
  if (version != snapshot_version && version != version_without_transactions) {
    return corrupt("its version is unknown");
  }
  if (reader.get<std::uint32_t>() != crc32c(bytes.subspan(6))) return corrupt("its CRC does not match");
  const auto count = reader.get<std::int32_t>();
  ProducerState state;
  for (std::int32_t i = 0; i < count; ++i) {
    if (!reader.has(producer_size)) return corrupt("it ends early");
    const ProducerId id(reader.get<std::int64_t>());
    Producer& producer = state.producers_[id];
    producer.epoch = reader.get<std::int16_t>();
    producer.last_seen_ms = reader.get<std::int64_t>();
    if (version != version_without_transactions) {
      if (!reader.has(transaction_size + 1)) return corrupt("it ends early");
      producer.had_marker = reader.get<std::int8_t>() != 0;
      const Offset transaction(reader.get<std::int64_t>());
      if (transaction >= Offset(0)) {
        producer.transaction = transaction;
        if (!state.undecided_.emplace(transaction, id).second) return corrupt("two transactions begin at one offset");
      }
    }
    const auto batches = static_cast<std::size_t>(reader.get<std::uint8_t>());
    if (batches > remembered_batches || !reader.has(batches * snapshot_batch_size)) return corrupt("it ends early");
    for (std::size_t b = 0; b < batches; ++b) {
      Batch batch{};
      batch.first_sequence = reader.get<std::int32_t>();
      batch.last_sequence = reader.get<std::int32_t>();
      batch.base = Offset(reader.get<std::int64_t>());
      batch.next = Offset(reader.get<std::int64_t>());
      batch.max_timestamp_ms = reader.get<std::int64_t>();
      producer.batches.push_back(batch);
    }
  }
  if (!reader.at_end()) return corrupt("bytes follow its end");
  return state;
}

}  // namespace tickerlake::broker
