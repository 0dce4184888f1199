#include "services/broker/groups/topic_pattern.h"

#include <re2/re2.h>

#include "base/bytes.h"

namespace tickerlake::broker {
namespace {

constexpr std::int64_t max_pattern_memory = 1_MiB;

RE2::Options options() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_pattern_memory);
  return options;
}

}  // namespace

Result<void> check_topic_pattern(const std::string& pattern) {
  const RE2 compiled(pattern, options());
  if (compiled.ok()) return {};
  return fail(ErrorCode::invalid_argument, compiled.error());
}

std::set<std::string> matching_topics(const std::string& pattern, const std::vector<std::string>& names) {
  const RE2 compiled(pattern, options());
  std::set<std::string> matching;
  if (!compiled.ok()) return matching;
  for (const std::string& name : names) {
    if (RE2::FullMatch(name, compiled)) matching.insert(name);
  }
  return matching;
}

}  // namespace tickerlake::broker
