#include "services/glue/crawler/hive_type.h"

#include <algorithm>
#include <charconv>

namespace tickerlake::glue {
namespace {

/// The parts of "a:int,b:struct<c:int>" between commas of the outer level.
std::vector<std::string_view> split_outer(std::string_view text) {
  std::vector<std::string_view> parts;
  int depth = 0;
  std::size_t start = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' || text[i] == '(') ++depth;
    if (text[i] == '>' || text[i] == ')') --depth;
    if (text[i] == ',' && depth == 0) {
      parts.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  parts.push_back(text.substr(start));
  return parts;
}

HiveType parse(std::string_view text, int depth) {
  const auto open = text.find('<');
  if (depth >= max_type_depth || open == std::string_view::npos || !text.ends_with('>')) return {std::string(text)};
  HiveType type{std::string(text.substr(0, open))};
  const auto parts = split_outer(text.substr(open + 1, text.size() - open - 2));
  for (auto part : parts) {
    if (type.name == "struct") {
      const auto colon = part.find(':');
      if (colon == std::string_view::npos) return {std::string(text)};
      type.field_names.emplace_back(part.substr(0, colon));
      part.remove_prefix(colon + 1);
    }
    type.children.push_back(parse(part, depth + 1));
  }
  const std::size_t wanted = type.name == "array" ? 1 : type.name == "map" ? 2 : type.children.size();
  if ((type.name != "struct" && type.name != "array" && type.name != "map") || type.children.size() != wanted) {
    return {std::string(text)};
  }
  return type;
}

struct Decimal {
  int precision = 0;
  int scale = 0;
};
/// decimal(p,s), and integers as the decimals that hold them.
std::optional<Decimal> as_decimal(std::string_view name) {
  if (name == "tinyint") return Decimal{3, 0};
  if (name == "smallint") return Decimal{5, 0};
  if (name == "int") return Decimal{10, 0};
  if (name == "bigint") return Decimal{19, 0};
  if (name == "decimal") return Decimal{10, 0};
  if (!name.starts_with("decimal(") || !name.ends_with(')')) return std::nullopt;
  Decimal decimal;
  const auto* end = name.data() + name.size();
  const auto [comma, wrong] = std::from_chars(name.data() + 8, end, decimal.precision);
  if (wrong != std::errc()) return std::nullopt;
  if (*comma == ',') std::from_chars(comma + 1, end, decimal.scale);
  return decimal;
}

/// Integers by width, 0 for anything else.
int integer_rank(std::string_view name) {
  constexpr std::string_view names[] = {"tinyint", "smallint", "int", "bigint"};
  const auto* found = std::ranges::find(names, name);
  return found == std::end(names) ? 0 : static_cast<int>(found - names) + 1;
}
bool is_floating(std::string_view name) { return name == "float" || name == "double"; }

std::string widen_primitives(const std::string& left, const std::string& right) {
  const int left_rank = integer_rank(left);
  const int right_rank = integer_rank(right);
  if (left_rank != 0 && right_rank != 0) return left_rank > right_rank ? left : right;
  const auto left_decimal = as_decimal(left);
  const auto right_decimal = as_decimal(right);
  if (left_decimal && right_decimal) {
    const int scale = std::max(left_decimal->scale, right_decimal->scale);
    const int whole =
        std::max(left_decimal->precision - left_decimal->scale, right_decimal->precision - right_decimal->scale);
    if (whole + scale > 38) return "string";  // nothing numeric holds both exactly
    return "decimal(" + std::to_string(whole + scale) + "," + std::to_string(scale) + ")";
  }
  const bool numbers = (left_decimal || is_floating(left)) && (right_decimal || is_floating(right));
  if (numbers) return "double";
  if ((left == "date" && right == "timestamp") || (left == "timestamp" && right == "date")) return "timestamp";
  return "string";
}

HiveType widen_structs(const HiveType& left, const HiveType& right) {
  HiveType result = left;
  for (std::size_t i = 0; i < right.children.size(); ++i) {
    const auto known = std::ranges::find(result.field_names, right.field_names[i]);
    if (known == result.field_names.end()) {
      result.field_names.push_back(right.field_names[i]);
      result.children.push_back(right.children[i]);
    } else {
      auto& child = result.children[static_cast<std::size_t>(known - result.field_names.begin())];
      child = widen(child, right.children[i]);
    }
  }
  return result;
}

}  // namespace

std::string to_text(const HiveType& type) {
  if (type.name.empty() || (type.name == "struct" && type.children.empty())) return "string";
  if (type.children.empty()) return type.name;
  std::string text = type.name + "<";
  for (std::size_t i = 0; i < type.children.size(); ++i) {
    if (i > 0) text += ',';
    if (type.name == "struct") text += type.field_names[i] + ":";
    text += to_text(type.children[i]);
  }
  return text + ">";
}

HiveType parse_hive_type(std::string_view text) { return parse(text, 0); }

HiveType widen(const HiveType& left, const HiveType& right) {
  if (left == right || right.name.empty()) return left;
  if (left.name.empty()) return right;
  if (left.name == "struct" && right.name == "struct") return widen_structs(left, right);
  const bool same_shape = left.name == right.name && left.children.size() == right.children.size();
  if (same_shape && !left.children.empty()) {
    HiveType result = left;
    for (std::size_t i = 0; i < left.children.size(); ++i) {
      result.children[i] = widen(left.children[i], right.children[i]);
    }
    return result;
  }
  if (!left.children.empty() || !right.children.empty()) return {"string"};
  return {widen_primitives(left.name, right.name)};
}

bool are_compatible(const HiveType& left, const HiveType& right) {
  if (widen(left, right).name != "string") return true;
  const auto is_text = [](const HiveType& type) { return type.name == "string" || type.name.empty(); };
  return is_text(left) && is_text(right);
}

}  // namespace tickerlake::glue
