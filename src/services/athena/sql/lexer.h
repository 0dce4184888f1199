#pragma once
// Text → tokens. Two dialects: Trino's, and Hive's for DDL (backslash escapes in strings, "…" as a string, `…` as a
// name).
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/athena/sql/syntax_error.h"

namespace tickerlake::athena::sql {

enum class Dialect { trino, hive };

struct Token {
  enum class Kind : std::uint8_t {
    end,
    word,             // keyword or name, as written
    quoted_name,      // "a" in Trino, `a` in Hive; decoded
    backquoted_name,  // `a` in Trino: an error once a name is wanted
    string,           // decoded
    unicode_string,   // U&'…', decoded with the default escape; raw keeps it for UESCAPE
    binary,           // X'…', decoded to bytes
    integer,
    decimal,
    number,   // with an exponent
    symbol,   // operators and punctuation: raw
    invalid,  // a character that starts nothing, or a literal without its end
  };
  Kind kind = Kind::end;
  std::string_view raw;  // as it stands in the text
  std::string value;     // decoded, where it differs in form (strings, names)
  Position position;
  std::size_t offset = 0;

  bool is_symbol(std::string_view text) const { return kind == Kind::symbol && raw == text; }
};

/// All tokens, ending in one of kind `end`. An unterminated literal or comment becomes `invalid`.
/// The raw texts point into `text`.
std::vector<Token> tokenize(std::string_view text, Dialect dialect);

/// Whether the text is one of Athena's Hive statements (by its first words).
Dialect dialect_of(std::string_view text);

/// A word that cannot be a name without quotes, in Trino.
bool is_reserved(std::string_view word);

/// ASCII only, as SQL keywords are.
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);

/// Decodes \0041 and \+000041 with the given escape character; false for what is no code point.
bool decode_unicode_escapes(std::string_view text, char escape, std::string& out);

}  // namespace tickerlake::athena::sql
