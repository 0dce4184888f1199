#include "services/glue/crawler/csv.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::glue {
namespace {

constexpr std::size_t max_header_length = 150;
constexpr std::size_t max_columns = 10'000;

struct Cell {
  std::string text;
  bool is_quoted = false;
};
using Row = std::vector<Cell>;

/// Reads rows one after the other; quotes may hold delimiters, line ends and doubled quotes.
class RowReader {
 public:
  RowReader(std::string_view text, char delimiter, char quote) : text_(text), delimiter_(delimiter), quote_(quote) {}

  /// False at the end, or where the sample ends within a row (then is_cut()). Blank lines are skipped.
  bool next(Row& row) {
    for (;;) {
      while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
      if (at_ >= text_.size()) return false;
      row.clear();
      while (read_cell(row)) {
        if (row.size() > max_columns) return false;
      }
      return true;
    }
  }
  /// The row that next() gave ran into the end of the text.
  bool reached_end() const { return reached_end_; }

 private:
  /// True when another cell follows in this row.
  bool read_cell(Row& row) {
    auto& cell = row.emplace_back();
    if (at_ < text_.size() && text_[at_] == quote_) {
      cell.is_quoted = true;
      for (++at_; at_ < text_.size(); ++at_) {
        if (text_[at_] == quote_) {
          if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote_) break;
          ++at_;
        }
        cell.text += text_[at_];
      }
      if (at_ < text_.size()) ++at_;
    }
    const auto start = at_;
    while (at_ < text_.size() && text_[at_] != delimiter_ && text_[at_] != '\n') ++at_;
    cell.text += text_.substr(start, at_ - start);
    if (at_ >= text_.size()) {
      reached_end_ = true;
      return false;
    }
    const bool more = text_[at_++] == delimiter_;
    if (!more && !cell.text.empty() && cell.text.back() == '\r') cell.text.pop_back();
    return more;
  }

  const std::string_view text_;
  const char delimiter_;
  const char quote_;
  std::size_t at_ = 0;
  bool reached_end_ = false;
};

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// What a cell can be read as, from narrow to wide: the wider of two holds both. nothing: an empty cell.
enum class CellType : std::uint8_t { nothing, bigint, floating, text };

HiveType to_hive_type(CellType type) {
  switch (type) {
    case CellType::nothing:
      return {};
    case CellType::bigint:
      return {"bigint"};
    case CellType::floating:
      return {"double"};
    case CellType::text:
      break;
  }
  return {"string"};
}
CellType from_hive_type(const HiveType& type) {
  if (type.name.empty()) return CellType::nothing;
  if (type.name == "bigint") return CellType::bigint;
  return type.name == "double" ? CellType::floating : CellType::text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

CellType cell_type(std::string_view text) {
  text = trim(text);
  if (text.empty()) return CellType::nothing;
  const auto* begin = text.data() + (text.front() == '+' ? 1 : 0);
  const auto* end = text.data() + text.size();
  // "inf" and "nan" are words here.
  if (begin == end || (!is_digit(*begin) && *begin != '-' && *begin != '.')) return CellType::text;
  std::int64_t integer = 0;
  const auto whole = std::from_chars(begin, end, integer);
  if (whole.ec == std::errc() && whole.ptr == end) return CellType::bigint;
  // Every date begins like a number: most are told by what stops the integer.
  if (whole.ec == std::errc() && *whole.ptr != '.' && *whole.ptr != 'e' && *whole.ptr != 'E') return CellType::text;
  double number = 0;
  const auto floating = std::from_chars(begin, end, number);
  const bool is_number = floating.ec == std::errc() || floating.ec == std::errc::result_out_of_range;
  if (is_number && floating.ptr == end && std::any_of(begin, end, is_digit)) return CellType::floating;
  return CellType::text;
}

bool is_legal_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20; });
}

bool can_be_header(const Row& row) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const auto text = trim(row[i].text);
    const bool is_last = i + 1 == row.size();
    if (is_last && text.empty()) continue;  // a delimiter at the end of every line
    if (text.size() >= max_header_length || !is_legal_name(text)) return false;
    if (cell_type(text) != CellType::text) return false;
  }
  return true;
}

/// Names of columns: the header's in lower case, made different where they repeat; col0, col1, … without one.
std::vector<std::string> column_names(const Row* header, std::size_t count, const CsvClassifier& classifier) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (std::size_t i = 0; i < count; ++i) {
    std::string name;
    if (i < classifier.column_names.size()) {
      name = fold_name(classifier.column_names[i]);
    } else if (header != nullptr && i < header->size()) {
      name = fold_name(trim((*header)[i].text));
    }
    if (name.empty()) name = "col" + std::to_string(i);
    const int repeats = seen[name]++;
    if (repeats > 0) name += "_" + std::to_string(repeats);
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<Row> read_rows(std::string_view sample, bool is_whole, char delimiter, char quote) {
  RowReader reader(sample, delimiter, quote);
  std::vector<Row> rows;
  Row row;
  while (reader.next(row)) {
    if (reader.reached_end() && !is_whole && !rows.empty()) break;  // a cut row says nothing
    rows.push_back(std::move(row));
  }
  return rows;
}

/// How many columns most rows have, and the share of rows that do.
struct Regularity {
  std::size_t columns = 0;
  double share = 0;
};
Regularity measure(const std::vector<Row>& rows) {
  std::map<std::size_t, std::size_t> counts;
  for (const auto& row : rows) ++counts[row.size()];
  Regularity best;
  for (const auto& [columns, count] : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(rows.size());
    if (share > best.share) best = {columns, share};
  }
  return best;
}

constexpr double least_regular_share = 0.9;

}  // namespace

