#pragma once
// How a table's objects are read: what SerDe, formats and properties of the catalog say.
#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "services/athena/engine/failure.h"
#include "services/glue/catalog/types.h"

namespace tickerlake::athena {

enum class FileFormat { parquet, delimited, quoted_csv, json };

struct TableFormat {
  FileFormat format = FileFormat::parquet;
  // delimited (LazySimpleSerDe) and quoted_csv (OpenCSVSerde)
  std::string delimiter;
  std::string quote;   // empty: none
  std::string escape;  // empty: none
  std::string null_text = "\\N";
  std::int64_t header_lines = 0;
  // json
  bool skips_malformed = false;                    // ignore.malformed.json
  std::map<std::string, std::string> key_of = {};  // lower-case column → key in the documents

  bool operator==(const TableFormat&) const = default;
};

/// NOT_SUPPORTED names formats that aren't read here (ORC, Avro, Iceberg, regular expressions…).
Outcome<TableFormat> table_format(const glue::StorageDescriptor& storage, const glue::Parameters& table_parameters);

/// A storage descriptor of a table that this service writes.
void set_format(glue::StorageDescriptor& storage, FileFormat format, const std::string& delimiter);

}  // namespace tickerlake::athena
