// Evaluating a partition filter against a partition's values, and saying it in Glue's expression language.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include "services/athena/sql/partition_filter.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = PartitionFilter::Kind;

/// SQL's three values and "can't tell".
enum class Truth { no, yes, null, unclear };

std::optional<double> number(const std::string& text) {
  double out = 0;
  const auto* end = text.data() + text.size();
  const auto* start = text.starts_with("+") ? text.data() + 1 : text.data();
  const auto [stop, failure] = std::from_chars(start, end, out);
  if (failure != std::errc() || stop != end || !std::isfinite(out)) return std::nullopt;
  return out;
}

/// yyyy-mm-dd with two digits a part, so that texts compare as dates do.
std::optional<std::string> date(const std::string& text) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9})
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
  return text.substr(0, 10);
}

/// less, equal or greater as -1, 0, 1; nullopt if the two can't be compared surely.
std::optional<int> compare(const std::string& value, const Type& type, const FilterValue& constant) {
  const auto order = [](const auto& a, const auto& b) { return a < b ? -1 : b < a ? 1 : 0; };
  switch (constant.kind) {
    case FilterValue::Kind::integer:
    case FilterValue::Kind::decimal: {
      const auto a = number(value);
      const auto b = number(constant.text);
      if (!a || !b || type.is_text()) return std::nullopt;
      // Beyond 2^53 doubles merge neighbours: equal then says nothing.
      constexpr double exact = 9007199254740992.0;
      if (std::abs(*a) >= exact || std::abs(*b) >= exact) return std::nullopt;
      return order(*a, *b);
    }
    case FilterValue::Kind::date: {
      const auto a = date(value);
      const auto b = date(constant.text);
      if (!a || !b || value.size() != 10 || constant.text.size() != 10) return std::nullopt;
      return order(*a, *b);
    }
    case FilterValue::Kind::text:
      if (type.is_numeric() || type.is(Type::Kind::date) || type.is(Type::Kind::timestamp)) {
        // A text against a typed key is an error in Trino; the query itself will say so.
        return std::nullopt;
      }
      return order(value, constant.text);
    default:
      return std::nullopt;
  }
}

/// SQL's LIKE, bytes for characters except that _ takes a whole UTF-8 character. Linear in text times wildcards.
bool like(std::string_view text, std::string_view pattern, char escape) {
  struct Element {
    char byte;
    bool any_run, any_one;
  };
  std::vector<Element> elements;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (escape != '\0' && pattern[i] == escape && i + 1 < pattern.size()) {
      elements.push_back({pattern[++i], false, false});
    } else {
      elements.push_back({pattern[i], pattern[i] == '%', pattern[i] == '_'});
    }
  }
  const auto width = [&](std::size_t at) {
    std::size_t n = 1;
    while (at + n < text.size() && (static_cast<unsigned char>(text[at + n]) & 0xC0) == 0x80) ++n;
    return n;
  };
  std::size_t t = 0;
  std::size_t p = 0;
  std::size_t star = elements.size() + 1;
  std::size_t resume = 0;
  while (t < text.size()) {
    if (p < elements.size() && elements[p].any_run) {
      star = p++;
      resume = t;
    } else if (p < elements.size() && elements[p].any_one) {
      t += width(t);
      ++p;
    } else if (p < elements.size() && elements[p].byte == text[t]) {
      ++t;
      ++p;
    } else if (star <= elements.size()) {
      p = star + 1;
      t = ++resume;
    } else {
      return false;
    }
  }
  while (p < elements.size() && elements[p].any_run) ++p;
  return p == elements.size();
}

