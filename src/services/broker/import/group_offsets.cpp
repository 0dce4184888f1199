#include "services/broker/import/group_offsets.h"

#include <map>

#include "kafka/records/marker.h"
#include "services/broker/import/batch_files.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/segment_listing.h"

namespace tickerlake::broker {
namespace {

/// Keys of version 0 and 1 are those of offsets; 2 and above are groups'.
bool is_offset_key(ByteView key) { return key.size() >= 2 && load_big_endian<std::int16_t>(key.data()) <= 1; }

class OffsetsReplay {
 public:
  Result<void> take(const kafka::Batch& batch) {
    if (const auto marker = kafka::marker_of(batch)) {
      auto& pending = pending_[batch.header.producer_id];
      for (KeyValue& record : pending) {
        if (*marker == kafka::Marker::commit) put(std::move(record));
      }
      pending_.erase(batch.header.producer_id);
      return {};
    }
    if (batch.header.is_control()) return {};
    return for_each_keyed(batch, [&](const kafka::Record& record) {
      if (!is_offset_key(*record.key)) return;
      KeyValue found{Buffer(record.key->begin(), record.key->end()), std::nullopt};
      if (record.value) found.value = Buffer(record.value->begin(), record.value->end());
      if (batch.header.is_transactional()) {
        pending_[batch.header.producer_id].push_back(std::move(found));
      } else {
        put(std::move(found));
      }
    });
  }
  void end_partition() { pending_.clear(); }
  std::vector<KeyValue> result() {
    std::vector<KeyValue> records;
    for (auto& [key, value] : last_) records.push_back({key, std::move(value)});
    return records;
  }

 private:
  void put(KeyValue record) {
    if (record.value) {
      last_[std::move(record.key)] = *std::move(record.value);
    } else {
      last_.erase(record.key);
    }
  }

  std::map<Buffer, Buffer> last_;
  std::map<std::int64_t, std::vector<KeyValue>> pending_;  // by producer
};

}  // namespace

Result<std::vector<KeyValue>> committed_offsets_of(const std::vector<io::Path>& partitions) {
  OffsetsReplay replay;
  for (const io::Path& partition : partitions) {
    TRY(const auto bases, segment_bases(partition));
    for (const Offset base : bases) {
      CHECK(visit_batches(partition / segment_file_name(base, ".log"), base == bases.back(),
                          [&](const kafka::Batch& batch) { return replay.take(batch); }));
    }
    replay.end_partition();
  }
  return replay.result();
}

}  // namespace tickerlake::broker
