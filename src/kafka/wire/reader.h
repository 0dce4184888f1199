#pragma once
// Decodes a message from bytes by its fields(). The first malformed byte makes it fail; what follows reads as defaults.
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "kafka/wire/api.h"

namespace tickerlake::kafka {

/// Limits on what one message may make this program allocate, beyond the size of its frame.
inline constexpr std::size_t max_array_elements = 250'000;  // all arrays of a message together
inline constexpr std::size_t max_string_length = 32'767;

/// Not thread-safe. Views in the decoded message (Records) point into the bytes given here.
class Reader {
 public:
  Reader(ByteView bytes, std::int16_t version, bool flexible) : rest_(bytes), version_(version), flexible_(flexible) {}

  std::int16_t version() const { return version_; }

  template <class T>
  void operator()(T& value, When when = {}) {
    if (!when.contains(version_)) return;
    nullable_ = version_ >= when.nullable_from;
    read(value);
  }

  /// The tagged section of a struct; the last statement of its fields(). Structs without tags need no call.
  template <class... T>
  void tags(Tag<T>... tags) {
    if (!flexible_) return;
    section_read_ = true;
    for (std::uint64_t left = unsigned_varint(); left > 0 && !failed(); --left) {
      [[maybe_unused]] const std::uint64_t number = unsigned_varint();
      Reader body(take(unsigned_varint()), version_, true);
      body.elements_ = elements_;
      (read_tag(body, number, tags), ...);
      if (body.failed()) fail(*body.failure_);
      elements_ = body.elements_;
    }
  }

  /// A struct with its tagged section.
  template <class T>
  void read_struct(T& value) {
    const bool outer = section_read_;
    section_read_ = false;
    T::fields(*this, value);
    if (!section_read_) tags();
    section_read_ = outer;
  }

  bool failed() const { return failure_.has_value(); }
  void fail(std::string what) {
    if (!failure_) failure_ = std::move(what);
    rest_ = {};
  }
  ByteView rest() const { return rest_; }
  /// ErrorCode::corrupt when anything was malformed.
  Result<void> check() const;
  /// The same, and when bytes are left over.
  Result<void> finish() const;

  std::uint64_t unsigned_varint();
  std::int64_t varint();
  ByteView take(std::uint64_t size);

 private:
  template <class T>
  void read_tag(Reader& body, std::uint64_t number, Tag<T>& tag) {
    if (tag.number == number && tag.when.contains(version_)) body.read(tag.value);
  }

  template <class T>
    requires std::is_integral_v<T>
  void read(T& value) {
    const ByteView bytes = take(sizeof(T));
    if (bytes.size() != sizeof(T)) return;
    if constexpr (std::is_same_v<T, bool>) {
      value = bytes[0] != std::byte{0};
    } else {
      value = load_big_endian<T>(bytes.data());
    }
  }
  template <class T>
    requires std::is_enum_v<T>
  void read(T& value) {
    std::underlying_type_t<T> number{};
    read(number);
    value = static_cast<T>(number);
  }
  void read(Uuid& value);
  void read(std::string& value);
  void read(std::optional<std::string>& value);
  void read(Buffer& value);
  void read(std::optional<Buffer>& value);
  void read(Records& value);
  template <class T>
  void read(std::vector<T>& value) {
    const std::int64_t count = array_length();
    if (count < 0) return fail("a null array where none may be");
    read_elements(value, count);
  }
  template <class T>
  void read(std::optional<std::vector<T>>& value) {
    const bool nullable = nullable_;
    const std::int64_t count = array_length();
    if (count < 0) {
      if (!nullable) fail("a null array where none may be");
      value.reset();
    } else {
      read_elements(value.emplace(), count);
    }
  }
  template <class T>
    requires std::is_class_v<T>
  void read(std::optional<T>& value) {  // a nullable struct: int8 −1 for null
    std::int8_t present = -1;
    read(present);
    if (present >= 0) read_struct(value.emplace(T()));
  }
  template <class T>
    requires requires(Reader& reader, T& value) { T::fields(reader, value); }
  void read(T& value) {
    read_struct(value);
  }
  template <class T>
  void read_elements(std::vector<T>& value, std::int64_t count) {
    // Not reserved ahead: memory grows only as bytes of the frame are really consumed.
    value.clear();
    for (std::int64_t i = 0; i < count && !failed(); ++i) read(value.emplace_back());
  }

  std::int64_t array_length();           // −1 for null
  std::int64_t length(bool short_form);  // −1 for null
  ByteView sized(bool short_form, bool& is_null);

  ByteView rest_;
  std::int16_t version_;
  bool flexible_;
  bool nullable_ = true;       // of the field being read
  bool section_read_ = false;  // of the struct being read
  std::size_t elements_ = 0;
  std::optional<std::string> failure_;
};

}  // namespace tickerlake::kafka
