#include "services/s3/api/range.h"

#include <algorithm>

#include "services/s3/api/request.h"

namespace tickerlake::s3 {

ApiResult<std::optional<ByteRange>> parse_range(std::string_view header, std::int64_t size) {
  const auto out_of_range = [&] {
    return std::unexpected(ApiError(Code::InvalidRange)
                               .with("RangeRequested", std::string(header.substr(0, 100)))
                               .with("ActualObjectSize", std::to_string(size)));
  };
  if (!header.starts_with("bytes=")) return std::nullopt;
  const std::string_view range = header.substr(6);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos || range.find(',') != std::string_view::npos) return std::nullopt;
  const std::string_view from = range.substr(0, dash);
  const std::string_view to = range.substr(dash + 1);
  if (from.empty()) {
    const auto last = parse_number(to);
    if (!last || *last < 0) return std::nullopt;
    if (*last == 0 || size == 0) return out_of_range();
    const std::int64_t length = std::min(*last, size);
    return ByteRange{size - length, length};
  }
  const auto first = parse_number(from);
  const auto last = to.empty() ? std::optional(size - 1) : parse_number(to);
  if (!first || !last || *first < 0 || (!to.empty() && *last < *first)) return std::nullopt;
  if (*first >= size) return out_of_range();
  return ByteRange{*first, std::min(*last, size - 1) - *first + 1};
}

}  // namespace tickerlake::s3
