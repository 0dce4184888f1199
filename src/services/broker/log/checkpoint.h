#pragma once
// The partition's checkpoint: up to where the log, its indexes and the producer snapshot are known to be on disk.
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "io/file.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// A place in the log: `offset` is the first record at `position` of the segment that begins with `segment`.
struct LogPosition {
  Offset offset;
  Offset segment;
  std::int64_t position = 0;

  auto operator<=>(const LogPosition& other) const { return offset <=> other.offset; }
  bool operator==(const LogPosition& other) const = default;
};

/// Everything before `recovery` needs no check at the next start. A clean stop leaves it at the end of the log, so
/// that nothing is scanned; this is all there is to the "clean shutdown marker".
struct Checkpoint {
  Offset log_start;
  LogPosition recovery;
  bool has_producers = false;  // a snapshot belongs to it
  Offset cleaned;              // where compaction's last pass ended: before it offsets may be missing

  std::string encode() const;
  /// ErrorCode::corrupt.
  static Result<Checkpoint> decode(std::string_view text);
};

inline constexpr const char* checkpoint_file_name = "checkpoint";

/// Nothing when the folder has none. ErrorCode::corrupt.
Result<std::optional<Checkpoint>> read_checkpoint(const io::Path& directory);
/// In place of the one that is there, in one step and synced.
Result<void> write_checkpoint(const io::Path& directory, const Checkpoint& checkpoint);

}  // namespace tickerlake::broker
