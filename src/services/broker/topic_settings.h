#pragma once
// The table of a topic's settings. Names, defaults and ranges are those of Apache Kafka 4 (LogConfig), but for smaller
// segments.
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "services/broker/topic_config.h"

namespace tickerlake::broker {

inline constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();

/// A setting: how it is shown, what it may be, where it goes. Numbers have a target.
struct Setting {
  std::string_view name;
  std::string_view broker_name;  // of the broker's setting that it falls back to; empty: there is none
  std::string_view fallback;
  ConfigType type;
  std::int64_t least = 0;
  std::int64_t most = no_limit;
  std::int64_t TopicConfig::* target = nullptr;
  std::string_view allowed;  // texts and elements of lists, ", " between them; empty: anything
  std::string_view documentation;
};

/// In the order of their names.
std::span<const Setting> topic_settings();

/// A broker's setting with the same meaning in another unit.
struct OtherUnit {
  std::string_view broker_name;
  std::string_view topic_name;
  std::int64_t factor;
};
std::span<const OtherUnit> other_units();

}  // namespace tickerlake::broker
