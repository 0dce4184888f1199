#pragma once
// Values as Athena prints them: [1, 2], {a=1, b=2}, 31 32 33, 2016-02-29 10:00:00.000, 1.0E10.
#include <string>

#include "duckdb/chunk.h"
#include "services/athena/sql/type.h"

namespace tickerlake::athena {

/// Appends the text of a value; false (and nothing appended) for NULL. The type tells what DuckDB's does not: json,
/// digits of a second, names of fields.
bool append_value(std::string& text, const duckdb::Vector& vector, std::size_t row, const sql::Type& type);

/// As Java's Double.toString and Float.toString: 0.1, 1.0, 1.0E7, 1.0E-4, Infinity, NaN.
void append_double(std::string& text, double value);
void append_float(std::string& text, float value);

}  // namespace tickerlake::athena
