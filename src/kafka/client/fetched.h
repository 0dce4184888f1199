#pragma once
// What a fetch brought for one partition, made ready to be read: checked, without what a reader of committed records
// must not see.
#include <memory>
#include <vector>

#include "kafka/records/batch.h"
#include "kafka/wire/fetch.h"

namespace tickerlake::kafka {

struct FetchedBatch {
  BatchHeader header;
  ByteView payload;                    // records, as they are compressed
  std::shared_ptr<const void> memory;  // that the payload lies in
};

struct Fetched {
  std::vector<FetchedBatch> batches;
  std::int64_t next = 0;  // the offset to go on from
};

/// answer: without an error code; memory: what its bytes lie in; position: the offset that was asked for. Batches of
/// aborted transactions and control batches are passed over. ErrorCode::corrupt for a wrong CRC or malformed batches,
/// unsupported for formats of before Kafka 0.11.
Result<Fetched> read_fetched(const FetchResponse::Topic::Partition& answer, const std::shared_ptr<const void>& memory,
                             std::int64_t position);

/// Decompresses the payload, once. Batch by batch as they are read, so that no more than one takes the memory of its
/// full size. ErrorCode::corrupt, exhausted (more than max_decompressed_batch).
Result<void> unpack(FetchedBatch& batch);

}  // namespace tickerlake::kafka
