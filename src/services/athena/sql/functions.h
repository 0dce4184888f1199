#pragma once
// Trino's functions as tables: how each is written for DuckDB and what type comes out.
//
// A pattern is DuckDB text with {0}, {1}, … for arguments, {*} for all of them by commas, and {!message} for an error
// (NULL within TRY). A return type is a type's text, or: "=0" argument 0's type, "e0" its element, "k0"/"v0" its
// key/value, "[…]" an array of …, "<…;…>" a map, "*" the common type of all, "?" not known, "L1" what the lambda in
// argument 1 gives.
#include <span>
#include <string_view>
#include <vector>

#include "services/athena/sql/type.h"

namespace tickerlake::athena::sql {

/// What argument 0 has to be for a rule to apply; `any` also matches what the writer doesn't know.
enum class When : std::uint8_t {
  any,
  integer,
  decimal,
  floating,
  text,
  binary,
  date,
  timestamp,
  zoned,
  interval,
  array,
  map,
  json
};

struct FunctionRule {
  std::string_view name;
  int minimum;  // arguments
  int maximum;  // -1: any number
  When when;
  std::string_view pattern;
  std::string_view returns;
  std::string_view lambdas{};  // "1:e0" argument 1 is a lambda over elements of argument 0; "2:=1,e0;3:=1"
};

/// An aggregate: `function(arguments)`, which takes DISTINCT, ORDER BY, FILTER and OVER, and what is done to its value
/// ({}).
struct AggregateRule {
  std::string_view name;
  int minimum;
  int maximum;
  When when;
  std::string_view function;
  std::string_view arguments;
  std::string_view wrap;
  std::string_view returns;
};

/// Rules of a name, in order; the first whose count and type fit is taken. Empty: no such function.
std::vector<const FunctionRule*> function_rules(std::string_view name);
std::vector<const AggregateRule*> aggregate_rules(std::string_view name);
bool applies(When, const Type&);

/// All names that are supported, for SHOW FUNCTIONS and the documentation.
std::vector<std::string_view> function_names();

// The tables by theme, each in its own file.
std::span<const FunctionRule> math_functions();
std::span<const FunctionRule> text_functions();
std::span<const FunctionRule> date_functions();
std::span<const FunctionRule> array_functions();
std::span<const FunctionRule> map_functions();
std::span<const FunctionRule> json_functions();
std::span<const FunctionRule> binary_functions();
std::span<const AggregateRule> aggregate_functions();

}  // namespace tickerlake::athena::sql