Truth evaluate(const PartitionFilter& filter, const std::vector<PartitionValue>& partition) {
  const auto holds = [](bool value) { return value ? Truth::yes : Truth::no; };
  switch (filter.kind) {
    case Kind::constant_true:
      return Truth::yes;
    case Kind::constant_false:
      return Truth::no;
    case Kind::and_: {
      auto out = Truth::yes;
      for (const auto& term : filter.terms) {
        const auto one = evaluate(term, partition);
        if (one == Truth::no) return Truth::no;
        if (one == Truth::unclear) out = Truth::unclear;  // not null: a NOT around it could still be true
        if (one == Truth::null && out == Truth::yes) out = Truth::null;
      }
      return out;
    }
    case Kind::or_: {
      auto out = Truth::no;
      for (const auto& term : filter.terms) {
        const auto one = evaluate(term, partition);
        if (one == Truth::yes) return Truth::yes;
        if (one == Truth::unclear) out = Truth::unclear;
        if (one == Truth::null && out == Truth::no) out = Truth::null;
      }
      return out;
    }
    case Kind::not_: {
      const auto one = evaluate(filter.terms.front(), partition);
      return one == Truth::yes ? Truth::no : one == Truth::no ? Truth::yes : one;
    }
    default:
      break;
  }
  const auto found =
      std::find_if(partition.begin(), partition.end(), [&](const auto& value) { return value.key == filter.key; });
  if (found == partition.end()) return Truth::unclear;
  if (filter.kind == Kind::is_null) return holds(!found->value);
  if (!found->value) return Truth::null;
  const auto& type = filter.cast.known() ? filter.cast : found->type;
  if (filter.kind == Kind::like) {
    if (!type.is_text() || type.precision > 0) return Truth::unclear;
    return holds(
        like(*found->value, filter.values[0].text, filter.values.size() > 1 ? filter.values[1].text[0] : '\0'));
  }
  // varchar(n) would truncate, and a number cast to text loses zeros in front.
  if (filter.cast.is_text() && (filter.cast.precision > 0 || !found->type.is_text())) return Truth::unclear;
  if (filter.cast.is_integer() && found->value->find_first_not_of("0123456789+-") != std::string::npos)
    return Truth::unclear;
  bool unclear = false;
  for (const auto& constant : filter.values) {
    const auto order = compare(*found->value, type, constant);
    if (!order) {
      unclear = true;
      continue;
    }
    const auto op = filter.kind == Kind::in ? ComparisonOperator::equal : filter.op;
    const bool match = op == ComparisonOperator::equal           ? *order == 0
                       : op == ComparisonOperator::not_equal     ? *order != 0
                       : op == ComparisonOperator::less          ? *order < 0
                       : op == ComparisonOperator::less_or_equal ? *order <= 0
                       : op == ComparisonOperator::greater       ? *order > 0
                                                                 : *order >= 0;
    if (match) return Truth::yes;
  }
  return unclear ? Truth::unclear : Truth::no;
}

std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') out += '\'';
    out += c;
  }
  return out + "'";
}

/// "" if it can't be said; Glue compares by the key's type, so only plain keys of matching types are said.
std::string said(const PartitionFilter& filter, const std::vector<PartitionValue>& keys) {
  const auto type_of = [&](const std::string& key) -> const Type* {
    for (const auto& one : keys)
      if (one.key == key) return &one.type;
    return nullptr;
  };
  const auto literal = [&](const FilterValue& value, const Type& type) -> std::string {
    if (value.kind == FilterValue::Kind::text && type.is_text()) return quoted(value.text);
    if (value.kind == FilterValue::Kind::integer && type.is_integer()) return value.text;
    if (value.kind == FilterValue::Kind::date && type.is(Type::Kind::date)) return quoted(value.text);
    return "";
  };
  static constexpr std::string_view operators[] = {"=", "<>", "<", "<=", ">", ">="};
  switch (filter.kind) {
    case Kind::and_: {
      std::string out;
      for (const auto& term : filter.terms) {
        const auto text = said(term, keys);
        if (!text.empty()) out += (out.empty() ? "" : " AND ") + text;  // a term left out only widens
      }
      return out.empty() ? "" : "(" + out + ")";
    }
    case Kind::or_: {
      std::string out;
      for (const auto& term : filter.terms) {
        const auto text = said(term, keys);
        if (text.empty()) return "";
        out += (out.empty() ? "" : " OR ") + text;
      }
      return "(" + out + ")";
    }
    case Kind::compare:
    case Kind::in: {
      const auto* type = type_of(filter.key);
      if (type == nullptr || (filter.cast.known() && filter.cast != *type)) return "";
      std::string list;
      for (const auto& value : filter.values) {
        const auto text = literal(value, *type);
        if (text.empty()) return "";
        list += (list.empty() ? "" : ", ") + text;
      }
      if (filter.kind == Kind::in) return filter.key + " IN (" + list + ")";
      return filter.key + " " + std::string(operators[static_cast<std::size_t>(filter.op)]) + " " + list;
    }
    default:
      return "";
  }
}

}  // namespace

bool may_match(const PartitionFilter& filter, const std::vector<PartitionValue>& partition) {
  const auto truth = evaluate(filter, partition);
  return truth == Truth::yes || truth == Truth::unclear;
}

std::string to_glue_expression(const PartitionFilter& filter, const std::vector<PartitionValue>& key_types) {
  return said(filter, key_types);
}

}  // namespace tickerlake::athena::sql
