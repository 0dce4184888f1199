#pragma once
// A plan: what one flush of one partition puts into the lake, stored before any of it is uploaded
// (docs/formats/lake.md).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "pipeline/sink/offset_set.h"

namespace tickerlake::pipeline {

struct PlannedFile {
  std::string key;
  std::int64_t rows = 0;
  bool operator==(const PlannedFile&) const = default;
};

/// Every offset from first to last, both included, is a row of one of the files, a dead letter, a tombstone, left for a
/// later plan, or no record (compacted away, expired, or a transaction's marker).
struct Plan {
  static constexpr int newest_version = 2;

  int version = newest_version;  // 1 had no sets of offsets, and its files say nothing of their rows' offsets
  std::string cluster;           // the cluster's id
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::string schema;  // as Schema::json()
  std::string partition_by;
  std::vector<PlannedFile> files;
  std::int64_t rows = 0;
  std::int64_t dead_letters = 0;
  std::int64_t tombstones = 0;
  /// The last record that was read, and the CRC-32C of its key and value: shows whether a topic of this name is still
  /// the same topic. -1: the range held no record.
  std::int64_t last_record = -1;
  std::uint32_t last_record_crc = 0;
  std::string writer;  // whose run it was, with a random id: tells a lost answer to one's own PUT from another's plan
  OffsetSet dead_letter_offsets = {};
  OffsetSet tombstone_offsets = {};
  /// Rows of sparse folders wait for company: the offsets up to last that are left for a later plan, and those that
  /// earlier plans left and this one's files (or dead letters) hold.
  OffsetSet carried = {};
  OffsetSet taken = {};

  std::string json() const;
  /// ErrorCode::corrupt.
  static Result<Plan> parse(std::string_view json);
  /// The same files from the same records, whoever wrote the plan.
  bool same_content(const Plan& other) const;
  /// What earlier plans had left when this one was made: what it takes, and what it leaves in its turn.
  OffsetSet left_before() const;
  bool operator==(const Plan&) const = default;
};

/// Where plans and files of one topic lie in a bucket.
struct LakeNames {
  std::string prefix;  // of the files, without slashes at its ends; may be empty
  std::string topic;

  /// "TOPIC+3+00000000000000001024.json".
  std::string plan_name(std::int32_t partition, std::int64_t first) const;
  /// "_tickerlake/plans/PREFIX/": of all plans, those of other topics and of longer prefixes included.
  std::string plan_folder() const;
  /// "_tickerlake/plans/PREFIX/TOPIC+3+": of all plans of a partition.
  std::string plan_prefix(std::int32_t partition) const;
  /// "_tickerlake/plans/PREFIX/TOPIC+3+00000000000000001024.json".
  std::string plan_key(std::int32_t partition, std::int64_t first) const;
  /// "PREFIX/year=2016/TOPIC+3+00000000000000001024-00000000000000051023.parquet"; folder may be empty.
  std::string file_key(std::string_view folder, std::int32_t partition, std::int64_t first, std::int64_t last) const;
};

}  // namespace tickerlake::pipeline
