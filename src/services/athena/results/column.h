#pragma once
// What ResultSetMetadata and .metadata say of a result's columns.
#include <cstdint>
#include <string>
#include <vector>

#include "duckdb/type.h"
#include "services/athena/sql/type.h"

namespace tickerlake::athena {

struct ResultColumn {
  std::string name;
  sql::Type type;
  std::string type_name;  // "varchar", "decimal", "timestamp with time zone"
  std::int32_t precision = 0;
  std::int32_t scale = 0;
  bool case_sensitive = false;
};

ResultColumn result_column(std::string name, const sql::Type& type);
/// A column of SHOW, DESCRIBE and other answers of text.
ResultColumn text_column(std::string name);

/// The Trino type of what DuckDB returned, for columns whose type the writer could not tell.
sql::Type type_of(const duckdb::Type& type);

}  // namespace tickerlake::athena
