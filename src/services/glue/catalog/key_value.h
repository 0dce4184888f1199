#pragma once
// Values of partition keys as their declared types compare them.
#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace tickerlake::glue {

enum class KeyKind { text, exact_number, floating_number, date, timestamp };

/// Of a Hive type: "bigint", "decimal(18,6)", "double", "date", "timestamp"; everything else is text.
KeyKind key_kind(std::string_view hive_type);

/// An integer or decimal of any length, exactly.
struct ExactNumber {
  bool negative = false;
  std::string whole;     // without leading zeros; empty for 0
  std::string fraction;  // without trailing zeros
  std::strong_ordering operator<=>(const ExactNumber& other) const;
  bool operator==(const ExactNumber&) const = default;
};

using KeyValue = std::variant<std::string, ExactNumber, double>;

/// The text as a value of the kind; nothing when it isn't one. Dates and timestamps become texts that sort by time.
std::optional<KeyValue> parse_key_value(KeyKind kind, std::string_view text);

/// Of two values of the same kind.
std::partial_ordering compare(const KeyValue& left, const KeyValue& right);

/// SQL's LIKE over bytes: % is any text, _ one character, \ takes the next character as it is.
bool like(std::string_view text, std::string_view pattern);

}  // namespace tickerlake::glue
