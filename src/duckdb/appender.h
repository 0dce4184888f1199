#pragma once
// The fast way into a table: columns of a chunk are written in place, then appended whole.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "duckdb/database.h"

namespace tickerlake::duckdb {

/// Fills one chunk after the other:
///   auto* days = appender.column<std::int32_t>(1);          // again after every append()
///   for (row…) { appender.set_text(0, row, symbol); days[row] = …; }
///   CHECK(appender.append(rows));
/// Not thread-safe. The table holds the rows after close().
class Appender {
 public:
  static Result<Appender> open(Connection& connection, const std::string& table);
  ~Appender();
  Appender(Appender&&) noexcept;
  Appender& operator=(Appender&&) noexcept;

  /// Rows that fit a chunk (2,048).
  std::size_t capacity() const;
  const std::vector<Type>& types() const;

  /// The column's values, capacity() of them; T is its physical form (type.h): date int32, bigint int64,
  /// decimal(18,6) int64. Valid until the next append().
  template <class T>
  T* column(std::size_t index) {
    return static_cast<T*>(data_[index]);
  }
  /// A varchar (valid UTF-8) or blob. The bytes are copied.
  void set_text(std::size_t column, std::size_t row, std::string_view text);
  void set_null(std::size_t column, std::size_t row);

  /// Appends the first rows of the chunk and starts an empty one. rows ≤ capacity().
  Result<void> append(std::size_t rows);
  /// Writes what is buffered to the table; nothing may follow.
  Result<void> close();

 private:
  struct Impl;
  explicit Appender(std::unique_ptr<Impl> impl);
  void refresh();
  std::unique_ptr<Impl> impl_;
  std::vector<void*> data_;
};

}  // namespace tickerlake::duckdb
