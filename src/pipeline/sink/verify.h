#pragma once
// Proves from the lake alone that every offset of a topic is in exactly one object, or says what is wrong
// (docs/delivery.md).
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "pipeline/sink/lake_store.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

struct VerifyOptions {
  std::string topic;
  std::string prefix;  // as SinkOptions's
};

/// What the lake holds of one partition.
struct PartitionReport {
  std::int32_t partition = 0;
  std::int64_t next_offset = 0;  // every offset before it is in a plan
  std::int64_t plans = 0;
  std::int64_t files = 0;
  std::int64_t rows = 0;
  std::int64_t file_bytes = 0;
  std::int64_t dead_letters = 0;
  std::int64_t tombstones = 0;
  std::int64_t no_record = 0;        // offsets that were never records, or gone from the topic before they were read
  std::int64_t waiting = 0;          // rows that the last plan leaves for a later one
  std::int64_t counted_offsets = 0;  // in plans of the first version, whose files don't state offsets: counts agree
  std::int64_t problems = 0;
};

struct Problem {
  std::string object;  // its key
  std::string what;
  std::string remedy;
};

struct VerifyReport {
  std::vector<PartitionReport> partitions;
  std::vector<Problem> problems;
};

/// done files of total so far.
using VerifyProgress = std::function<void(std::int64_t done, std::int64_t total, std::int64_t bytes)>;

/// Reads all plans and every byte of every file. A sink may be at work beside it: what it has not finished is reported
/// as such. Errors: not_found (the lake has no plan of this topic), unavailable, unauthorized, cancelled.
Result<VerifyReport> verify_lake(const VerifyOptions& options, LakeStore& lake, const Stop& stop,
                                 const VerifyProgress& progress, const Log& log);

}  // namespace tickerlake::pipeline
