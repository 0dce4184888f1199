#include "services/athena/engine/scan_group.h"

namespace tickerlake::athena {

std::string path_list(const ScanGroup& group) {
  std::string text;
  for (const auto* file : group.files)
    text += (text.empty() ? "" : ",") + sql::quote_string(file->object.path.string());
  return "[" + text + "]";
}

std::string raise(const std::string& message, const std::string& duckdb_type) {
  return "CAST(error(" + sql::quote_string("HIVE_BAD_DATA: " + message) + ") AS " + duckdb_type + ")";
}

}  // namespace tickerlake::athena
