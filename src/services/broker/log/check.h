#pragma once
// fsck of one partition's folder: docs/formats/log.md is what it is held against.
#include <functional>
#include <vector>

#include "kafka/records/batch.h"
#include "services/broker/topic_config.h"
#include "services/fsck/fsck.h"

namespace tickerlake::broker {

/// what_it_holds: behind the offsets that a finding says are lost ("of topic prices, partition 3").
void check_partition(services::Fsck& fsck, const io::Path& directory, const TopicConfig& config,
                     const std::string& what_it_holds);

}  // namespace tickerlake::broker
