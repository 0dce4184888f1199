#include "kafka/records/record_cursor.h"

namespace tickerlake::kafka {
namespace {

/// A zigzag varint; false when it is cut off or longer than ten bytes.
bool read_varint(const std::byte*& at, const std::byte* end, std::int64_t& value) {
  if (at != end && (*at & std::byte{0x80}) == std::byte{0}) [[likely]] {
    const auto zigzag = static_cast<std::uint64_t>(*at++);
    value = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
    return true;
  }
  std::uint64_t zigzag = 0;
  for (int shift = 0; shift < 64 && at != end; shift += 7) {
    const auto byte = static_cast<std::uint64_t>(*at++);
    zigzag |= (byte & 0x7F) << shift;
    if ((byte & 0x80) != 0) continue;
    value = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
    return true;
  }
  return false;
}

/// Bytes behind their length, −1 for null.
bool read_text(const std::byte*& at, const std::byte* end, bool& is_there, std::string_view& text) {
  std::int64_t size = 0;
  if (!read_varint(at, end, size) || size < -1 || size > end - at) return false;
  is_there = size >= 0;
  text = is_there ? std::string_view(reinterpret_cast<const char*>(at), static_cast<std::size_t>(size))
                  : std::string_view();
  at += text.size();
  return true;
}

/// Wraps instead of overflowing: deltas are a peer's.
std::int64_t sum(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Walks over headers; false when they are malformed.
template <class See>
bool walk_headers(const std::byte*& at, const std::byte* end, const See& see) {
  std::int64_t count = 0;
  if (!read_varint(at, end, count) || count < 0) return false;
  for (; count > 0; --count) {
    bool has_name = false, has_value = false;
    std::string_view name, value;
    if (!read_text(at, end, has_name, name) || !has_name || !read_text(at, end, has_value, value)) return false;
    see(name, has_value, value);
  }
  return true;
}

}  // namespace

RecordCursor::Step RecordCursor::next(RecordView& record) {
  if (read_ >= header_.record_count) return at_ == end_ ? Step::end : Step::malformed;
  std::int64_t size = 0, timestamp_delta = 0, offset_delta = 0;
  if (!read_varint(at_, end_, size) || size < 1 || size > end_ - at_) return Step::malformed;
  const std::byte* at = at_ + 1;  // behind the attributes: none are defined
  const std::byte* const end = at_ + size;
  if (!read_varint(at, end, timestamp_delta) || !read_varint(at, end, offset_delta) ||
      !read_text(at, end, record.has_key, record.key) || !read_text(at, end, record.has_value, record.value))
    return Step::malformed;
  record.headers = {at, static_cast<std::size_t>(end - at)};
  if (!walk_headers(at, end, [](std::string_view, bool, std::string_view) {}) || at != end) return Step::malformed;
  record.timestamp =
      header_.is_log_append_time() ? header_.max_timestamp : sum(header_.base_timestamp, timestamp_delta);
  record.offset = sum(header_.base_offset, offset_delta);
  at_ = end;
  ++read_;
  return Step::record;
}

std::optional<std::string_view> find_header(ByteView headers, std::string_view name) {
  std::optional<std::string_view> found;
  const std::byte* at = headers.data();
  const bool is_whole = walk_headers(at, headers.data() + headers.size(),
                                     [&](std::string_view its_name, bool has_value, std::string_view value) {
                                       if (its_name != name) return;
                                       found = has_value ? std::optional(value) : std::nullopt;
                                     });
  if (!is_whole) return std::nullopt;
  return found;
}

std::vector<HeaderView> list_headers(ByteView headers) {
  std::vector<HeaderView> list;
  const std::byte* at = headers.data();
  const bool is_whole = walk_headers(at, headers.data() + headers.size(),
                                     [&](std::string_view name, bool has_value, std::string_view value) {
                                       list.push_back({name, has_value ? std::optional(value) : std::nullopt});
                                     });
  if (!is_whole) list.clear();
  return list;
}

}  // namespace tickerlake::kafka
