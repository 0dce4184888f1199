#include "pipeline/market/dataset.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "pipeline/market/csv_reader.h"

namespace tickerlake::pipeline {
namespace {

namespace fs = std::filesystem;

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

std::string upper(std::string_view text) {
  std::string result;
  for (const char c : text) result += upper(c);
  return result;
}

bool is_market_file(const fs::path& path) {
  const std::string name = upper(path.filename().string());
  if (name.starts_with('.')) return false;
  return name.ends_with(".US.TXT") || name.ends_with(".CSV") || name.ends_with(".TSV");
}

/// What one pass over a file tells.
struct FileScan {
  std::vector<Series> series;
  std::int64_t rows = 0;
  std::optional<std::int32_t> first_day;
  std::optional<std::int32_t> last_day;
  bool empty = false;
  std::int64_t bad_rows = 0;
  std::vector<BadRow> bad_rows_listed;

  void take(std::int32_t day) {
    ++rows;
    first_day = std::min(first_day.value_or(day), day);
    last_day = std::max(last_day.value_or(day), day);
  }
  void reject(const fs::path& path, std::int64_t line, std::string reason) {
    ++bad_rows;
    if (bad_rows_listed.size() < Dataset::max_bad_rows_listed)
      bad_rows_listed.push_back({path.string(), line, std::move(reason)});
  }
};

/// Day-first or month-first, when some date of the file tells; such dates are rare, so the first line decides whether
/// to look.
Result<DateOrder> find_date_order(std::string_view text, const CsvLayout& layout) {
  const auto date_column = static_cast<std::size_t>(
      std::find(layout.columns.begin(), layout.columns.end(), Column::date) - layout.columns.begin());
  std::optional<DateOrder> found;
  text.remove_prefix(byte_order_mark_length(text));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    for (std::size_t i = 0; i < date_column; ++i) {
      const auto separator = field.find(layout.separator);
      field = separator == field.npos ? std::string_view() : field.substr(separator + 1);
    }
    field = field.substr(0, std::min(field.find(layout.separator), field.size()));
    if (field.size() > 4 && field[4] == '-') return DateOrder::day_first;  // 2016-…: there is nothing to find out
    const auto order = date_order_of(field);
    if (order && found && *order != *found)
      return fail(ErrorCode::corrupt, "dates are day-first in some rows and month-first in others");
    if (order) found = order;
  }
  return found.value_or(DateOrder::day_first);
}

void scan_symbol_of_its_own(FileScan& scan, const fs::path& path, std::size_t index, CsvReader reader,
                            const RowFilter& filter) {
  Series series{.symbol = symbol_of(path), .file = index, .layout = reader.layout(), .in_memory = false, .bars = {}};
  const bool wanted = filter.takes_symbol(series.symbol);
  const CsvReader from_start = reader;
  bool sorted = true;
  std::optional<std::int32_t> previous;
  const std::int64_t rows_before = scan.rows;
  for (auto next = reader.next(); next != CsvReader::Next::end; next = reader.next()) {
    if (next == CsvReader::Next::bad) {
      if (wanted) scan.reject(path, reader.line(), reader.reason());
      continue;
    }
    const std::int32_t day = reader.bar().day;
    if (!wanted || !filter.takes_day(day)) continue;
    sorted = sorted && (!previous || day >= *previous);
    previous = day;
    scan.take(day);
  }
  if (scan.rows == rows_before) return;
  if (!sorted) {
    series.in_memory = true;
    reader = from_start;
    for (auto next = reader.next(); next != CsvReader::Next::end; next = reader.next())
      if (next == CsvReader::Next::row && filter.takes_day(reader.bar().day)) series.bars.push_back(reader.bar());
    std::stable_sort(series.bars.begin(), series.bars.end(), [](const Bar& a, const Bar& b) { return a.day < b.day; });
  }
  scan.series.push_back(std::move(series));
}

void scan_symbols_inside(FileScan& scan, const fs::path& path, std::size_t index, CsvReader reader,
                         const RowFilter& filter) {
  std::map<std::string, std::vector<Bar>, std::less<>> by_symbol;
  for (auto next = reader.next(); next != CsvReader::Next::end; next = reader.next()) {
    if (next == CsvReader::Next::bad) {
      scan.reject(path, reader.line(), reader.reason());
      continue;
    }
    const std::int32_t day = reader.bar().day;
    if (!filter.takes_day(day) || !filter.takes_symbol(reader.symbol())) continue;
    auto place = by_symbol.find(reader.symbol());
    if (place == by_symbol.end()) place = by_symbol.emplace(reader.symbol(), std::vector<Bar>()).first;
    place->second.push_back(reader.bar());
    scan.take(day);
  }
  for (auto& [symbol, bars] : by_symbol) {
    std::stable_sort(bars.begin(), bars.end(), [](const Bar& a, const Bar& b) { return a.day < b.day; });
    scan.series.push_back(
        {.symbol = symbol, .file = index, .layout = reader.layout(), .in_memory = true, .bars = std::move(bars)});
  }
}

FileScan scan_file(const fs::path& path, std::string_view text, std::size_t index, const RowFilter& filter) {
  FileScan scan;
  if (text.empty()) {
    scan.empty = true;
    return scan;
  }
  auto layout = detect_layout(first_line(text));
  if (!layout) {
    scan.reject(path, 1, layout.error().message);
    return scan;
  }
  const auto order = find_date_order(text.substr(text.find('\n') == text.npos ? 0 : text.find('\n') + 1), *layout);
  if (!order) {
    scan.reject(path, 0, order.error().message);
    return scan;
  }
  layout->date_order = *order;
  CsvReader reader(text, *layout);
  if (layout->has_symbol)
    scan_symbols_inside(scan, path, index, std::move(reader), filter);
  else
    scan_symbol_of_its_own(scan, path, index, std::move(reader), filter);
  return scan;
}

}  // namespace

