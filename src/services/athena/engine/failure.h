#pragma once
// Why a query execution failed, in Athena's terms: category, type, and the message that clients show and match on.
#include <expected>
#include <string>
#include <utility>

#include "base/result.h"
#include "services/athena/sql/syntax_error.h"

namespace tickerlake::athena {

/// Source: "Athena error catalog" of the user guide; numbers beyond it are those of architecture notes (athena.md).
enum class ErrorCategory { system = 1, user = 2, other = 3 };

namespace error_type {
constexpr int resources = 100;     // memory, temporary disk
constexpr int internal = 200;      // the engine failed
constexpr int result_write = 401;  // the output location refused the result
constexpr int execution = 1001;    // a value that an operation cannot take
constexpr int syntax = 1006;       // the statement
constexpr int storage = 1002;      // data that is missing or not as declared
constexpr int not_found = 1110;    // table, database, partition
constexpr int function = 1303;     // no such function
constexpr int unsupported = 1401;  // valid, but not done here
constexpr int cancelled = 1501;
}  // namespace error_type

struct Failure {
  ErrorCategory category = ErrorCategory::user;
  int type = error_type::syntax;
  std::string message;
  bool cancelled = false;
  bool retryable = false;
};

template <class T>
using Outcome = Result<T, Failure>;

inline std::unexpected<Failure> fail_query(int type, std::string message) {
  return std::unexpected(Failure{ErrorCategory::user, type, std::move(message)});
}

/// What the front end found: "TABLE_NOT_FOUND: line 1:15: Table …".
Failure failure_of(const sql::SyntaxError& error);
/// What DuckDB said, in Trino's words where they are known: "DIVISION_BY_ZERO: Division by zero".
Failure failure_of_engine(const Error& error);
/// What the catalog or the object store said.
Failure failure_of_service(const Error& error);

/// The value, or the error told by failure_of…: TRY(auto rows, told(connection.query(sql), failure_of_engine)).
template <class T, class E, class Tell>
Outcome<T> told(Result<T, E>&& result, Tell tell) {
  if (!result) return std::unexpected(tell(result.error()));
  if constexpr (std::is_void_v<T>) {
    return {};
  } else {
    return std::move(*result);
  }
}
inline Failure tell_syntax(const sql::SyntaxError& error) { return failure_of(error); }

}  // namespace tickerlake::athena
