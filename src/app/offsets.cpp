#include "app/offsets.h"

#include <algorithm>

namespace tickerlake::app {

Result<std::optional<kafka::Watermarks>> PartitionOffsets::of(const std::string& topic,
                                                              const kafka::PartitionLayout& partition) {
  constexpr std::chrono::seconds patience{5};
  if (partition.leader < 0 || silent_.contains(partition.leader)) return std::nullopt;
  const auto marks = admin_.watermarks(topic, partition.id, patience);
  if (marks) return *marks;
  switch (marks.error().code) {
    case ErrorCode::unavailable:
    case ErrorCode::timeout:
      silent_.insert(partition.leader);
      return std::nullopt;
    case ErrorCode::not_found:  // deleted meanwhile
      return std::nullopt;
    default:
      return std::unexpected(marks.error());
  }
}

Table::Cell known_or_dash(const std::optional<std::int64_t>& number, OutputFormat format) {
  if (number) return std::to_string(*number);
  return format == OutputFormat::json ? Table::Cell() : Table::Cell("-");
}

const kafka::PartitionLayout* find_partition(const kafka::ClusterLayout& layout, const std::string& topic,
                                             std::int32_t partition) {
  const auto found = std::ranges::find(layout.topics, topic, &kafka::TopicLayout::name);
  if (found == layout.topics.end()) return nullptr;
  const auto at = std::ranges::find(found->partitions, partition, &kafka::PartitionLayout::id);
  return at == found->partitions.end() ? nullptr : &*at;
}

}  // namespace tickerlake::app
