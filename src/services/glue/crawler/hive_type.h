#pragma once
// Hive's types as trees: parsed, printed, and widened until they hold two things at once.
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickerlake::glue {

/// name is "struct", "array", "map" with children, otherwise a whole primitive ("decimal(18,6)"). Empty: nothing is
/// known yet (only NULLs were seen).
struct HiveType {
  std::string name;
  std::vector<HiveType> children = {};        // array: the element; map: key, value; struct: its fields
  std::vector<std::string> field_names = {};  // struct: one a child

  bool operator==(const HiveType&) const = default;
};

/// "struct<a:int,b:array<string>>". Unknown types print as string, structs without fields too.
std::string to_text(const HiveType& type);
/// The inverse; what cannot be parsed is kept as a primitive of that name. Depth is bounded by max_type_depth.
HiveType parse_hive_type(std::string_view text);

/// The narrowest type that holds the values of both: int and bigint give bigint, int and double give double, structs
/// the union of their fields; what has nothing in common gives string.
HiveType widen(const HiveType& left, const HiveType& right);
/// Whether widen() keeps the meaning: it did not have to fall back to string.
bool are_compatible(const HiveType& left, const HiveType& right);

constexpr int max_type_depth = 32;

}  // namespace tickerlake::glue
