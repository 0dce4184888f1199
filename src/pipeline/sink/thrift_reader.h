#pragma once
// Reads Thrift's compact protocol, as far as Parquet's footer needs it. Never reads outside its bytes.
#include <cstdint>
#include <string_view>

namespace tickerlake::pipeline {

/// Walks one struct: next_field() says what comes, one of the read functions or skip() takes it. After a failure
/// everything is zero and ok() is false.
class ThriftReader {
 public:
  explicit ThriftReader(std::string_view bytes) : rest_(bytes) {}
  bool ok() const { return ok_; }

  enum Type {
    stop = 0,
    yes = 1,
    no = 2,
    byte = 3,
    i16 = 4,
    i32 = 5,
    i64 = 6,
    real = 7,
    text = 8,
    list = 9,
    set = 10,
    map = 11,
    structure = 12
  };
  struct Field {
    int id = 0;
    int type = stop;
  };
  /// last_id: of the field before in the same struct, 0 at first. Type stop at the struct's end.
  Field next_field(int last_id) {
    const unsigned head = take();
    const int type = static_cast<int>(head & 0x0F);
    if (!ok_ || type == stop) return {};
    const int delta = static_cast<int>(head >> 4);
    return {delta != 0 ? last_id + delta : static_cast<int>(number()), type};
  }
  std::int64_t number() {
    const std::uint64_t bits = varint();
    return static_cast<std::int64_t>(bits >> 1) ^ -static_cast<std::int64_t>(bits & 1);
  }
  std::string_view read_text() {
    const std::uint64_t size = varint();
    if (size > rest_.size()) return fail(), std::string_view();
    const auto result = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return result;
  }
  struct List {
    std::uint64_t size = 0;
    int type = stop;
  };
  /// An element takes at least a byte, which bounds the size.
  List read_list() {
    const unsigned head = take();
    List result{head >> 4, static_cast<int>(head & 0x0F)};
    if (result.size == 15) result.size = varint();
    if (result.size > rest_.size()) fail(), result.size = 0;
    return result;
  }
  void skip(int type, int depth = 0) {
    constexpr int max_depth = 16;
    if (depth > max_depth) return fail();
    switch (type) {
      case yes:
      case no:
        return;
      case byte:
        take();
        return;
      case i16:
      case i32:
      case i64:
        varint();
        return;
      case real:
        return drop(8);
      case text:
        read_text();
        return;
      case list:
      case set: {
        const List its = read_list();
        for (std::uint64_t i = 0; i < its.size && ok_; ++i) {
          if (its.type == yes || its.type == no)
            take();
          else
            skip(its.type, depth + 1);
        }
        return;
      }
      case structure:
        for (Field field = next_field(0); ok_ && field.type != stop; field = next_field(field.id))
          skip(field.type, depth + 1);
        return;
      default:
        fail();  // maps: Parquet has none
    }
  }

 private:
  void fail() {
    ok_ = false;
    rest_ = {};
  }
  void drop(std::size_t n) {
    if (n > rest_.size()) return fail();
    rest_.remove_prefix(n);
  }
  unsigned take() {
    if (rest_.empty()) return fail(), 0u;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const unsigned part = take();
      value |= static_cast<std::uint64_t>(part & 0x7F) << shift;
      if (part < 0x80) return ok_ ? value : 0;
    }
    return fail(), 0;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace tickerlake::pipeline
