#include "base/thrift.h"

namespace tickerlake {
namespace {
constexpr int max_skip_depth = 32;

/// In a container a boolean is a byte; as a field it is all in the type.
ThriftReader::Type in_container(ThriftReader::Type type) {
  return type == ThriftReader::Type::boolean_true || type == ThriftReader::Type::boolean_false
             ? ThriftReader::Type::byte
             : type;
}
}  // namespace

std::uint64_t ThriftReader::varint() {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const auto part = static_cast<std::uint8_t>(byte());
    value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
    if ((part & 0x80) == 0) return value;
  }
  failed_ = true;
  return 0;
}

std::int64_t ThriftReader::integer() {
  const auto value = varint();
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::int8_t ThriftReader::byte() {
  if (failed_ || bytes_.empty()) {
    failed_ = true;
    return 0;
  }
  const auto value = static_cast<std::int8_t>(bytes_.front());
  bytes_ = bytes_.subspan(1);
  return value;
}

std::string_view ThriftReader::binary() {
  const auto length = varint();
  if (failed_ || length > bytes_.size()) {
    failed_ = true;
    return {};
  }
  const auto text = as_text(bytes_.first(length));
  bytes_ = bytes_.subspan(length);
  return text;
}

ThriftReader::List ThriftReader::list() {
  const auto head = static_cast<std::uint8_t>(byte());
  List list{static_cast<Type>(head & 0x0F), static_cast<std::size_t>(head >> 4)};
  if (list.size == 15) list.size = varint();
  // Every element takes a byte at least, so a longer list is a lie.
  if (list.size > bytes_.size()) failed_ = true;
  return failed_ ? List() : list;
}

void ThriftReader::skip(Type type, int depth) {
  if (depth > max_skip_depth) failed_ = true;
  if (failed_) return;
  switch (type) {
    case Type::boolean_true:
    case Type::boolean_false:
      return;
    case Type::byte:
      (void)byte();
      return;
    case Type::i16:
    case Type::i32:
    case Type::i64:
      (void)varint();
      return;
    case Type::floating:
      if (bytes_.size() < 8) {
        failed_ = true;
      } else {
        bytes_ = bytes_.subspan(8);
      }
      return;
    case Type::binary:
      (void)binary();
      return;
    case Type::list:
    case Type::set: {
      const auto items = list();
      for (std::size_t i = 0; i < items.size && !failed_; ++i) skip(in_container(items.element), depth + 1);
      return;
    }
    case Type::map: {
      const auto size = varint();
      if (size == 0) return;
      const auto types = static_cast<std::uint8_t>(byte());
      if (size > bytes_.size()) failed_ = true;
      for (std::uint64_t i = 0; i < size && !failed_; ++i) {
        skip(in_container(static_cast<Type>(types >> 4)), depth + 1);
        skip(in_container(static_cast<Type>(types & 0x0F)), depth + 1);
      }
      return;
    }
    case Type::structure:
      structure([&](std::int16_t, Type field) { skip(field, depth + 1); });
      return;
    case Type::stop:
      break;
  }
  failed_ = true;
}

}  // namespace tickerlake
