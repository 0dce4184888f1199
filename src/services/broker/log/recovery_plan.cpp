#include "services/broker/log/recovery_plan.h"

#include <algorithm>

namespace tickerlake::broker {

std::vector<SegmentFile> take_expired(std::vector<SegmentFile>& segments, Offset log_start) {
  std::vector<SegmentFile> expired;
  while (segments.size() > 1 && segments[1].base <= log_start) {
    expired.push_back(segments.front());
    segments.erase(segments.begin());
  }
  return expired;
}

bool fits(const Checkpoint& checkpoint, const std::vector<SegmentFile>& segments) {
  return std::ranges::any_of(segments, [&](const SegmentFile& segment) {
    return segment.base == checkpoint.recovery.segment && segment.size >= checkpoint.recovery.position;
  });
}

LogPosition beginning(const std::vector<SegmentFile>& segments, Offset log_start) {
  const Offset first = segments.empty() ? log_start : segments.front().base;
  return {first, first, 0};
}

RecoveryWalk::Fate RecoveryWalk::fate_of(Offset base) const {
  if (base < from_.segment) return Fate::trusted;
  return base == from_.segment || base == next_ ? Fate::check : Fate::set_aside;
}

}  // namespace tickerlake::broker
