#pragma once
// Thrift's compact protocol, as far as Parquet's page headers and footer need it.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickerlake::pipeline {

/// Writes one struct; nested ones by begin_struct()/end_struct(). Field ids must rise within a struct.
class ThriftWriter {
 public:
  explicit ThriftWriter(std::string& to) : to_(to) {}

  void field_i16(int id, std::int64_t value) { head(id, 4), zigzag(value); }
  void field_i32(int id, std::int64_t value) { head(id, 5), zigzag(value); }
  void field_i64(int id, std::int64_t value) { head(id, 6), zigzag(value); }
  void field_bool(int id, bool value) { head(id, value ? 1 : 2); }
  void field_text(int id, std::string_view value) { head(id, 8), text(value); }
  void begin_struct(int id) { head(id, 12), last_ids_.push_back(0); }
  void end_struct() {
    to_ += '\0';
    last_ids_.pop_back();
  }
  void empty_struct(int id) { begin_struct(id), end_struct(); }

  enum class Element { i32 = 5, text = 8, structure = 12 };
  void begin_list(int id, Element element, std::size_t size) {
    head(id, 9);
    if (size < 15) {
      to_ += static_cast<char>(size << 4 | static_cast<unsigned>(element));
    } else {
      to_ += static_cast<char>(0xF0 | static_cast<unsigned>(element));
      varint(size);
    }
  }
  void element_i32(std::int64_t value) { zigzag(value); }
  void element_text(std::string_view value) { text(value); }
  void begin_element_struct() { last_ids_.push_back(0); }
  /// Ends the outermost struct.
  void finish() { to_ += '\0'; }

 private:
  void head(int id, int type) {
    int& last = last_ids_.back();
    const int delta = id - last;
    last = id;
    if (delta > 0 && delta <= 15) {
      to_ += static_cast<char>(delta << 4 | type);
    } else {
      to_ += static_cast<char>(type);
      zigzag(id);
    }
  }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) to_ += static_cast<char>(value | 0x80);
    to_ += static_cast<char>(value);
  }
  void zigzag(std::int64_t value) {
    varint(static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
  }
  void text(std::string_view value) {
    varint(value.size());
    to_ += value;
  }

  std::string& to_;
  std::vector<int> last_ids_ = {0};
};

}  // namespace tickerlake::pipeline
