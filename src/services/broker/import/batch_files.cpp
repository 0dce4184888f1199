#include "services/broker/import/batch_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {

Result<std::int64_t> visit_batches(const io::Path& path, bool torn_end,
                                   const std::function<Result<void>(const kafka::Batch&)>& visit) {
  constexpr std::int64_t window = 4_MiB;
  TRY(const io::File file, io::File::open(path, io::File::Mode::read));
  TRY(const std::int64_t size, file.size());
  Buffer buffer;
  Offset expected;
  std::int64_t position = 0, wanted = window;
  while (position < size) {
    buffer.resize(static_cast<std::size_t>(std::min(wanted, size - position)));
    CHECK(file.read_exactly_at(position, buffer));
    ByteView rest = buffer;
    Inspection found;
    while ((found = inspect_batch(rest, expected)).verdict == Inspection::Verdict::whole) {
      const auto length = static_cast<std::size_t>(found.header.size());
      CHECK(visit({found.header, rest.first(length)}));
      rest = rest.subspan(length);
      position += found.header.size();
      expected = Offset(found.header.last_offset() + 1);
    }
    if (position == size) return 0;
    const bool cut_off = found.verdict == Inspection::Verdict::incomplete && found.needed > size - position;
    if (found.verdict == Inspection::Verdict::invalid || cut_off) {
      if (torn_end) return size - position;
      const auto parsed = kafka::parse_batch_header(rest);
      const bool old = !parsed && parsed.error().code == ErrorCode::unsupported;
      return fail(old ? ErrorCode::unsupported : ErrorCode::corrupt,
                  fmt::format("{} at byte {}: {}", path.string(), position,
                              old ? std::string_view(parsed.error().message) : found.reason));
    }
    wanted = std::max(window, found.needed);
  }
  return 0;
}

}  // namespace tickerlake::broker
