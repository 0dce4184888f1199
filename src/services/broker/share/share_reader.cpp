#include "services/broker/share/share_reader.h"

#include <algorithm>
#include <set>

#include "services/broker/log/segment.h"

namespace tickerlake::broker {
namespace {

/// Tells the batches of aborted transactions, which are shown to it in their order (KIP-98).
class AbortedBatches {
 public:
  explicit AbortedBatches(std::vector<AbortedTransaction> aborted) : aborted_(std::move(aborted)) {
    std::ranges::sort(aborted_, {}, &AbortedTransaction::first);
  }
  bool contains(const kafka::BatchHeader& header) {
    while (begun_ < aborted_.size() && aborted_[begun_].first.value() <= header.last_offset()) {
      open_.insert(aborted_[begun_++].producer);
    }
    const ProducerId producer(header.producer_id);
    if (header.is_control()) {
      open_.erase(producer);  // its marker ends it
      return false;
    }
    return header.is_transactional() && open_.contains(producer);
  }

 private:
  std::vector<AbortedTransaction> aborted_;
  std::size_t begun_ = 0;
  std::set<ProducerId> open_;
};

}  // namespace

std::expected<ShareBatches, FetchError> ShareBatches::read(Partition& partition, Offset from, std::int64_t max_bytes,
                                                           bool at_least_one, Isolation isolation) {
  auto fetched = partition.read(from, max_bytes, at_least_one, isolation);
  if (!fetched) return std::unexpected(fetched.error());
  ShareBatches batches;
  batches.slice_ = std::move(fetched->batches);
  AbortedBatches aborted(std::move(fetched->aborted));
  const auto note = [&](const kafka::BatchHeader& header, std::int64_t position) {
    const OffsetRange range{Offset(header.base_offset), Offset(header.last_offset())};
    batches.ranges_.batches.push_back(range);
    batches.positions_.push_back(position);
    if (aborted.contains(header)) batches.ranges_.aborted.push_back(range);
    return false;
  };
  const io::FileSlice& slice = batches.slice_;
  if (slice.empty()) return batches;
  if (!find_batch(*slice.file, slice.position, slice.position + slice.length, note)) {
    return std::unexpected(FetchError::corrupt);
  }
  return batches;
}

io::FileSlice ShareBatches::slice(Offset first, Offset last) const {
  std::int64_t begin = -1, end = slice_.position + slice_.length;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const OffsetRange& range = ranges_.batches[i];
    if (range.last < first) continue;
    if (range.first > last) {
      end = positions_[i];
      break;
    }
    if (begin < 0) begin = positions_[i];
  }
  if (begin < 0) return {};
  return {slice_.file, begin, end - begin};
}

}  // namespace tickerlake::broker
