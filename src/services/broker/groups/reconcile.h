#pragma once
// The step of a member towards its target: first it gives up what is not its own any more, then its epoch moves on,
// then it gets what others have given up (KIP-848). A pure function.
#include <functional>

#include "services/broker/groups/consumer_group_types.h"

namespace tickerlake::broker {

/// Whether nobody else has the partition.
using IsFree = std::function<bool(const TopicId& topic, std::int32_t partition)>;

/// owned: what the member says it has, if it says so. What it was told to give up counts as its own until it says that
/// it has.
Reconciliation reconcile(const Reconciliation& now, std::int32_t target_epoch, const Assignment& target,
                         const std::optional<Assignment>& owned, const IsFree& is_free);

}  // namespace tickerlake::broker
