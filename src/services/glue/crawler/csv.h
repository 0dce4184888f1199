#pragma once
// Glue's built-in CSV classifier over a sample of a file. No I/O.
#include <optional>
#include <string_view>

#include "services/glue/crawler/file_schema.h"

namespace tickerlake::glue {

/// A custom CSV classifier's settings; the defaults are those of the built-in one.
struct CsvClassifier {
  enum class Header { unknown, present, absent };
  std::optional<char> delimiter;  // none: the best of , | tab ; \u0001
  char quote = '"';
  Header header = Header::unknown;
  std::vector<std::string> column_names;  // given by the classifier; empty: from the header
  bool allow_single_column = false;
};

/// What the sample says, nothing when it is no CSV. Built in, a file needs two columns and two rows; the first row is
/// a header iff all its cells are legal names of under 150 characters that are not numbers, and a later row has a cell
/// that is one. is_whole: the sample is the whole file, so its last row is not cut.
std::optional<FileSchema> infer_csv(std::string_view sample, bool is_whole, const CsvClassifier& classifier = {});

/// More of the same file: widens the column types of schema by the rows of a sample that may begin and end anywhere.
void widen_csv(FileSchema& schema, std::string_view sample);

/// A file with a single line (a header, a lone row) is a fragment when the line has the delimiter of its neighbours.
bool is_single_line(std::string_view sample);

}  // namespace tickerlake::glue
