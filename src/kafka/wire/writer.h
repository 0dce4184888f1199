#pragma once
// Encodes a message by its fields(). Records that lie in files become splices: their bytes are never copied here.
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kafka/wire/api.h"
#include "kafka/wire/frame.h"

namespace tickerlake::kafka {

/// Not thread-safe.
class Writer {
 public:
  Writer(std::int16_t version, bool flexible) : version_(version), flexible_(flexible) {}

  std::int16_t version() const { return version_; }

  template <class T>
  void operator()(const T& value, When when = {}) {
    if (!when.contains(version_)) return;
    nullable_ = version_ >= when.nullable_from;
    write(value);
  }

  template <class... T>
  void tags(Tag<T>... tags) {
    if (!flexible_) return;
    section_written_ = true;
    std::uint64_t count = 0;
    ((count += is_written(tags) ? 1u : 0u), ...);
    unsigned_varint(count);
    (write_tag(tags), ...);
  }

  template <class T>
  void write_struct(const T& value) {
    const bool outer = section_written_;
    section_written_ = false;
    T::fields(*this, value);
    if (!section_written_) tags();
    section_written_ = outer;
  }

  void unsigned_varint(std::uint64_t value);
  void varint(std::int64_t value);
  void raw(ByteView bytes) { frame_.bytes.insert(frame_.bytes.end(), bytes.begin(), bytes.end()); }
  template <class T>
    requires std::is_integral_v<T>
  void integer(T value) {
    const std::size_t at = frame_.bytes.size();
    frame_.bytes.resize(at + sizeof(T));
    if constexpr (sizeof(T) == 1) {
      frame_.bytes[at] = static_cast<std::byte>(value);
    } else {
      store_big_endian<T>(&frame_.bytes[at], value);
    }
  }

  /// What was written; the writer must not be used afterwards.
  Frame finish() { return std::move(frame_); }

 private:
  template <class T>
  bool is_written(const Tag<T>& tag) const {
    return tag.when.contains(version_) && !(tag.value == tag.fallback);
  }
  template <class T>
  void write_tag(const Tag<T>& tag) {
    if (!is_written(tag)) return;
    Writer body(version_, true);
    body.write(tag.value);
    unsigned_varint(tag.number);
    unsigned_varint(body.frame_.bytes.size());
    raw(body.frame_.bytes);
  }

  template <class T>
    requires std::is_integral_v<T>
  void write(T value) {
    integer(value);
  }
  template <class T>
    requires std::is_enum_v<T>
  void write(T value) {
    integer(static_cast<std::underlying_type_t<T>>(value));
  }
  void write(const Uuid& value) { raw(value.bytes); }
  void write(std::string_view value);
  void write(const std::string& value) { write(std::string_view(value)); }
  void write(const std::optional<std::string>& value);
  void write(const Buffer& value);
  void write(const std::optional<Buffer>& value);
  void write(const Records& value);
  template <class T>
  void write(const std::vector<T>& value) {
    length(static_cast<std::int64_t>(value.size()), false);
    for (const T& element : value) write(element);
  }
  template <class T>
  void write(const std::optional<std::vector<T>>& value) {
    if (value) {
      write(*value);
    } else {
      length(nullable_ ? -1 : 0, false);
    }
  }
  template <class T>
    requires std::is_class_v<T>
  void write(const std::optional<T>& value) {
    integer<std::int8_t>(value ? 1 : -1);
    if (value) write_struct(*value);
  }
  template <class T>
    requires requires(Writer& writer, const T& value) { T::fields(writer, value); }
  void write(const T& value) {
    write_struct(value);
  }
  void length(std::int64_t value, bool short_form);  // −1 for null

  Frame frame_;
  std::int16_t version_;
  bool flexible_;
  bool nullable_ = true;
  bool section_written_ = false;
};

}  // namespace tickerlake::kafka
