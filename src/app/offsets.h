#pragma once
// Where partitions begin and end, on clusters some of whose brokers may be down.
#include <optional>
#include <set>
#include <string>

#include "app/output.h"
#include "kafka/client/admin.h"

namespace tickerlake::app {

/// A broker that doesn't answer costs one wait, not one for each partition that it leads. Not thread-safe.
class PartitionOffsets {
 public:
  explicit PartitionOffsets(kafka::Admin& admin) : admin_(admin) {}

  /// Nothing while nobody can say it: the partition has no leader, or the leader doesn't answer.
  Result<std::optional<kafka::Watermarks>> of(const std::string& topic, const kafka::PartitionLayout& partition);

 private:
  kafka::Admin& admin_;
  std::set<std::int32_t> silent_;  // leaders that didn't answer
};

/// A number that may be unknown: "-" for people, null in JSON.
Table::Cell known_or_dash(const std::optional<std::int64_t>& number, OutputFormat format);

/// The one partition of a layout, if it is there.
const kafka::PartitionLayout* find_partition(const kafka::ClusterLayout& layout, const std::string& topic,
                                             std::int32_t partition);

}  // namespace tickerlake::app
