#pragma once
// Who the active controller of a cluster with KRaft is. Metadata can't say it: there any broker calls itself the
// controller, as it passes a controller's requests on.
#include <chrono>
#include <optional>

#include "base/log.h"
#include "base/result.h"
#include "kafka/client/cluster.h"
#include "kafka/client/settings.h"

namespace tickerlake::kafka {

/// Its node id; nothing for a cluster without KRaft, -1 while its quorum has no leader. As an active controller tells
/// it: while one is being elected the answer takes its time. Errors as Cluster's.
Result<std::optional<int>> active_controller(Cluster& cluster, const Patience& patience);
/// The same of a cluster that is asked once. Also ErrorCode::unsupported for settings that only librdkafka has.
Result<std::optional<int>> active_controller(const ClientSettings& settings, std::chrono::milliseconds timeout,
                                             const Log& log);

}  // namespace tickerlake::kafka
