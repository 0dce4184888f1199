#pragma once
// The committed offsets in Kafka's __consumer_offsets.
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "services/broker/journal.h"

namespace tickerlake::broker {

/// The last value of every offset in the given partitions of __consumer_offsets, deleted and undecided ones left out:
/// keys and values as Kafka wrote them. Groups' members are not taken over: they join anew.
Result<std::vector<KeyValue>> committed_offsets_of(const std::vector<io::Path>& partitions);

}  // namespace tickerlake::broker
