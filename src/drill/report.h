#pragma once
// Drills as JSON, and the distribution of their times.
#include <string>
#include <vector>

#include "drill/drill.h"

namespace tickerlake::drill {

/// One figure over all drills, in milliseconds; percentiles by nearest rank.
struct Distribution {
  std::string act = {};   // "leader"
  std::string name = {};  // "fail_over_ms"
  std::size_t count = 0;
  Ms p50 = 0, p99 = 0, least = 0, most = 0;
};
std::vector<Distribution> distributions(const std::vector<DrillReport>& drills);

/// {"drills": [...], "distributions": [...], "proof": true|false}; docs/drill.md describes it.
std::string to_json(const std::vector<DrillReport>& drills);

}  // namespace tickerlake::drill
