#include "kafka/client/fetched.h"

#include <algorithm>
#include <set>

#include "kafka/records/compression.h"
#include "kafka/records/record_cursor.h"
#include "kafka/records/records.h"

namespace tickerlake::kafka {
namespace {

using Aborted = FetchResponse::Topic::Partition::AbortedTransaction;

/// Which producers' transactional batches are of aborted transactions, while the batches are walked through in order.
class AbortedProducers {
 public:
  explicit AbortedProducers(std::vector<Aborted> list) : list_(std::move(list)) {
    std::ranges::sort(list_, {}, &Aborted::first_offset);
  }
  bool contains(const BatchHeader& batch) {
    for (; next_ < list_.size() && list_[next_].first_offset <= batch.last_offset(); ++next_)
      open_.insert(list_[next_].producer_id);
    return batch.is_transactional() && open_.contains(batch.producer_id);
  }
  void ended(std::int64_t producer) { open_.erase(producer); }

 private:
  std::vector<Aborted> list_;
  std::size_t next_ = 0;
  std::set<std::int64_t> open_;
};

/// A control record's key: version i16, type i16; type 0 ends an aborted transaction.
bool is_abort_marker(const Batch& batch) {
  RecordCursor cursor(batch.header, batch.payload());
  RecordView record;
  constexpr std::size_t type_at = 2, key_size = 4;
  return cursor.next(record) == RecordCursor::Step::record && record.key.size() >= key_size &&
         load_big_endian<std::int16_t>(as_bytes(record.key).data() + type_at) == 0;
}

}  // namespace

Result<Fetched> read_fetched(const FetchResponse::Topic::Partition& answer, const std::shared_ptr<const void>& memory,
                             std::int64_t position) {
  Fetched fetched{.batches = {}, .next = position};
  AbortedProducers aborted(answer.aborted_transactions.value_or(std::vector<Aborted>()));
  ByteView rest = answer.records.bytes;
  while (rest.size() >= batch_header_size) {
    TRY(const BatchHeader header, parse_batch_header(rest));
    if (header.size() > static_cast<std::int64_t>(rest.size())) break;  // brokers cut the last one off
    TRY(const Batch batch, take_batch(rest));
    const bool is_aborted = aborted.contains(header);
    if (header.last_offset() < position) continue;  // the answer begins with the whole batch of the offset
    if (!crc_matches(batch))
      return fail(ErrorCode::corrupt,
                  "the CRC of the record batch at offset " + std::to_string(header.base_offset) + " does not match");
    fetched.next = header.last_offset() + 1;
    if (header.is_control()) {
      if (is_abort_marker(batch)) aborted.ended(header.producer_id);
      continue;
    }
    if (is_aborted || header.record_count == 0) continue;
    fetched.batches.push_back({header, batch.payload(), memory});
  }
  return fetched;
}

Result<void> unpack(FetchedBatch& batch) {
  if (batch.header.codec_number() == 0) return {};
  TRY(auto records, decompress(batch.header.codec(), batch.payload, max_decompressed_batch));
  auto kept = std::make_shared<const Buffer>(std::move(records));
  batch.payload = *kept;
  batch.memory = std::move(kept);
  return {};
}

}  // namespace tickerlake::kafka
