#pragma once
// Where reading begins: what --from and --to say, and which offset that is.
#include <cstdint>
#include <string>
#include <string_view>

#include "kafka/client/admin.h"

namespace tickerlake::app {

struct Start {
  enum class Kind { beginning, end, offset, last, time };
  Kind kind = Kind::beginning;
  std::int64_t value = 0;  // the offset, how many before the end, or the milliseconds since 1970
};

/// "beginning", "end", an offset, "-n" for the last n of each partition, "yyyy-mm-dd", or "yyyy-mm-ddThh:mm:ss[.mmm]Z".
/// ErrorCode::invalid_argument names the flag.
Result<Start> parse_start(std::string_view flag, std::string_view text);

/// ErrorCode::invalid_argument for an offset that the partition has not.
Result<std::int64_t> offset_of(kafka::Admin& admin, std::string_view flag, const Start& start, const std::string& topic,
                               std::int32_t partition);

}  // namespace tickerlake::app
