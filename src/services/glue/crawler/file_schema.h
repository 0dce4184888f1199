#pragma once
// What reading (a part of) one file says about it.
#include <cstdint>
#include <string>
#include <vector>

#include "services/glue/crawler/hive_type.h"

namespace tickerlake::glue {

enum class FileFormat { unknown, csv, json, parquet };
enum class Compression { none, gzip };

struct InferredColumn {
  std::string name;  // lower case
  HiveType type;

  bool operator==(const InferredColumn&) const = default;
};

struct CsvStyle {
  char delimiter = ',';
  char quote = '"';
  bool has_header = false;
  bool is_quoted = false;  // some cell was in quotes

  bool operator==(const CsvStyle&) const = default;
};

struct FileSchema {
  FileFormat format = FileFormat::unknown;
  Compression compression = Compression::none;
  std::vector<InferredColumn> columns;
  CsvStyle csv;                         // of csv
  std::vector<std::string> json_paths;  // of json: the top-level keys in their own case, sorted
  std::int64_t record_count = 0;        // of the whole file; an estimate for text
  bool is_fragment = false;  // too short to tell its format for itself (a line, a header): follows its neighbours
};

const char* name(FileFormat format);        // "parquet", Glue's classification
const char* name(Compression compression);  // "none", "gzip"

}  // namespace tickerlake::glue
