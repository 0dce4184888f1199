#pragma once
// What is wrong with a statement, and where. Trino's clients match on these texts: "line 1:8: Column 'x' cannot be
// resolved".
#include <cstdint>
#include <string>

namespace tickerlake::athena::sql {

/// A place in the statement's text: lines and columns start at 1; a column counts bytes. 0:0 is no place.
struct Position {
  std::uint32_t line = 0;
  std::uint32_t column = 0;

  bool operator==(const Position&) const = default;
};

/// What kind of failure it is: decides Athena's ErrorType and how the engine words its answer.
enum class SyntaxErrorKind {
  syntax,          // the text is no statement
  name_not_found,  // table, column
  unknown_function,
  type_mismatch,
  unsupported,  // valid Trino, not done here
  other,        // what a resolver reported
};

struct SyntaxError {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
  std::string message;
  SyntaxErrorKind kind = SyntaxErrorKind::syntax;

  /// "line 1:8: message", or the message alone where there is no place.
  std::string text() const {
    if (line == 0) return message;
    return "line " + std::to_string(line) + ":" + std::to_string(column) + ": " + message;
  }
};

}  // namespace tickerlake::athena::sql