std::optional<FileSchema> infer_csv(std::string_view sample, bool is_whole, const CsvClassifier& classifier) {
  if (sample.starts_with("\xEF\xBB\xBF")) sample.remove_prefix(3);
  if (sample.find('\0') != std::string_view::npos) return std::nullopt;  // no text

  std::vector<char> delimiters = {',', '|', '\t', ';', '\x01'};
  if (classifier.delimiter) delimiters = {*classifier.delimiter};
  char delimiter = 0;
  Regularity best;
  // A look at the first rows decides between the delimiters; the rest is parsed once.
  const auto first_part = sample.substr(0, 8'192);
  for (const char candidate : delimiters) {
    const auto some =
        read_rows(first_part, is_whole && first_part.size() == sample.size(), candidate, classifier.quote);
    if (some.empty()) continue;
    const auto regularity = measure(some);
    const std::size_t least = classifier.allow_single_column ? 1 : 2;
    if (regularity.columns < least || regularity.share < least_regular_share) continue;
    if (delimiter == 0 || regularity.share > best.share + 0.05 ||
        (regularity.share > best.share - 0.05 && regularity.columns > best.columns)) {
      best = regularity;
      delimiter = candidate;
    }
  }
  if (delimiter == 0) return std::nullopt;
  FileSchema schema;
  schema.format = FileFormat::csv;
  schema.csv.delimiter = delimiter;
  schema.csv.quote = classifier.quote;
  RowReader reader(sample, delimiter, classifier.quote);
  Row first_row;
  if (!reader.next(first_row)) return std::nullopt;
  const auto is_quoted = [](const Row& row) { return std::ranges::any_of(row, &Cell::is_quoted); };
  schema.csv.is_quoted = is_quoted(first_row);
  std::vector<CellType> types(best.columns, CellType::nothing);
  Row row;
  std::int64_t row_count = 1;
  while (reader.next(row)) {
    if (reader.reached_end() && !is_whole) break;  // a cut row says nothing
    ++row_count;
    schema.csv.is_quoted = schema.csv.is_quoted || is_quoted(row);
    for (std::size_t i = 0; i < row.size() && i < types.size(); ++i) {
      if (types[i] != CellType::text) types[i] = std::max(types[i], cell_type(row[i].text));
    }
  }
  if (row_count < 2) return std::nullopt;
  switch (classifier.header) {
    case CsvClassifier::Header::present:
      schema.csv.has_header = true;
      break;
    case CsvClassifier::Header::absent:
      schema.csv.has_header = false;
      break;
    case CsvClassifier::Header::unknown:
      schema.csv.has_header =
          first_row.size() == best.columns && can_be_header(first_row) && std::ranges::any_of(types, [](CellType type) {
            return type == CellType::bigint || type == CellType::floating;
          });
  }
  if (!schema.csv.has_header) {
    for (std::size_t i = 0; i < first_row.size() && i < types.size(); ++i) {
      types[i] = std::max(types[i], cell_type(first_row[i].text));
    }
  }
  const auto names = column_names(schema.csv.has_header ? &first_row : nullptr, best.columns, classifier);
  for (std::size_t i = 0; i < names.size(); ++i) {
    schema.columns.push_back({names[i], to_hive_type(types[i])});
  }
  schema.record_count = row_count - (schema.csv.has_header ? 1 : 0);
  return schema;
}

void widen_csv(FileSchema& schema, std::string_view sample) {
  const auto first_line_end = sample.find('\n');
  if (first_line_end == std::string_view::npos) return;
  for (const auto& row : read_rows(sample.substr(first_line_end + 1), false, schema.csv.delimiter, schema.csv.quote)) {
    if (row.size() != schema.columns.size()) continue;  // cut into a quoted cell
    for (std::size_t i = 0; i < row.size(); ++i) {
      const auto known = from_hive_type(schema.columns[i].type);
      const auto type = std::max(known, cell_type(row[i].text));
      if (type != known) schema.columns[i].type = to_hive_type(type);
    }
  }
}

bool is_single_line(std::string_view sample) {
  const auto end = sample.find('\n');
  return end == std::string_view::npos || end + 1 == sample.size();
}

}  // namespace tickerlake::glue
