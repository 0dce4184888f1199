#pragma once
// Athena's result files. docs/formats/athena-results.md describes them.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/file.h"
#include "services/athena/results/column.h"

namespace tickerlake::athena {

using Cell = std::optional<std::string>;  // nothing: NULL

/// One line of <id>.csv: every value quoted, NULL as nothing between the commas, the empty string as "".
void append_csv_row(std::string& text, const std::vector<std::string>& cells);
/// Appends one value's quoted form.
void append_csv_value(std::string& text, std::string_view value);

/// Rows of <id>.csv from a byte position on, up to limit of them.
struct CsvPage {
  std::vector<std::vector<Cell>> rows;
  std::int64_t next = -1;  // position behind the page; -1 at the end
};
/// Answers are at most about max_page_bytes; a longer row comes alone.
constexpr std::int64_t max_page_bytes = 4'000'000;
Result<CsvPage> read_csv_page(const io::File& file, std::int64_t position, std::size_t limit);

/// Lines of <id>.txt, each one cell.
Result<CsvPage> read_text_page(const io::File& file, std::int64_t position, std::size_t limit);

/// <id>.csv.metadata and <id>.txt.metadata: protobuf, field 4 a column.
std::string encode_metadata(const std::vector<ResultColumn>& columns);

}  // namespace tickerlake::athena
