// Conditionals and text functions that depend on their arguments' form.
#include "services/athena/sql/write_special.h"

#include <algorithm>

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;
using F = SpecialFunctions;

Written<Typed> common_of(const FunctionCall& node, const std::vector<Typed>& values, std::string text) {
  Type type = Type::of(Kind::null);
  for (const auto& value : values) {
    const auto common = common_type(type, value.type);
    if (!common)
      return F::wrong(
          node, "All " + node.name.text +
                    " operands must be the same type or coercible to a common type. Cannot find common type between " +
                    to_string(type) + " and " + to_string(value.type));
    type = *common;
  }
  return Typed{std::move(text), std::move(type)};
}

std::string joined(const std::vector<Typed>& values, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < values.size(); ++i) out += (i > 0 ? std::string(separator) : "") + values[i].sql;
  return out;
}

Written<Typed> if_(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2 || node.arguments.size() > 3) return F::wrong_count(node);
  TRY(auto values, F::arguments(w, node, scope));
  const auto text = "(CASE WHEN " + values[0].sql + " THEN " + values[1].sql +
                    (values.size() == 3 ? " ELSE " + values[2].sql : "") + " END)";
  values.erase(values.begin());
  return common_of(node, values, text);
}

Written<Typed> coalesce(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2) return F::wrong(node, "The 'coalesce' function must have at least two arguments");
  TRY(const auto values, F::arguments(w, node, scope));
  return common_of(node, values, "coalesce(" + joined(values, ", ") + ")");
}

Written<Typed> nullif(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong(node, "Invalid number of arguments for 'nullif' function");
  TRY(const auto values, F::arguments(w, node, scope));
  CHECK(F::comparable(w, "=", values[0].type, values[1].type, node.name.position));
  return Typed{"nullif(" + values[0].sql + ", " + values[1].sql + ")", values[0].type};
}

Written<Typed> try_(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 1) return F::wrong_count(node);
  F::enter_try(w);
  auto value = F::argument(w, node, 0, scope);
  F::leave_try(w);
  if (!value) return value;
  return Typed{"TRY(" + value->sql + ")", value->type};
}

/// NULL if any argument is; DuckDB's skip NULLs.
Written<Typed> extreme(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.empty()) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  std::string nulls;
  for (std::size_t i = 0; i < values.size(); ++i)
    if (node.arguments[i]->depth > 1 || node.arguments[i]->as<ColumnReference>() ||
        node.arguments[i]->as<NullLiteral>())
      nulls += (nulls.empty() ? "" : " OR ") + values[i].sql + " IS NULL";
  const auto text = node.name.text + "(" + joined(values, ", ") + ")";
  return common_of(node, values, nulls.empty() ? text : "(CASE WHEN " + nulls + " THEN NULL ELSE " + text + " END)");
}

Written<Typed> concat(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2) return F::wrong(node, "There must be two or more concatenation arguments");
  TRY(auto values, F::arguments(w, node, scope));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (values[i].type.is_numeric() || values[i].type.is(Kind::boolean) || values[i].type.is(Kind::date))
      if (std::none_of(values.begin(), values.end(), [](const Typed& v) { return v.type.is(Kind::array); }))
        return F::wrong(node, "Unexpected parameters (" + to_string(values[0].type) + ", " + to_string(values[1].type) +
                                  ") for function concat");
  auto result = std::move(values[0]);
  for (std::size_t i = 1; i < values.size(); ++i) {
    TRY(result, F::concat(w, std::move(result), std::move(values[i])));
  }
  return result;
}

Written<Typed> typeof_(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 1) return F::wrong_count(node);
  TRY(const auto value, F::argument(w, node, 0, scope));
  const auto text = Type::of(Kind::varchar);
  if (value.type.is(Kind::unknown)) return Typed{"lower(typeof(" + value.sql + "))", text};
  // The argument stays in the text: an aggregate in it makes the query one that aggregates.
  if (node.arguments[0]->depth > 1)
    return Typed{
        "(CASE WHEN true THEN " + quote_string(to_string(value.type)) + " ELSE CAST(" + value.sql + " AS VARCHAR) END)",
        text};
  return Typed{quote_string(to_string(value.type)), text};
}

Written<Typed> grouping(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.empty()) return F::wrong_count(node);
  TRY(const auto values, F::arguments(w, node, scope));
  return Typed{"CAST(grouping(" + joined(values, ", ") + ") AS INTEGER)", Type::of(Kind::integer)};
}

Written<Typed> mod(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() != 2) return F::wrong_count(node);
  TRY(auto values, F::arguments(w, node, scope));
  return F::arithmetic(w, BinaryOperator::modulus, std::move(values[0]), std::move(values[1]), node.name.position,
                       node.arguments[1].get());
}

/// round, ceil, floor, truncate: integers stay as they are, decimals keep Trino's precision and scale.
Written<Typed> rounding(Writer& w, const FunctionCall& node, const Scope& scope) {
  const auto& name = node.name.text;
  const bool digits_allowed = name == "round" || name == "truncate";
  if (node.arguments.empty() || node.arguments.size() > (digits_allowed ? 2u : 1u)) return F::wrong_count(node);
  TRY(auto values, F::arguments(w, node, scope));
  const auto type = values[0].type;
  if (type.known() && !type.is_numeric())
    return F::wrong(node, "Unexpected parameters (" + to_string(type) + ") for function " + name);
  if (type.is_integer() && values.size() == 1) return Typed{std::move(values[0].sql), type};
  const auto text = (name == "ceiling"    ? "ceil"
                     : name == "truncate" ? "trunc"
                                          : name) +
                    "(" + joined(values, ", ") + ")";
  if (!type.is(Kind::decimal))
    return Typed{type.is_integer() || type.is(Kind::real) ? "CAST(" + text + " AS " + to_duckdb(type) + ")" : text,
                 type};
  auto result = Type::decimal(std::min(38, type.precision - type.scale + (type.scale > 0 ? 1 : 0)), 0);
  if (values.size() == 2) result = Type::decimal(std::min(38, type.precision + (name == "round" ? 1 : 0)), type.scale);
  if (name == "truncate" && values.size() == 1) result = Type::decimal(std::max(1, type.precision - type.scale), 0);
  return Typed{"CAST(" + text + " AS " + to_duckdb(result) + ")", result};
}

