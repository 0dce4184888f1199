#pragma once
// Reads the rows of one market data file: quick for plain rows, patient with the others. Every row either comes out
// exactly or with a reason why not.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/market/bar.h"
#include "pipeline/market/csv_layout.h"

namespace tickerlake::pipeline {

/// Not thread-safe; the text must outlive it.
class CsvReader {
 public:
  CsvReader() = default;
  /// text is the whole file.
  CsvReader(std::string_view text, CsvLayout layout);

  enum class Next { row, bad, end };
  /// row: bar() and, if the layout has one, symbol(); bad: reason(). Empty lines are passed over.
  Next next();

  const Bar& bar() const { return bar_; }
  std::string_view symbol() const { return symbol_; }
  const std::string& reason() const { return reason_; }
  /// Of the row that came last, counted from 1.
  std::int64_t line() const { return line_; }
  const CsvLayout& layout() const { return layout_; }

 private:
  /// Moves behind the line when it holds nothing but plain fields.
  bool read_plain(const char*& line);
  bool read_carefully(std::string_view line);
  bool plain_date(const char*& at, const char* end);

  CsvLayout layout_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::int64_t line_ = 0;
  Bar bar_;
  std::string symbol_;
  std::string reason_;
  // The month of the last date, as its text "yyyy-mm-", so that most dates cost a comparison.
  char month_text_[8] = {};
  std::int32_t month_start_ = 0;  // the day before its first, since 1970
  int month_days_ = 0;
};

/// The first line without its end, behind a byte order mark; for detect_layout().
std::string_view first_line(std::string_view text);

}  // namespace tickerlake::pipeline
