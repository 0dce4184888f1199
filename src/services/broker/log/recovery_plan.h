#pragma once
// What recovery decides about a folder's segments: where its check begins, and which of them belong to the log.
// Functions without I/O; recovery.cpp does what they say, and so does the simulation.
#include <cstdint>
#include <optional>
#include <vector>

#include "services/broker/log/checkpoint.h"

namespace tickerlake::broker {

struct SegmentFile {
  Offset base;
  std::int64_t size = 0;  // of the .log
};

/// Takes those that lie wholly below the log start off the front (retention was at removing them) and gives them.
std::vector<SegmentFile> take_expired(std::vector<SegmentFile>& segments, Offset log_start);

/// Whether the files can be those that the checkpoint was made of. Its producer snapshot must be readable, too.
bool fits(const Checkpoint& checkpoint, const std::vector<SegmentFile>& segments);

/// Where the check begins when there is no checkpoint that can be trusted: at the first batch.
LogPosition beginning(const std::vector<SegmentFile>& segments, Offset log_start);

/// Goes through the segments in their order.
class RecoveryWalk {
 public:
  enum class Fate {
    trusted,    // the checkpoint covers all of it
    check,      // its batches are checked, from check_from() on
    set_aside,  // it does not begin where the log ends: what was between did not survive
  };

  explicit RecoveryWalk(const LogPosition& from) : from_(from), next_(from.offset) {}

  Fate fate_of(Offset base) const;
  LogPosition check_from(Offset base) const { return base == from_.segment ? from_ : LogPosition{base, base, 0}; }
  /// The segment was checked, and its last whole batch ends before `next`; bytes behind it are cut. Segments behind a
  /// cut follow the log only if nothing of it is missing.
  void checked(Offset next) { next_ = next; }
  /// Where the log ends.
  Offset next() const { return next_; }

 private:
  LogPosition from_;
  Offset next_;
};

}  // namespace tickerlake::broker
