#include "services/athena/results/result_file.h"

#include <algorithm>

namespace tickerlake::athena {
namespace {

constexpr std::size_t read_bytes = 256 << 10;

/// Bytes of a file one after the other.
class Scanner {
 public:
  Scanner(const io::File& file, std::int64_t position) : file_(file), position_(position) {}

  /// The next byte, or -1 at the end.
  Result<int> next() {
    if (at_ == held_) {
      buffer_.resize(read_bytes);
      TRY(held_, file_.read_at(position_, buffer_));
      at_ = 0;
      if (held_ == 0) return -1;
      position_ += static_cast<std::int64_t>(held_);
    }
    return static_cast<unsigned char>(buffer_[at_++]);
  }
  std::int64_t position() const { return position_ - static_cast<std::int64_t>(held_ - at_); }

 private:
  const io::File& file_;
  std::int64_t position_;  // behind what is held
  Buffer buffer_;
  std::size_t at_ = 0, held_ = 0;
};

/// One row; nothing at the end of the file.
Result<std::optional<std::vector<Cell>>> read_row(Scanner& scanner) {
  TRY(int byte, scanner.next());
  if (byte < 0) return std::nullopt;
  std::vector<Cell> row;
  while (true) {
    Cell cell;
    if (byte == '"') {
      cell.emplace();
      while (true) {
        TRY(byte, scanner.next());
        if (byte < 0) return fail(ErrorCode::corrupt, "the result file ends within a value");
        if (byte == '"') {
          TRY(byte, scanner.next());
          if (byte != '"') break;
        }
        *cell += static_cast<char>(byte);
      }
    } else {
      while (byte >= 0 && byte != ',' && byte != '\n') {
        if (!cell) cell.emplace();
        *cell += static_cast<char>(byte);
        TRY(byte, scanner.next());
      }
    }
    row.push_back(std::move(cell));
    if (byte != ',') return row;
    TRY(byte, scanner.next());
  }
}

std::int64_t bytes_of(const std::vector<Cell>& row) {
  std::int64_t bytes = 0;
  for (const auto& cell : row) bytes += static_cast<std::int64_t>(cell ? cell->size() : 0) + 24;
  return bytes;
}

/// Rows that read() gives, until one of the bounds.
template <class Read>
Result<CsvPage> read_page(const io::File& file, std::int64_t position, std::size_t limit, Read read) {
  Scanner scanner(file, position);
  CsvPage page;
  std::int64_t bytes = 0;
  while (page.rows.size() < limit && bytes < max_page_bytes) {
    TRY(auto row, read(scanner));
    if (!row) return page;
    bytes += bytes_of(*row);
    page.rows.push_back(std::move(*row));
  }
  TRY(const auto size, file.size());
  if (scanner.position() < size) page.next = scanner.position();
  return page;
}

Result<std::optional<std::vector<Cell>>> read_line(Scanner& scanner) {
  TRY(int byte, scanner.next());
  if (byte < 0) return std::nullopt;
  std::string line;
  while (byte >= 0 && byte != '\n') {
    line += static_cast<char>(byte);
    TRY(byte, scanner.next());
  }
  return std::vector<Cell>{std::move(line)};
}

void append_varint(std::string& text, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) text += static_cast<char>(value | 0x80);
  text += static_cast<char>(value);
}
void append_number(std::string& text, int field, std::uint64_t value) {
  append_varint(text, static_cast<std::uint64_t>(field) << 3);
  append_varint(text, value);
}
void append_bytes(std::string& text, int field, std::string_view value) {
  append_varint(text, static_cast<std::uint64_t>(field) << 3 | 2);
  append_varint(text, value.size());
  text += value;
}

}  // namespace

void append_csv_value(std::string& text, std::string_view value) {
  text += '"';
  for (std::size_t start = 0; start < value.size();) {
    const auto quote = std::min(value.find('"', start), value.size());
    text += value.substr(start, quote - start);
    if (quote < value.size()) text += "\"\"";
    start = quote + 1;
  }
  text += '"';
}

void append_csv_row(std::string& text, const std::vector<std::string>& cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) text += ',';
    append_csv_value(text, cells[i]);
  }
  text += '\n';
}

Result<CsvPage> read_csv_page(const io::File& file, std::int64_t position, std::size_t limit) {
  return read_page(file, position, limit, read_row);
}

Result<CsvPage> read_text_page(const io::File& file, std::int64_t position, std::size_t limit) {
  return read_page(file, position, limit, read_line);
}

std::string encode_metadata(const std::vector<ResultColumn>& columns) {
  constexpr std::uint64_t nullable_unknown = 3;
  std::string text;
  for (const auto& column : columns) {
    std::string entry;
    append_bytes(entry, 1, "hive");
    append_bytes(entry, 4, column.name);
    append_bytes(entry, 5, column.name);
    append_bytes(entry, 6, column.type_name);
    append_number(entry, 7, static_cast<std::uint64_t>(column.precision));
    append_number(entry, 8, static_cast<std::uint64_t>(column.scale));
    append_number(entry, 9, nullable_unknown);
    append_number(entry, 10, column.case_sensitive ? 1 : 0);
    append_bytes(text, 4, entry);
  }
  return text;
}

}  // namespace tickerlake::athena
