#pragma once
// Subscriptions by pattern: regular expressions of RE2, which take time linear in the length of a name.
#include <set>
#include <string>
#include <vector>

#include "base/result.h"

namespace tickerlake::broker {

/// ErrorCode::invalid_argument with RE2's reason; also for one that would take much memory.
Result<void> check_topic_pattern(const std::string& pattern);

/// The names that match as a whole; none for an invalid pattern.
std::set<std::string> matching_topics(const std::string& pattern, const std::vector<std::string>& names);

}  // namespace tickerlake::broker
