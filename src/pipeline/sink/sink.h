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

struct SinkOptions {
  std::string topic;
  std::string prefix;  // of the files' keys in the bucket, without slashes at its ends: "stock_prices"
  /// "year", "month", "day" (of the schema's time field), "none", or a field's name. Empty: as the schema says.
  std::string partition_by;
  // A partition's rows go to the lake when one of these is reached.
  std::int64_t flush_rows = 1'000'000;
  std::int64_t flush_bytes = 256_MiB;  // of record values
  std::chrono::milliseconds flush_interval{10'000};
  std::int64_t memory_bytes = 1_GiB;  // of rows held over all partitions; the largest is flushed first
  bool until_end = false;             // return once everything is in the lake that was in the topic at the start
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
  double seconds = 0;
  bool interrupted = false;
};

/// Runs until the end (until_end) or until stopped; without until_end that is its only way to return without an error.
/// Errors: conflict (another sink writes this topic to this place), not_found (topic), invalid_argument (schema),
/// corrupt (the lake's plans are of another topic), unavailable, unauthorized, io.
Result<SinkSummary> sink(const SinkOptions& options, LakeStore& lake, const Stop& stop,
                         const SinkProgressCallback& progress, const Log& log);

}  // namespace tickerlake::pipeline
