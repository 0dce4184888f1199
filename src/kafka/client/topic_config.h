#pragma once
// One setting of a topic.
#include <chrono>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "kafka/client/settings.h"

namespace tickerlake::kafka {

/// The value that holds for a topic, its own or the broker's default; nothing for a name that the broker doesn't know.
/// Errors as Client's.
Result<std::optional<std::string>> topic_config(const ClientSettings& settings, const std::string& topic,
                                                const std::string& name, std::chrono::milliseconds timeout,
                                                const Log& log);

}  // namespace tickerlake::kafka
