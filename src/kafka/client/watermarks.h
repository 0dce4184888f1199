#pragma once
// Where a partition begins and ends.
#include <cstdint>

namespace tickerlake::kafka {

struct Watermarks {
  std::int64_t low = 0;   // the first offset that is still there
  std::int64_t high = 0;  // the offset that the next record will get; to a consumer, behind finished transactions only
};

}  // namespace tickerlake::kafka
