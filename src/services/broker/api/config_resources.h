#pragma once
// ConfigResource.Type of the config APIs.
#include <cstdint>

namespace tickerlake::broker {

enum class ConfigResource : std::int8_t { topic = 2, broker = 4, broker_logger = 8, client_metrics = 16, group = 32 };

}  // namespace tickerlake::broker
