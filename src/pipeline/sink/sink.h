#pragma once
// A Kafka topic into Parquet files of a lake: every offset in exactly one file (docs/delivery.md says why).
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "kafka/client/settings.h"
#include "pipeline/sink/lake_store.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

/// What becomes of records without a value.
enum class Tombstones { skip, dead_letter };

struct SinkOptions {
  std::string topic;
  std::string prefix;  // of the files' keys in the bucket, without slashes at its ends: "stock_prices"
  /// "year", "month", "day" (of the schema's time field), "none", or a field's name. Empty: as the schema says.
  std::string partition_by;
  // A partition's rows go to the lake when one of these is reached.
  std::int64_t flush_rows = 1'000'000;
  std::int64_t flush_bytes = 256_MiB;                // of record values
  std::chrono::milliseconds flush_interval{10'000};  // since its first record came
  std::chrono::milliseconds flush_idle{0};           // since its last record came; 0: not for that
  /// Rows of a sparse folder (less than a hundredth of the largest one's) wait so long for more of their kind, so that
  /// late rows don't make a tiny file with each flush; 0: not at all.
  std::chrono::milliseconds late_wait{60'000};
  /// Of rows and dead letters over all partitions, those on their way into the lake included. The largest partition is
  /// flushed first; nothing is read while uploads alone take that much.
  std::int64_t memory_bytes = 1_GiB;
  Tombstones tombstones = Tombstones::skip;
  bool until_end = false;  // return once everything is in the lake that was in the topic at the start
  std::optional<std::filesystem::path> schema_file;
  std::string group;  // under which progress shows as lag; empty: "tickerlake-sink-TOPIC"
  kafka::ClientSettings kafka;
};

struct SinkProgress {
  std::int64_t rows_read = 0;
  std::int64_t rows_in_lake = 0;
  std::int64_t records_total = 0;  // with until_end: to read in this run; else 0
  std::int64_t bytes_read = 0;     // of record values
  std::int64_t files = 0;
  std::int64_t read_lag = 0;       // offsets of the topic that were not read yet
  std::int64_t durable_lag = 0;    // offsets that are not in the lake yet
  std::int64_t newest_row_ms = 0;  // time of the newest record in the lake that this run wrote; 0: none
  std::int64_t dead_letters = 0;
  double seconds = 0;
};
/// Called about ten times a second on the thread of sink().
using SinkProgressCallback = std::function<void(const SinkProgress&)>;

struct SinkSummary {
  std::int64_t rows = 0;          // written to the lake in this run
  std::int64_t dead_letters = 0;  // records sent to TOPIC.dlq
  std::int64_t tombstones = 0;    // records without a value: no row, but counted in their plan
  std::int64_t plans = 0;
  std::int64_t files = 0;
  std::int64_t file_bytes = 0;
  std::int64_t completed_plans = 0;  // left over by an earlier sink and finished by this one
  std::int64_t durable_lag = 0;      // offsets that were not in the lake at the end
  std::int64_t newest_row_ms = 0;    // as SinkProgress's
  double seconds = 0;
  bool interrupted = false;
};

/// Runs until the end (until_end) or until stopped; without until_end that is its only way to return without an error.
/// Errors: conflict (another sink writes this topic to this place), not_found (topic), invalid_argument (schema),
/// corrupt (the lake's plans are of another topic), unavailable, unauthorized, io.
Result<SinkSummary> sink(const SinkOptions& options, LakeStore& lake, const Stop& stop,
                         const SinkProgressCallback& progress, const Log& log);

}  // namespace tickerlake::pipeline