bool RowFilter::takes_symbol(std::string_view symbol) const {
  if (symbols.empty()) return true;
  const std::string name = upper(symbol);
  return std::any_of(symbols.begin(), symbols.end(), [&](const std::string& wanted) { return upper(wanted) == name; });
}

std::string symbol_of(const fs::path& file) {
  std::string name = upper(file.filename().string());
  for (const std::string_view ending : {".TXT", ".CSV", ".TSV"})
    if (name.ends_with(ending) && name.size() > ending.size()) name.resize(name.size() - ending.size());
  if (name.ends_with(".US") && name.size() > 3) name.resize(name.size() - 3);
  return name;
}

Result<std::vector<fs::path>> find_market_files(const std::vector<fs::path>& paths) {
  std::vector<fs::path> files;
  for (const auto& path : paths) {
    std::error_code error;
    const auto status = fs::status(path, error);
    if (status.type() == fs::file_type::not_found)
      return fail(ErrorCode::not_found, path.string() + ": no such file or folder");
    if (!fs::is_directory(status)) {
      files.push_back(path);
      continue;
    }
    fs::recursive_directory_iterator entry(path, fs::directory_options::follow_directory_symlink, error);
    if (error) return fail(ErrorCode::io, path.string() + ": " + error.message());
    for (; entry != fs::recursive_directory_iterator(); entry.increment(error)) {
      if (error) return fail(ErrorCode::io, path.string() + ": " + error.message());
      std::error_code ignored;
      if (entry->is_regular_file(ignored) && is_market_file(entry->path())) files.push_back(entry->path());
    }
  }
  std::set<fs::path> seen;
  std::erase_if(files, [&](const fs::path& file) {
    std::error_code error;
    const fs::path real = fs::canonical(file, error);
    return !seen.insert(error ? file : real).second;
  });
  if (files.empty()) return fail(ErrorCode::not_found, "no market data: found no *.us.txt, *.csv or *.tsv");
  std::sort(files.begin(), files.end());
  return files;
}

Result<Dataset> open_dataset(const std::vector<fs::path>& paths, RowFilter filter, const Stop& stop) {
  Dataset dataset;
  dataset.filter = std::move(filter);
  TRY(dataset.paths, find_market_files(paths));
  for (const auto& path : dataset.paths) {
    TRY(auto file, MappedFile::open(path));
    dataset.files.push_back(std::move(file));
  }

  std::vector<FileScan> scans(dataset.files.size());
  std::atomic<std::size_t> next_file = 0;
  const auto work = [&] {
    for (std::size_t i = next_file++; i < scans.size() && !stop.requested(); i = next_file++)
      scans[i] = scan_file(dataset.paths[i], dataset.files[i].text(), i, dataset.filter);
  };
  {
    constexpr unsigned max_threads = 4;
    std::vector<std::jthread> threads;
    for (unsigned i = 1; i < std::min(max_threads, std::thread::hardware_concurrency()); ++i)
      threads.emplace_back(work);
    work();
  }
  if (stop.requested()) return fail(ErrorCode::cancelled, "stopped while reading the files");

  std::optional<std::int32_t> first, last;
  for (auto& scan : scans) {
    dataset.rows += scan.rows;
    dataset.empty_files += scan.empty ? 1 : 0;
    dataset.bad_rows += scan.bad_rows;
    if (scan.first_day) first = std::min(first.value_or(*scan.first_day), *scan.first_day);
    if (scan.last_day) last = std::max(last.value_or(*scan.last_day), *scan.last_day);
    for (auto& series : scan.series) dataset.series.push_back(std::move(series));
    for (auto& row : scan.bad_rows_listed)
      if (dataset.bad_rows_listed.size() < Dataset::max_bad_rows_listed)
        dataset.bad_rows_listed.push_back(std::move(row));
  }
  dataset.first_day = first.value_or(0);
  dataset.last_day = last.value_or(0);
  std::stable_sort(dataset.series.begin(), dataset.series.end(), [](const Series& a, const Series& b) {
    return a.symbol != b.symbol ? a.symbol < b.symbol : a.file < b.file;
  });
  return dataset;
}

}  // namespace tickerlake::pipeline
