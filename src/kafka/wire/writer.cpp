#include "kafka/wire/writer.h"

#include "kafka/wire/reader.h"

namespace tickerlake::kafka {

void Writer::unsigned_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) frame_.bytes.push_back(static_cast<std::byte>(value | 0x80));
  frame_.bytes.push_back(static_cast<std::byte>(value));
}

void Writer::varint(std::int64_t value) {
  unsigned_varint((static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void Writer::length(std::int64_t value, bool short_form) {
  if (flexible_) {
    unsigned_varint(static_cast<std::uint64_t>(value + 1));
  } else if (short_form) {
    integer(static_cast<std::int16_t>(value));
  } else {
    integer(static_cast<std::int32_t>(value));
  }
}

void Writer::write(std::string_view value) {
  // The reader lets no longer string in, so a longer one can only be a message for people.
  value = value.substr(0, max_string_length);
  length(static_cast<std::int64_t>(value.size()), true);
  raw(as_bytes(value));
}

void Writer::write(const std::optional<std::string>& value) {
  if (value) {
    write(std::string_view(*value));
  } else {
    length(nullable_ ? -1 : 0, true);
  }
}

void Writer::write(const Buffer& value) {
  length(static_cast<std::int64_t>(value.size()), false);
  raw(value);
}

void Writer::write(const std::optional<Buffer>& value) {
  if (value) {
    write(*value);
  } else {
    length(nullable_ ? -1 : 0, false);
  }
}

void Writer::write(const Records& value) {
  if (value.is_null) return length(-1, false);
  length(value.size(), false);
  if (value.by_reference) {
    frame_.splices.push_back({frame_.bytes.size(), {}, value.bytes});
  } else if (value.slices.empty()) {
    raw(value.bytes);
  } else {
    for (const FileSlice& slice : value.slices) frame_.splices.push_back({frame_.bytes.size(), slice, {}});
  }
}

}  // namespace tickerlake::kafka
