#pragma once
// Whether every row of the files is in the topic once and in the lake once, and nothing else is there.
#include <cstdint>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "kafka/client/settings.h"
#include "pipeline/market/dataset.h"
#include "pipeline/sink/lake_store.h"
#include "pipeline/stop.h"

namespace tickerlake::drill {

/// The rows of one place: how many, and the sum of their hashes, which is the same in any order.
struct Tally {
  std::int64_t rows = 0;
  std::string checksum = {};  // 16 hexadecimal digits
};

struct Proof {
  Tally files = {}, topic = {}, lake = {};
  // Row by row, as multisets; of the topic with each row's place in the order of the replay.
  std::int64_t missing_in_topic = 0, surplus_in_topic = 0;
  std::int64_t missing_in_lake = 0, surplus_in_lake = 0;
  // What `sink verify` says.
  std::int64_t offsets = 0;         // of the topic, that plans of the lake cover
  std::int64_t offsets_behind = 0;  // of the topic, that no plan covers
  std::int64_t objects = 0;
  std::vector<std::string> problems = {};

  bool holds() const;
};

struct ProofOptions {
  std::vector<std::filesystem::path> paths = {};
  pipeline::RowFilter filter = {};
  std::string topic = {};
  std::string prefix = {};  // of the lake
  kafka::ClientSettings kafka = {};
};

/// Reads everything again: the files, every record of the topic, every object of the lake, and compares them in a
/// database in memory. Errors: cancelled, unavailable, timeout, corrupt (a record that is no row), …
Result<Proof> prove(const ProofOptions& options, pipeline::LakeStore& lake, const pipeline::Stop& stop, const Log& log);

}  // namespace tickerlake::drill
