#pragma once
// Market data files into a Kafka topic, in the order in which history happened, every row exactly once.
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "kafka/client/settings.h"
#include "pipeline/replay/pace.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

struct ReplayOptions {
  std::vector<std::filesystem::path> paths;  // files, or folders searched for *.us.txt, *.csv and *.tsv
  std::string topic;
  std::optional<int> partitions;  // of a topic made now (default 4); another count than an existing topic's is an error
  Pace pace;
  std::optional<std::int32_t> from;  // first and last day, since 1970, both included
  std::optional<std::int32_t> to;
  std::vector<std::string> symbols;  // empty for all; upper and lower case are the same
  kafka::ClientSettings kafka;
};

struct ReplayProgress {
  std::int64_t rows_done = 0;   // sent in this run and acknowledged
  std::int64_t rows_total = 0;  // to send in this run
  std::int64_t bytes_done = 0;  // of record values
  std::int32_t day = 0;         // the market's date that plays now, days since 1970
  double seconds = 0;
};
/// Called about ten times a second on the thread of replay().
using ReplayProgressCallback = std::function<void(const ReplayProgress&)>;

/// A row that could not be imported.
struct RowProblem {
  std::string file;
  std::int64_t line = 0;  // counted from 1; 0 when it is about the whole file
  std::string reason;
};

struct ReplaySummary {
  std::int64_t files = 0;
  std::int64_t empty_files = 0;
  std::int64_t symbols = 0;
  std::int64_t rows = 0;        // in the files, within from, to and symbols
  std::int64_t rows_sent = 0;   // in this run
  std::int64_t rows_there = 0;  // found in the topic from an earlier run
  std::int64_t bytes_sent = 0;  // of record values
  std::int32_t first_day = 0;   // days since 1970
  std::int32_t last_day = 0;
  std::int64_t bad_rows = 0;  // all of them; the first thousand are in problems
  std::vector<RowProblem> problems;
  int partitions = 0;
  double seconds = 0;
  bool interrupted = false;  // stopped by the caller: the same call again goes on from here
};

/// Sends what the topic does not hold yet and returns when all of it is acknowledged. The topic is made if missing.
/// Errors: not_found (a path), invalid_argument, conflict (the topic holds other rows), unavailable (no broker), io.
Result<ReplaySummary> replay(const ReplayOptions& options, const Stop& stop, const ReplayProgressCallback& progress,
                             const Log& log);

}  // namespace tickerlake::pipeline
