#include "services/athena/engine/failure.h"

#include <array>
#include <string_view>

namespace tickerlake::athena {
namespace {

/// A message of DuckDB's that has a name in Trino.
struct Translation {
  std::string_view part;  // of DuckDB's message
  std::string_view code;  // Trino's error code
  std::string_view text;  // Trino's message; empty: DuckDB's own
};
constexpr std::array translations = {
    Translation{"Division by zero", "DIVISION_BY_ZERO", "Division by zero"},
    Translation{"divide by zero", "DIVISION_BY_ZERO", "Division by zero"},
    Translation{"Could not convert", "INVALID_CAST_ARGUMENT", ""},
    Translation{"Overflow in", "NUMERIC_VALUE_OUT_OF_RANGE", ""},
    Translation{"Out of Range Error", "NUMERIC_VALUE_OUT_OF_RANGE", ""},
    Translation{"Conversion Error", "INVALID_CAST_ARGUMENT", ""},
    Translation{"More than one row returned by a subquery", "SUBQUERY_MULTIPLE_ROWS",
                "Scalar sub-query has returned multiple rows"},
};
/// DuckDB's messages about files.
constexpr std::array file_troubles = {
    Translation{"No magic bytes", "HIVE_BAD_DATA", "Not valid Parquet file: expected magic number: PAR1"},
    Translation{"too small to be a Parquet", "HIVE_BAD_DATA", "Not valid Parquet file: expected magic number: PAR1"},
    Translation{"Malformed JSON", "HIVE_CURSOR_ERROR", "Row is not a valid JSON Object"},
    Translation{"JSON transform error", "HIVE_BAD_DATA", ""},
    Translation{"CSV Error", "HIVE_BAD_DATA", ""},
    Translation{"Input is not a GZIP", "HIVE_CURSOR_ERROR", ""},
    Translation{"Failed to decode", "HIVE_CURSOR_ERROR", ""},
};

/// Without "Kind Error: ", the quoted line of SQL behind it and hints for DuckDB's users.
std::string essence(std::string text) {
  if (const auto end = text.find("\n\nLINE "); end != std::string::npos) text.resize(end);
  for (const std::string_view hint : {"\nTry setting", "\nPossible fixes"}) {
    if (const auto end = text.find(hint); end != std::string::npos) text.resize(end);
  }
  const auto colon = text.find("Error: ");
  return colon != std::string::npos && colon < 40 ? text.substr(colon + 7) : text;
}

template <class Table>
const Translation* translation_of(const Table& table, const std::string& message) {
  for (const auto& entry : table) {
    if (message.find(entry.part) != std::string::npos) return &entry;
  }
  return nullptr;
}

std::string said(const Translation& entry, const std::string& message) {
  return std::string(entry.code) + ": " + (entry.text.empty() ? essence(message) : std::string(entry.text));
}

bool has_code(std::string_view text) {
  const auto colon = text.find(": ");
  if (colon == std::string_view::npos || colon < 4) return false;
  return text.substr(0, colon).find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == std::string_view::npos;
}

}  // namespace

Failure failure_of(const sql::SyntaxError& error) {
  Failure failure{ErrorCategory::user, error_type::syntax, error.text()};
  if (has_code(error.message)) {  // a resolver's own words: the code goes before the place
    const auto colon = error.message.find(": ");
    auto bare = error;
    bare.message = error.message.substr(colon + 2);
    failure.message = error.message.substr(0, colon) + ": " + bare.text();
    if (error.message.contains("NOT_FOUND")) failure.type = error_type::not_found;
    if (error.message.starts_with("HIVE_")) failure.type = error_type::storage;
    return failure;
  }
  const auto coded = [&](std::string_view code, int type) {
    failure.message = std::string(code) + ": " + failure.message;
    failure.type = type;
  };
  const auto says = [&](std::string_view part) { return error.message.find(part) != std::string::npos; };
  switch (error.kind) {
    case sql::SyntaxErrorKind::syntax:
      coded("SYNTAX_ERROR", error_type::syntax);
      break;
    case sql::SyntaxErrorKind::name_not_found:
      if (says("Column")) {
        coded("COLUMN_NOT_FOUND", error_type::syntax);
      } else if (says("Schema")) {
        coded("SCHEMA_NOT_FOUND", error_type::not_found);
      } else {
        coded("TABLE_NOT_FOUND", error_type::not_found);
      }
      break;
    case sql::SyntaxErrorKind::unknown_function:
      coded("FUNCTION_NOT_FOUND", error_type::function);
      break;
    case sql::SyntaxErrorKind::type_mismatch:
      coded("TYPE_MISMATCH", error_type::syntax);
      break;
    case sql::SyntaxErrorKind::unsupported:
      coded("NOT_SUPPORTED", error_type::unsupported);
      break;
    case sql::SyntaxErrorKind::other:
      coded("SYNTAX_ERROR", error_type::syntax);
      break;
  }
  return failure;
}

Failure failure_of_engine(const Error& error) {
  Failure failure{ErrorCategory::user, error_type::execution, essence(error.message)};
  switch (error.code) {
    case ErrorCode::cancelled:
      failure.cancelled = true;
      failure.type = error_type::cancelled;
      failure.message = "Query cancelled by user";
      return failure;
    case ErrorCode::exhausted:
      failure.type = error_type::resources;
      failure.message = "EXCEEDED_MEMORY_LIMIT: Query exhausted resources at this scale factor: " + failure.message;
      return failure;
    case ErrorCode::io:
    case ErrorCode::internal:
    case ErrorCode::unavailable:
      failure.category = ErrorCategory::system;
      failure.type = error_type::internal;
      failure.message = "GENERIC_INTERNAL_ERROR: " + failure.message;
      break;
    default:
      break;
  }
  if (has_code(failure.message) && error.code == ErrorCode::invalid_argument) {
    // error('HIVE_BAD_DATA: …') of the SQL that we wrote
    if (failure.message.starts_with("HIVE_")) failure.type = error_type::storage;
    return failure;
  }
  if (const auto* trouble = translation_of(file_troubles, error.message)) {
    return {ErrorCategory::user, error_type::storage, said(*trouble, error.message)};
  }
  if (const auto* entry = translation_of(translations, error.message)) {
    failure.message = said(*entry, error.message);
  } else if (error.message.starts_with("Binder Error") || error.message.starts_with("Parser Error") ||
             error.message.starts_with("Catalog Error")) {
    failure.type = error_type::syntax;
    failure.message = "SYNTAX_ERROR: " + failure.message;
  }
  return failure;
}

Failure failure_of_service(const Error& error) {
  switch (error.code) {
    case ErrorCode::not_found:
      return {ErrorCategory::user, error_type::not_found, error.message};
    case ErrorCode::already_exists:
      return {ErrorCategory::user, error_type::execution, error.message};
    case ErrorCode::invalid_argument:
      return {ErrorCategory::user, error_type::execution, error.message};
    case ErrorCode::unsupported:
      return {ErrorCategory::user, error_type::unsupported, error.message};
    case ErrorCode::conflict:
      return {ErrorCategory::user, error_type::execution, error.message, false, true};
    default:
      return {ErrorCategory::system, error_type::internal, "GENERIC_INTERNAL_ERROR: " + error.message};
  }
}

}  // namespace tickerlake::athena