/// Java's $1 and ${name} in a replacement as RE2's \1; backslashes are doubled.
std::string replacement(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      out += text[i + 1] == '\\' ? "\\\\" : std::string(1, text[i + 1]);  // \$ is a plain $
      ++i;
    } else if (text[i] == '$' && i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9') {
      out += "\\";
      out += text[++i];
    } else {
      out += text[i];
    }
  }
  return out;
}

Written<Typed> regexp_replace(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2 || node.arguments.size() > 3) return F::wrong_count(node);
  if (node.arguments.size() == 3 && node.arguments[2]->as<Lambda>())
    return F::wrong(node, "regexp_replace with a lambda is not supported", SyntaxErrorKind::unsupported);
  TRY(const auto values, F::arguments(w, node, scope));
  std::string by = "''";
  if (values.size() == 3) {
    const auto* text = F::literal(node, 2);
    by = text != nullptr ? quote_string(replacement(*text))
                         : "regexp_replace(" + values[2].sql + ", '\\$([0-9])', '\\\\\\1', 'g')";
  }
  return Typed{"regexp_replace(" + values[0].sql + ", " + values[1].sql + ", " + by + ", 'g')",
               Type::of(Kind::varchar)};
}

/// format('%s is %,.2f', …): every argument in the form that its directive wants.
Written<Typed> format(Writer& w, const FunctionCall& node, const Scope& scope) {
  if (node.arguments.size() < 2) return F::wrong_count(node);
  const auto* pattern = F::literal(node, 0);
  if (pattern == nullptr)
    return F::wrong(node, "format with a pattern that is not a literal is not supported", SyntaxErrorKind::unsupported);
  TRY(auto values, F::arguments(w, node, scope));
  std::string out;
  std::size_t index = 1;
  for (std::size_t i = 0; i < pattern->size(); ++i) {
    out += (*pattern)[i];
    if ((*pattern)[i] != '%') continue;
    std::size_t end = i + 1;
    while (end < pattern->size() &&
           std::string_view("0123456789.,+- #").find((*pattern)[end]) != std::string_view::npos)
      ++end;
    const char directive = end < pattern->size() ? (*pattern)[end] : '\0';
    auto flags = pattern->substr(i + 1, end - i - 1);
    i = end;
    if (directive == 'n') {
      out.back() = '\n';
      continue;
    }
    if (directive == '%') {
      out += '%';
      continue;
    }
    if (index >= values.size()) return F::wrong(node, "format: too few arguments for '" + *pattern + "'");
    auto& value = values[index++];
    if (directive == 's') {
      value.sql = F::to_text(w, value);
    } else if (directive == 'd') {
      value.sql = "CAST(" + value.sql + " AS BIGINT)";
    } else if (directive == 'f' || directive == 'e') {
      value.sql = "CAST(" + value.sql + " AS DOUBLE)";
      // fmt's precision of ",f" is as many digits as needed; Java's is 6.
      if (flags.find('.') == std::string::npos) flags += ".6";
    } else if (directive != 'x' && directive != 'X' && directive != 'c') {
      return F::wrong(node, std::string("format: directive %") + directive + " is not supported",
                      SyntaxErrorKind::unsupported);
    }
    out += flags + directive;
  }
  values[0].sql = quote_string(out);
  return Typed{"printf(" + joined(values, ", ") + ")", Type::of(Kind::varchar)};
}

constexpr SpecialEntry conditionals[] = {
    {"if", if_},        {"coalesce", coalesce}, {"nullif", nullif},     {"try", try_},         {"greatest", extreme},
    {"least", extreme}, {"typeof", typeof_},    {"grouping", grouping}, {"mod", mod},          {"round", rounding},
    {"ceil", rounding}, {"ceiling", rounding},  {"floor", rounding},    {"truncate", rounding}};
constexpr SpecialEntry texts[] = {{"concat", concat}, {"regexp_replace", regexp_replace}, {"format", format}};

template <class Visit>
void for_each_special(Visit&& visit) {
  for (const auto table :
       {special_conditionals(), special_texts(), special_dates(), special_collections(), special_generators()})
    for (const auto& entry : table) visit(entry);
}

}  // namespace

std::span<const SpecialEntry> special_conditionals() { return conditionals; }
std::span<const SpecialEntry> special_texts() { return texts; }

SpecialFunction special_function(std::string_view name) {
  SpecialFunction found = nullptr;
  for_each_special([&](const SpecialEntry& entry) {
    if (entry.name == name) found = entry.function;
  });
  return found;
}

std::vector<std::string_view> special_function_names() {
  std::vector<std::string_view> names;
  for_each_special([&](const SpecialEntry& entry) { names.push_back(entry.name); });
  return names;
}

}  // namespace tickerlake::athena::sql
