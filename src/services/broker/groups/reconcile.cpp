#include "services/broker/groups/reconcile.h"

namespace tickerlake::broker {
namespace {

bool intersect(const Assignment& left, const Assignment& right) {
  for (const auto& [topic, partitions] : left) {
    const auto other = right.find(topic);
    if (other == right.end()) continue;
    for (const std::int32_t partition : partitions) {
      if (other->second.contains(partition)) return true;
    }
  }
  return false;
}

/// Whether the member may still have one of the partitions: also when it doesn't say what it has.
bool may_own(const std::optional<Assignment>& owned, const Assignment& partitions) {
  return !partitions.empty() && (!owned || intersect(*owned, partitions));
}

bool contains(const Assignment& assignment, const TopicId& topic, std::int32_t partition) {
  const auto found = assignment.find(topic);
  return found != assignment.end() && found->second.contains(partition);
}

Reconciliation step(const Reconciliation& now, std::int32_t epoch, std::int32_t target_epoch, const Assignment& target,
                    const std::optional<Assignment>& owned, const IsFree& is_free) {
  Reconciliation next = now;
  Assignment kept, revoking, gained;
  for (const auto& [topic, partitions] : now.assigned) {
    for (const std::int32_t partition : partitions) {
      (contains(target, topic, partition) ? kept : revoking)[topic].insert(partition);
    }
  }
  bool waits = false;
  for (const auto& [topic, partitions] : target) {
    for (const std::int32_t partition : partitions) {
      if (contains(kept, topic, partition)) continue;
      if (is_free(topic, partition)) {
        gained[topic].insert(partition);
      } else {
        waits = true;
      }
    }
  }
  const auto move_to = [&](std::int32_t new_epoch) {
    if (new_epoch == next.epoch) return;
    next.previous_epoch = next.epoch;
    next.epoch = new_epoch;
  };
  if (may_own(owned, revoking)) {
    move_to(epoch);
    next.progress = Progress::unrevoked;
    next.assigned = std::move(kept);
    next.revoking = std::move(revoking);
    return next;
  }
  move_to(target_epoch);
  next.progress = waits ? Progress::unreleased : Progress::stable;
  for (auto& [topic, partitions] : gained) kept[topic].merge(partitions);
  next.assigned = std::move(kept);
  next.revoking.clear();
  return next;
}

}  // namespace

Reconciliation reconcile(const Reconciliation& now, std::int32_t target_epoch, const Assignment& target,
                         const std::optional<Assignment>& owned, const IsFree& is_free) {
  switch (now.progress) {
    case Progress::stable:
      return now.epoch == target_epoch ? now : step(now, now.epoch, target_epoch, target, owned, is_free);
    case Progress::unrevoked:
      // Once it has given up what it was told to, its epoch goes on by one, so that it is seen to have done so.
      return may_own(owned, now.revoking) ? now : step(now, now.epoch + 1, target_epoch, target, owned, is_free);
    case Progress::unreleased:
      return step(now, now.epoch, target_epoch, target, owned, is_free);
  }
  return now;
}

}  // namespace tickerlake::broker
