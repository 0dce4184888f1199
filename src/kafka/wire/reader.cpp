#include "kafka/wire/reader.h"

namespace tickerlake::kafka {

Result<void> Reader::check() const {
  if (failure_) return tickerlake::fail(ErrorCode::corrupt, *failure_);
  return {};
}

Result<void> Reader::finish() const {
  CHECK(check());
  if (!rest_.empty()) {
    return tickerlake::fail(ErrorCode::corrupt, std::to_string(rest_.size()) + " bytes are left behind the last field");
  }
  return {};
}

ByteView Reader::take(std::uint64_t size) {
  if (size > rest_.size()) {
    fail("a field of " + std::to_string(size) + " bytes where " + std::to_string(rest_.size()) + " are left");
    return {};
  }
  const ByteView taken = rest_.first(size);
  rest_ = rest_.subspan(size);
  return taken;
}

std::uint64_t Reader::unsigned_varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    if (rest_.empty()) {
      fail("a variable-length integer is cut off");
      return 0;
    }
    const auto byte = std::to_integer<std::uint64_t>(rest_[0]);
    rest_ = rest_.subspan(1);
    value |= (byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  fail("a variable-length integer has more than 10 bytes");
  return 0;
}

std::int64_t Reader::varint() {
  const std::uint64_t zigzag = unsigned_varint();
  return static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
}

std::int64_t Reader::length(bool short_form) {
  if (flexible_) {
    const std::uint64_t plus_one = unsigned_varint();
    if (plus_one > std::numeric_limits<std::int32_t>::max()) {
      fail("a length of more than 31 bits");
      return -1;
    }
    return static_cast<std::int64_t>(plus_one) - 1;
  }
  if (short_form) {
    std::int16_t value = -1;
    read(value);
    return value;
  }
  std::int32_t value = -1;
  read(value);
  return value;
}

std::int64_t Reader::array_length() {
  const std::int64_t count = length(false);
  if (count < -1) {
    fail("an array of negative length");
    return -1;
  }
  // An element takes at least one byte, so a longer array can't be there; this bounds the loop before it starts.
  if (count > static_cast<std::int64_t>(rest_.size())) {
    fail("an array of " + std::to_string(count) + " elements in " + std::to_string(rest_.size()) + " bytes");
    return 0;
  }
  if (count > 0) elements_ += static_cast<std::size_t>(count);
  if (elements_ > max_array_elements) {
    fail("more than " + std::to_string(max_array_elements) + " array elements in a message");
    return 0;
  }
  return count;
}

ByteView Reader::sized(bool short_form, bool& is_null) {
  const std::int64_t size = length(short_form);
  is_null = size < 0;
  if (size < -1) fail("a field of negative length");
  if (short_form && size > static_cast<std::int64_t>(max_string_length)) {
    fail("a string of " + std::to_string(size) + " bytes");
    return {};
  }
  return is_null ? ByteView{} : take(static_cast<std::uint64_t>(size));
}

void Reader::read(Uuid& value) {
  const ByteView bytes = take(value.bytes.size());
  if (!bytes.empty()) std::copy(bytes.begin(), bytes.end(), value.bytes.begin());
}

void Reader::read(std::string& value) {
  bool is_null = false;
  const ByteView bytes = sized(true, is_null);
  if (is_null) return fail("a null string where none may be");
  value.assign(as_text(bytes));
}

void Reader::read(std::optional<std::string>& value) {
  const bool nullable = nullable_;
  bool is_null = false;
  const ByteView bytes = sized(true, is_null);
  if (is_null) {
    if (!nullable) fail("a null string where none may be");
    value.reset();
  } else {
    value.emplace(as_text(bytes));
  }
}

void Reader::read(Buffer& value) {
  bool is_null = false;
  const ByteView bytes = sized(false, is_null);
  if (is_null) return fail("null bytes where none may be");
  value.assign(bytes.begin(), bytes.end());
}

void Reader::read(std::optional<Buffer>& value) {
  bool is_null = false;
  const ByteView bytes = sized(false, is_null);
  if (is_null) {
    value.reset();
  } else {
    value.emplace(bytes.begin(), bytes.end());
  }
}

void Reader::read(Records& value) {
  bool is_null = false;
  value.bytes = sized(false, is_null);
  value.is_null = is_null;
}

}  // namespace tickerlake::kafka
