// The floor: DuckDB alone turns the CSV files into zstd Parquet, sorted as the sink sorts; no log, no guarantees.
// Prints rows per second, then the rows.
#include <fmt/core.h>

#include <chrono>

#include "duckdb/database.h"
#include "io/file.h"

namespace {

using namespace tickerlake;

Result<std::int64_t> convert(const std::string& source, const io::Path& target) {
  TRY(auto database, duckdb::Database::open());
  TRY(auto connection, database.connect());
  const std::string select =
      "select regexp_extract(filename, '([^/]+)\\.us\\.txt$', 1) as symbol, * exclude (filename) from read_csv(" +
      duckdb::quote_text(source + "/**/*.txt") +
      ", filename = true, header = true, auto_detect = false, delim = ',', columns = {'Date': 'DATE', "
      "'Open': 'DECIMAL(18,6)', 'High': 'DECIMAL(18,6)', 'Low': 'DECIMAL(18,6)', 'Close': 'DECIMAL(18,6)', "
      "'Volume': 'BIGINT', 'OpenInt': 'BIGINT'}) order by symbol, Date";
  TRY(auto rows, connection.query("copy (" + select + ") to " + duckdb::quote_text(target.string()) +
                                  " (format parquet, compression zstd)"));
  return rows.rows_changed();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: duckdb_floor FOLDER\n");
    return 2;
  }
  const io::TemporaryDirectory folder;
  const auto started = std::chrono::steady_clock::now();
  const auto rows = convert(argv[1], folder.path() / "all.parquet");
  if (!rows) {
    fmt::print(stderr, "duckdb_floor: {}\n", rows.error().message);
    return 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{:.0f} {}\n", static_cast<double>(*rows) / seconds, *rows);
  return 0;
}
