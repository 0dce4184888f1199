#pragma once
// What a sink finds out before its first record: how far the lake is, where to begin reading, and the schema.
#include <memory>
#include <vector>

#include "kafka/client/consumer.h"
#include "pipeline/sink/flush.h"
#include "pipeline/sink/sink.h"

namespace tickerlake::pipeline {

/// Checked once, when reading begins: that the record at this offset is still the one that the last plan ended with.
struct TopicCheck {
  std::int64_t offset = -1;  // -1: nothing to check
  std::uint32_t crc = 0;
};

struct PartitionStart {
  std::unique_ptr<SinkPlanner> planner;  // its step is collect
  kafka::Watermarks watermarks;
  std::int64_t read_from = 0;
  TopicCheck check;
};

Result<std::shared_ptr<const Layout>> make_layout(Schema schema, std::string_view partition_by);
/// Of a plan that is in the lake.
Result<std::shared_ptr<const Layout>> layout_of(const Plan& plan);

/// Brings each partition's planner to its first collect step.
Result<std::vector<PartitionStart>> find_starts(const SinkOptions& options, LakeStore& lake, kafka::Consumer& consumer,
                                                const std::string& cluster, int partitions, const Stop& stop,
                                                const Log& log);

/// The layout of what is collected from now on: the schema file's, else the last plans', else the one that the topic's
/// records declare. Nothing when until_end is set and there is nothing to read.
Result<std::shared_ptr<const Layout>> find_layout(const SinkOptions& options, kafka::Consumer& consumer,
                                                  const std::vector<PartitionStart>& starts, const Stop& stop,
                                                  const Log& log);

}  // namespace tickerlake::pipeline
