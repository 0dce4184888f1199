#pragma once
// What is taken of a KRaft node's metadata log (__cluster_metadata-0): the settings of topics.
#include <map>
#include <string>

#include "base/result.h"
#include "io/file.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// By topic. Nothing where there is no such folder (ZooKeeper kept them elsewhere).
Result<std::map<std::string, ConfigMap>> topic_configs_of(const io::Path& log_dir);

}  // namespace tickerlake::broker
