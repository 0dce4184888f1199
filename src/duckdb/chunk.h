#pragma once
// Rows of a result: chunks of up to 2,048 rows, read column by column without a call into the library.
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "duckdb/type.h"

namespace tickerlake::duckdb {

// NOLINTNEXTLINE(bugprone-reserved-identifier): GCC's name for 128-bit integers.
__extension__ using Int128 = __int128;

/// DuckDB's interval.
struct Interval {
  std::int32_t months;
  std::int32_t days;
  std::int64_t micros;
};

/// A column of a chunk, or a part of a nested one. A view: valid while its chunk lives.
class Vector {
 public:
  struct Span {
    std::uint64_t offset;
    std::uint64_t length;
  };

  const Type& type() const { return *type_; }
  bool is_null(std::size_t row) const { return validity_ != nullptr && (validity_[row / 64] >> (row % 64) & 1) == 0; }
  /// T must be the type's physical form (type.h).
  template <class T>
  T at(std::size_t row) const {
    T value;
    std::memcpy(&value, static_cast<const std::byte*>(data_) + row * sizeof(T), sizeof(T));
    return value;
  }
  /// The bytes of a varchar or blob; valid while the chunk lives.
  std::string_view text(std::size_t row) const {
    const auto* string = static_cast<const std::byte*>(data_) + row * 16;
    std::uint32_t length;
    std::memcpy(&length, string, sizeof length);
    const char* bytes = reinterpret_cast<const char*>(string + 4);
    if (length > 12) std::memcpy(static_cast<void*>(&bytes), string + 8, sizeof bytes);
    return {bytes, length};
  }
  /// The unscaled value of a decimal of any width.
  Int128 decimal(std::size_t row) const;
  /// Where the elements of a list, array or map lie in children().
  Span span(std::size_t row) const {
    return type_->id == TypeId::array ? Span{row * type_->array_size, type_->array_size} : at<Span>(row);
  }
  /// list, array: the elements; map: keys, values; structure: its fields.
  const std::vector<Vector>& children() const { return children_; }

 private:
  friend class ChunkReader;
  const Type* type_ = nullptr;
  const void* data_ = nullptr;
  const std::uint64_t* validity_ = nullptr;  // a bit a row, 1 where it is not NULL; none: no NULLs
  std::vector<Vector> children_;
};

/// A value as DuckDB prints it, nothing for NULL.
std::optional<std::string> to_text(const Vector& vector, std::size_t row);
/// An unscaled decimal with its point: (-1234, 3) is "-1.234".
std::string decimal_text(Int128 unscaled, int scale);

class Chunk {
 public:
  std::size_t rows() const { return rows_; }
  const std::vector<Vector>& columns() const { return columns_; }
  const Vector& column(std::size_t index) const { return columns_[index]; }

 private:
  friend class ChunkReader;
  std::shared_ptr<void> handle_;
  std::size_t rows_ = 0;
  std::vector<Vector> columns_;
};

}  // namespace tickerlake::duckdb
