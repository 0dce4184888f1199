#pragma once
// A transaction's marker: the control batch that a coordinator writes to each partition of the transaction (KIP-98).
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/time.h"
#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// How the transaction ended: the control record's type.
enum class Marker : std::int16_t { abort = 0, commit = 1 };

/// A batch of one control record: key i16 version 0, i16 type; value i16 version 0, i32 coordinator epoch.
Buffer make_marker(Marker marker, std::int64_t producer_id, std::int16_t producer_epoch, TimestampMs now_ms);

/// Nothing for batches without a marker. Control batches are never compressed.
std::optional<Marker> marker_of(const Batch& batch);

}  // namespace tickerlake::kafka
