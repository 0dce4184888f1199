#pragma once
// Reads Thrift's compact protocol, as far as Parquet's footer needs it. Every length is checked against what is left.
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace tickerlake {

/// Reads front to back. After the first error every read gives zeros, and failed() tells.
class ThriftReader {
 public:
  enum class Type : std::uint8_t {
    stop = 0,
    boolean_true = 1,
    boolean_false = 2,
    byte = 3,
    i16 = 4,
    i32 = 5,
    i64 = 6,
    floating = 7,
    binary = 8,
    list = 9,
    set = 10,
    map = 11,
    structure = 12,
  };
  struct List {
    Type element = Type::stop;
    std::size_t size = 0;
  };

  explicit ThriftReader(ByteView bytes) : bytes_(bytes) {}
  bool failed() const { return failed_; }

  std::int64_t integer();  // i16, i32, i64
  std::int8_t byte();
  std::string_view binary();
  List list();
  void skip(Type type) { skip(type, 0); }

  /// on_field(id, type) for each field of a structure; it reads or skips the value. A boolean has none: its type is it.
  template <class OnField>
  void structure(OnField on_field) {
    std::int16_t id = 0;
    while (!failed_) {
      const auto head = static_cast<std::uint8_t>(byte());
      const auto type = static_cast<Type>(head & 0x0F);
      if (type == Type::stop) return;
      const int delta = head >> 4;
      id = static_cast<std::int16_t>(delta != 0 ? id + delta : integer());
      on_field(id, type);
    }
  }

 private:
  std::uint64_t varint();
  void skip(Type type, int depth);

  ByteView bytes_;
  bool failed_ = false;
};

}  // namespace tickerlake
