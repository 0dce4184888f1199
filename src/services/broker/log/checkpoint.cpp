#include "services/broker/log/checkpoint.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace tickerlake::broker {

std::string Checkpoint::encode() const {
  return fmt::format("version 1\nlog_start {}\noffset {}\nsegment {}\nposition {}\nproducers {}\ncleaned {}\n",
                     log_start.value(), recovery.offset.value(), recovery.segment.value(), recovery.position,
                     has_producers ? 1 : 0, cleaned.value());
}

Result<Checkpoint> Checkpoint::decode(std::string_view text) {
  static constexpr std::array<std::string_view, 7> names = {"version ",  "log_start ", "offset ", "segment ",
                                                            "position ", "producers ", "cleaned "};
  std::array<std::int64_t, names.size()> values{};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i == names.size() - 1 && text.empty()) break;  // written before there was compaction
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (end == std::string_view::npos || !line.starts_with(names[i])) {
      return fail(ErrorCode::corrupt, fmt::format("checkpoint: line {} is not \"{}…\"", i + 1, names[i]));
    }
    line.remove_prefix(names[i].size());
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), values[i]);
    if (error != std::errc() || stop != line.data() + line.size() || values[i] < 0) {
      return fail(ErrorCode::corrupt, fmt::format("checkpoint: line {} has no number", i + 1));
    }
    text.remove_prefix(end + 1);
  }
  if (values[0] != 1) return fail(ErrorCode::corrupt, fmt::format("checkpoint: version {} is unknown", values[0]));
  return Checkpoint{
      Offset(values[1]), {Offset(values[2]), Offset(values[3]), values[4]}, values[5] != 0, Offset(values[6])};
}

Result<std::optional<Checkpoint>> read_checkpoint(const io::Path& directory) {
  const auto text = io::read_file(directory / checkpoint_file_name);
  if (!text) {
    if (text.error().code == ErrorCode::not_found) return std::optional<Checkpoint>();
    return std::unexpected(text.error());
  }
  TRY(const Checkpoint checkpoint, Checkpoint::decode(*text));
  return std::optional<Checkpoint>(checkpoint);
}

Result<void> write_checkpoint(const io::Path& directory, const Checkpoint& checkpoint) {
  return io::write_file_atomically(directory / checkpoint_file_name, checkpoint.encode());
}

}  // namespace tickerlake::broker
