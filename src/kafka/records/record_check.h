#pragma once
// Whether a batch's records can be read: what a broker asks before it hands them to every consumer.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// Walks over all records of a batch that check_batch() has passed, without a copy of them: lengths that fit, offsets
/// that count from 0, as many records as the header says and nothing behind them. ErrorCode::invalid_argument
/// (INVALID_RECORD) when they don't hold; exhausted (MESSAGE_TOO_LARGE) when the records decompress to more than
/// max_size bytes.
/// without_key: is set to the number of the first record that has no key, where a caller wants to know.
Result<void> check_records(const Batch& batch, std::size_t max_size,
                           std::optional<std::int32_t>* without_key = nullptr);

/// How many of a batch's records an answer names one by one: as many as an uncompressed batch of a mebibyte can hold.
inline constexpr std::size_t max_named_records = 150'000;
/// The numbers of the records that have no key, ascending, of a batch that check_records() has passed; at most
/// max_named_records.
Result<std::vector<std::int32_t>> records_without_key(const Batch& batch, std::size_t max_size);

}  // namespace tickerlake::kafka
