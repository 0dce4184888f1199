#pragma once
// Folders and files of market data as one set of series: found, looked through once, and ready to be merged.
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pipeline/market/bar.h"
#include "pipeline/market/csv_layout.h"
#include "pipeline/market/mapped_file.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

/// Which rows take part; an empty list of symbols means all.
struct RowFilter {
  std::optional<std::int32_t> from;  // days since 1970, included
  std::optional<std::int32_t> to;    // included
  std::vector<std::string> symbols;  // upper and lower case are the same
  bool takes_day(std::int32_t day) const { return (!from || day >= *from) && (!to || day <= *to); }
  bool takes_symbol(std::string_view symbol) const;
};

struct BadRow {
  std::string file;
  std::int64_t line = 0;
  std::string reason;
};

/// The rows of one symbol in one file, in the order of their dates: read from the file as they are needed when they are
/// sorted there, else held in memory.
struct Series {
  std::string symbol;
  std::size_t file = 0;  // index in Dataset::files
  CsvLayout layout;
  bool in_memory = false;
  std::vector<Bar> bars;
};

struct Dataset {
  static constexpr std::size_t max_bad_rows_listed = 1'000;

  std::vector<std::filesystem::path> paths;
  std::vector<MappedFile> files;
  std::vector<Series> series;  // ordered by symbol, then path: the order of rows of one day
  RowFilter filter;
  std::int64_t rows = 0;  // that the filter takes
  std::int32_t first_day = 0;
  std::int32_t last_day = 0;
  std::int64_t empty_files = 0;
  std::int64_t bad_rows = 0;
  std::vector<BadRow> bad_rows_listed;
};

/// "aapl.us.txt" holds AAPL: the file's name in upper case without its extension and ".us".
std::string symbol_of(const std::filesystem::path& file);

/// Files as they are, folders recursively for *.us.txt, *.csv and *.tsv; each file once, in the order of their paths.
/// ErrorCode::not_found for a path that isn't there, and for no file at all.
Result<std::vector<std::filesystem::path>> find_market_files(const std::vector<std::filesystem::path>& paths);

/// Reads every file once (on as many threads as there are cores, four at most): counts rows, lists the bad ones, finds
/// out what is sorted.
Result<Dataset> open_dataset(const std::vector<std::filesystem::path>& paths, RowFilter filter, const Stop& stop);

}  // namespace tickerlake::pipeline
