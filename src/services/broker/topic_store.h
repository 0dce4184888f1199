#pragma once
// Topics on disk: a folder each, made and removed by one rename. Layout: docs/formats/log.md.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "services/broker/ids.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// A topic's file.
struct TopicRecord {
  TopicId id{};
  std::int32_t partitions = 0;
  bool internal = false;
  ConfigMap config;

  std::string encode() const;
  /// ErrorCode::corrupt.
  static Result<TopicRecord> decode(std::string_view text);
};

/// Needs one writer at a time; empty_trash() may run beside it.
class TopicStore {
 public:
  explicit TopicStore(const io::Path& directory);

  /// Names of all topics, sorted. Makes the folders if they are missing; removes half-made topics.
  Result<std::vector<std::string>> discover();
  Result<TopicRecord> read(std::string_view name) const;
  /// The topic is there, with the folders of its partitions, or it is not: a crash leaves nothing between.
  /// fill: what the partitions' folders begin with.
  using Fill = std::function<Result<void>(std::int32_t partition, const io::Path& folder)>;
  Result<void> create(std::string_view name, const TopicRecord& record, const Fill& fill = {});
  Result<void> write(std::string_view name, const TopicRecord& record);
  /// Frees the name at once and durably; the bytes go with empty_trash().
  Result<void> remove(std::string_view name);
  Result<void> empty_trash();
  io::Path partition_directory(std::string_view name, std::int32_t index) const;

 private:
  const io::Path topics_;  // <directory>/topics/<name>/{topic,<partition>/…}
  const io::Path making_;  // being made
  const io::Path trash_;   // being removed
};

}  // namespace tickerlake::broker
