// Names, literals, predicates and the remaining forms of expressions.
#include <algorithm>

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

Type boolean() { return Type::of(Kind::boolean); }

std::string_view symbol(ComparisonOperator op) {
  switch (op) {
    case ComparisonOperator::equal:
      return "=";
    case ComparisonOperator::not_equal:
      return "<>";
    case ComparisonOperator::less:
      return "<";
    case ComparisonOperator::less_or_equal:
      return "<=";
    case ComparisonOperator::greater:
      return ">";
    case ComparisonOperator::greater_or_equal:
      return ">=";
  }
  return "=";
}

std::string joined(const std::vector<Typed>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? ", " : "") + parts[i].sql;
  return out;
}

Written<Typed> integer_literal(const IntegerLiteral& node, Position where) {
  auto digits = node.digits;
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));
  const auto at_most = [&](std::string_view bound) {
    return digits.size() < bound.size() || (digits.size() == bound.size() && digits <= bound);
  };
  if (at_most("2147483647")) return Typed{digits, Type::of(Kind::integer)};
  if (at_most("9223372036854775807")) return Typed{"CAST(" + digits + " AS BIGINT)", Type::of(Kind::bigint)};
  return std::unexpected(SyntaxError{where.line, where.column, "Invalid numeric literal: " + node.digits});
}

Written<Typed> decimal_literal(std::string text, Position where) {
  const bool negative = text.starts_with("-");
  if (negative || text.starts_with("+")) text.erase(0, 1);
  const auto dot = std::min(text.find('.'), text.size());
  auto whole = text.substr(0, dot);
  whole.erase(0, std::min(whole.find_first_not_of('0'), whole.size()));
  const auto fraction = dot < text.size() ? text.substr(dot + 1) : std::string();
  const bool digits_only = (whole + fraction).find_first_not_of("0123456789") == std::string::npos;
  const auto precision = std::max<std::size_t>(whole.size() + fraction.size(), 1);
  if (!digits_only || precision > 38)
    return std::unexpected(SyntaxError{where.line, where.column, "Invalid decimal literal: " + text});
  const auto scale = static_cast<std::int32_t>(fraction.size());
  const auto shown = (negative ? "-" : "") + (whole.empty() ? "0" : whole) + (fraction.empty() ? "" : "." + fraction);
  const auto type = Type::decimal(static_cast<std::int32_t>(precision), scale);
  if (scale == 0) return Typed{"CAST(" + shown + " AS " + to_duckdb(type) + ")", type};
  return Typed{negative ? "(" + shown + ")" : shown, type};
}

std::string blob(const std::string& bytes) {
  static constexpr char digits[] = "0123456789ABCDEF";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  return "unhex('" + hex + "')";
}

}  // namespace

Written<std::vector<Typed>> Writer::list(const Expressions& items, const Scope& scope) {
  std::vector<Typed> out;
  for (const auto& item : items) {
    TRY(auto text, expression(*item, scope));
    out.push_back(std::move(text));
  }
  return out;
}

Written<QueryText> Writer::subquery(const Query& node, Position where, const Scope& scope, bool one_column) {
  TRY(auto text, query(node, &scope, false));
  if (one_column && text.known && text.columns.size() != 1)
    return error(
        where,
        "Multiple columns returned by subquery are not yet supported. Found " + std::to_string(text.columns.size()),
        SyntaxErrorKind::unsupported);
  return text;
}

Written<Typed> Writer::expression(const Expression& e, const Scope& scope) {
  const auto where = e.position;
  return std::visit(
      [&]<class T>(const T& n) -> Written<Typed> {
        if constexpr (std::is_same_v<T, NullLiteral>) {
          return Typed{"NULL", Type::of(Kind::null)};
        } else if constexpr (std::is_same_v<T, BooleanLiteral>) {
          return Typed{n.value ? "true" : "false", boolean()};
        } else if constexpr (std::is_same_v<T, IntegerLiteral>) {
          return integer_literal(n, where);
        } else if constexpr (std::is_same_v<T, DecimalLiteral>) {
          return decimal_literal(n.text, where);
        } else if constexpr (std::is_same_v<T, DoubleLiteral>) {
          return Typed{"CAST(" + n.text + " AS DOUBLE)", Type::of(Kind::double_)};
        } else if constexpr (std::is_same_v<T, StringLiteral>) {
          // The length of a literal's type counts characters.
          const auto length = std::count_if(n.value.begin(), n.value.end(),
                                            [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
          return Typed{quote_string(n.value), Type::of(Kind::varchar, static_cast<std::int32_t>(length))};
        } else if constexpr (std::is_same_v<T, BinaryLiteral>) {
          return Typed{blob(n.bytes), Type::of(Kind::varbinary)};
        } else if constexpr (std::is_same_v<T, TypedLiteral>) {
          if (n.type.is(Kind::decimal)) return decimal_literal(n.value, where);
          return typed_literal(n, where);
        } else if constexpr (std::is_same_v<T, IntervalLiteral>) {
          return interval_literal(n, where);
        } else if constexpr (std::is_same_v<T, Parameter>) {
          if (options_.parameters == nullptr || n.index >= options_.parameters->size())
            return error(where,
                         "Incorrect number of parameters: expected at least " + std::to_string(n.index + 1) +
                             " but found " +
                             std::to_string(options_.parameters == nullptr ? 0 : options_.parameters->size()),
                         SyntaxErrorKind::syntax);
          const auto& given = *(*options_.parameters)[n.index];
          if (given.template as<Parameter>())
            return error(where, "A parameter cannot be a parameter", SyntaxErrorKind::syntax);
          const Scope empty;
          return expression(given, empty);
        } else if constexpr (std::is_same_v<T, ColumnReference> || std::is_same_v<T, Dereference>) {
          return name(e, scope);
        } else if constexpr (std::is_same_v<T, Unary>) {
          TRY(auto operand, expression(*n.operand, scope));
          if (operand.type.known() && !operand.type.is_numeric() && !operand.type.is_interval())
            return error(where, std::string("Cannot negate ") + to_string(operand.type));
          return Typed{std::string(n.op == UnaryOperator::minus ? "(-" : "(+") + operand.sql + ")", operand.type};
        } else if constexpr (std::is_same_v<T, Binary>) {
          return binary(n, where, scope);
        } else if constexpr (std::is_same_v<T, Comparison>) {
          TRY(auto left, expression(*n.left, scope));
          TRY(auto right, expression(*n.right, scope));
          CHECK(comparable(symbol(n.op), left.type, right.type, where));
          return Typed{"(" + left.sql + " " + std::string(symbol(n.op)) + " " + right.sql + ")", boolean()};
        } else if constexpr (std::is_same_v<T, QuantifiedComparison>) {
          TRY(auto left, expression(*n.left, scope));
          TRY(const auto inner, subquery(*n.query, where, scope, true));
          return Typed{"(" + left.sql + " " + std::string(symbol(n.op)) +
                           (n.quantifier == Quantifier::all ? " ALL (" : " ANY (") + inner.sql + "))",
                       boolean()};
        } else if constexpr (std::is_same_v<T, Logical>) {
          TRY(auto terms, list(n.terms, scope));
          std::string text = "(";
          for (std::size_t i = 0; i < terms.size(); ++i) {
            if (terms[i].type.known() && !terms[i].type.is(Kind::boolean))
              return error(n.terms[i]->position, "Logical expression term must evaluate to a boolean (actual: " +
                                                     to_string(terms[i].type) + ")");
            text += (i == 0 ? "" : n.conjunction ? " AND " : " OR ") + terms[i].sql;
          }
          return Typed{text + ")", boolean()};
        } else if constexpr (std::is_same_v<T, Not>) {
          TRY(auto operand, expression(*n.operand, scope));
          return Typed{"(NOT " + operand.sql + ")", boolean()};
        } else if constexpr (std::is_same_v<T, Between>) {
          TRY(auto operand, expression(*n.operand, scope));
          TRY(auto low, expression(*n.low, scope));
          TRY(auto high, expression(*n.high, scope));
          if (!common_type(operand.type, low.type) || !common_type(operand.type, high.type))
            return error(where, "Cannot check if " + to_string(operand.type) + " is BETWEEN " + to_string(low.type) +
                                    " and " + to_string(high.type));
          return Typed{
              "(" + operand.sql + (n.negated ? " NOT BETWEEN " : " BETWEEN ") + low.sql + " AND " + high.sql + ")",
              boolean()};
        } else if constexpr (std::is_same_v<T, InList>) {
          return in_list(n, where, scope);
        } else if constexpr (std::is_same_v<T, InQuery>) {
          TRY(auto operand, expression(*n.operand, scope));
          const bool row_value = n.operand->template as<Row>() != nullptr;
          TRY(const auto inner, subquery(*n.query, where, scope, !row_value));
          if (!row_value && inner.known) CHECK(comparable("=", operand.type, inner.columns[0].type, where));
          return Typed{"(" + operand.sql + (n.negated ? " NOT IN (" : " IN (") + inner.sql + "))", boolean()};
        } else if constexpr (std::is_same_v<T, Like>) {
          TRY(auto operand, expression(*n.operand, scope));
          TRY(auto pattern, expression(*n.pattern, scope));
          if (operand.type.known() && !operand.type.is_text())
            return error(n.operand->position, "Left side of LIKE expression must evaluate to a varchar (actual: " +
                                                  to_string(operand.type) + ")");
          std::string escape;
          if (n.escape) {
            TRY(const auto text, expression(*n.escape, scope));
            escape = " ESCAPE " + text.sql;
          }
          return Typed{"(" + operand.sql + (n.negated ? " NOT LIKE " : " LIKE ") + pattern.sql + escape + ")",
                       boolean()};
        } else if constexpr (std::is_same_v<T, IsNull>) {
          TRY(auto operand, expression(*n.operand, scope));
          return Typed{"(" + operand.sql + (n.negated ? " IS NOT NULL)" : " IS NULL)"), boolean()};
        } else if constexpr (std::is_same_v<T, IsDistinct>) {
          TRY(auto left, expression(*n.left, scope));
          TRY(auto right, expression(*n.right, scope));
          CHECK(comparable("IS DISTINCT FROM", left.type, right.type, where));
          return Typed{"(" + left.sql + (n.negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ") + right.sql + ")",
                       boolean()};
        } else if constexpr (std::is_same_v<T, Exists>) {
          TRY(const auto inner, subquery(*n.query, where, scope, false));
          return Typed{"EXISTS (" + inner.sql + ")", boolean()};
        } else if constexpr (std::is_same_v<T, ScalarQuery>) {
          TRY(auto inner, subquery(*n.query, where, scope, true));
          return Typed{"(" + inner.sql + ")", inner.known ? inner.columns[0].type : Type{}};
        } else if constexpr (std::is_same_v<T, Case>) {
          return case_(n, where, scope);
        } else if constexpr (std::is_same_v<T, Cast>) {
          return cast(n, where, scope);
        } else if constexpr (std::is_same_v<T, Row>) {
          return row(n, scope);
        } else if constexpr (std::is_same_v<T, Array>) {
          return array(n, scope);
        } else if constexpr (std::is_same_v<T, Subscript>) {
          return subscript(n, where, scope);
        } else if constexpr (std::is_same_v<T, AtTimeZone>) {
          return at_time_zone(n, scope);
        } else if constexpr (std::is_same_v<T, Extract>) {
          return extract(n, where, scope);
        } else if constexpr (std::is_same_v<T, SpecialValue>) {
          return special_value(n, where);
        } else if constexpr (std::is_same_v<T, Lambda>) {
          return error(where, "Lambda expression should always be used inside a function", SyntaxErrorKind::syntax);
        } else {
          static_assert(std::is_same_v<T, FunctionCall>);
          return call(n, where, scope);
        }
      },
      e.node);
}

Typed Writer::field_of(Typed base, const std::string& field) {
  Type type;
  if (base.type.is(Kind::row))
    for (std::size_t i = 0; i < base.type.children.size(); ++i)
      if (base.type.field_names[i] == field) type = base.type.children[i];
  return {"(" + base.sql + ")." + quote_identifier(field), std::move(type)};
}

/// The longest qualified name that a scope knows; what is left over are fields of a row.
std::optional<Written<Typed>> Writer::resolve(const std::vector<Name>& parts, const Scope& scope) const {
  const auto dotted = [&] {
    std::string out;
    for (const auto& part : parts) out += (out.empty() ? "" : ".") + part.text;
    return out;
  };
  for (std::size_t qualifiers = std::min<std::size_t>(parts.size() - 1, 3) + 1; qualifiers-- > 0;) {
    const ScopeColumn* found = nullptr;
    bool ambiguous = false;
    for (const auto& column : scope.columns) {
      if (column.name != parts[qualifiers].text) continue;
      if (qualifiers >= 1 && column.table != parts[qualifiers - 1].text) continue;
      if (qualifiers >= 2 && column.database != parts[qualifiers - 2].text) continue;
      if (found != nullptr && found->hidden == column.hidden) ambiguous = true;
      if (found != nullptr && !found->hidden && column.hidden) continue;
      if (found != nullptr && found->hidden && !column.hidden) ambiguous = false;
      found = &column;
    }
    if (found != nullptr) {
      if (ambiguous)
        return error(parts[0].position, "Column '" + dotted() + "' is ambiguous", SyntaxErrorKind::name_not_found);
      Typed value{found->sql, found->type};
      for (std::size_t i = qualifiers + 1; i < parts.size(); ++i) {
        if (value.type.known() && !value.type.is(Kind::row))
          return error(parts[0].position, "Expression " + dotted() + " is not of type ROW");
        value = field_of(std::move(value), parts[i].text);
      }
      return value;
    }
    if (qualifiers >= 1 && scope.incomplete.contains(parts[qualifiers - 1].text)) {
      Typed value{quote_identifier(parts[qualifiers - 1].text) + "." + quote_identifier(parts[qualifiers].text), {}};
      for (std::size_t i = qualifiers + 1; i < parts.size(); ++i) value = field_of(std::move(value), parts[i].text);
      return value;
    }
  }
  if (!scope.incomplete.empty()) {
    Typed value{quote_identifier(parts[0].text), {}};
    for (std::size_t i = 1; i < parts.size(); ++i) value = field_of(std::move(value), parts[i].text);
    return value;
  }
  return std::nullopt;
}

Written<Typed> Writer::name(const Expression& e, const Scope& scope) {
  std::vector<Name> parts;
  const Expression* base = &e;
  while (const auto* dereference = base->as<Dereference>()) {
    parts.insert(parts.begin(), dereference->field);
    base = dereference->base.get();
  }
  const auto* column = base->as<ColumnReference>();
  if (column == nullptr) {
    TRY(auto value, expression(*base, scope));
    for (const auto& part : parts) value = field_of(std::move(value), part.text);
    return value;
  }
  parts.insert(parts.begin(), column->name);
  for (const auto* level = &scope; level != nullptr; level = level->outer)
    if (auto found = resolve(parts, *level)) return std::move(*found);
  std::string dotted;
  for (const auto& part : parts) dotted += (dotted.empty() ? "" : ".") + part.text;
  return error(e.as<Dereference>() ? parts[0].position : e.position, "Column '" + dotted + "' cannot be resolved",
               SyntaxErrorKind::name_not_found);
}

Written<Typed> Writer::case_(const Case& node, Position where, const Scope& scope) {
  std::string text = "CASE";
  Type operand_type;
  if (node.operand) {
    TRY(auto operand, expression(*node.operand, scope));
    operand_type = operand.type;
    text += " " + operand.sql;
  }
  Type result = Type::of(Kind::null);
  const auto add = [&](const Typed& value) -> Written<void> {
    const auto common = common_type(result, value.type);
    if (!common)
      return error(
          where,
          "All CASE results must be the same type or coercible to a common type. Cannot find common type between " +
              to_string(result) + " and " + to_string(value.type));
    result = *common;
    return {};
  };
  for (const auto& branch : node.branches) {
    TRY(auto condition, expression(*branch.condition, scope));
    if (node.operand) CHECK(comparable("=", operand_type, condition.type, branch.condition->position));
    TRY(auto value, expression(*branch.result, scope));
    CHECK(add(value));
    text += " WHEN " + condition.sql + " THEN " + value.sql;
  }
  if (node.otherwise) {
    TRY(auto value, expression(*node.otherwise, scope));
    CHECK(add(value));
    text += " ELSE " + value.sql;
  }
  return Typed{"(" + text + " END)", std::move(result)};
}

Written<Typed> Writer::in_list(const InList& node, Position where, const Scope& scope) {
  TRY(auto operand, expression(*node.operand, scope));
  TRY(auto items, list(node.items, scope));
  for (const auto& item : items)
    if (!common_type(operand.type, item.type))
      return error(where, "IN value and list items must be the same type: " + to_string(operand.type) + ", " +
                              to_string(item.type));
  return Typed{"(" + operand.sql + (node.negated ? " NOT IN (" : " IN (") + joined(items) + "))", boolean()};
}

Written<Typed> Writer::array(const Array& node, const Scope& scope) {
  TRY(auto items, list(node.items, scope));
  Type element = Type::of(Kind::null);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto common = common_type(element, items[i].type);
    if (!common)
      return error(node.items[i]->position, "All ARRAY elements must be the same type or coercible to a common type: " +
                                                to_string(element) + ", " + to_string(items[i].type));
    element = *common;
  }
  return Typed{"[" + joined(items) + "]", Type::array_of(std::move(element))};
}

Written<Typed> Writer::row(const Row& node, const Scope& scope) {
  TRY(auto items, list(node.items, scope));
  Type type = Type::of(Kind::row);
  for (const auto& item : items) {
    type.children.push_back(item.type);
    type.field_names.emplace_back();
  }
  return Typed{"row(" + joined(items) + ")", std::move(type)};
}

Written<Typed> Writer::subscript(const Subscript& node, Position where, const Scope& scope) {
  TRY(auto base, expression(*node.base, scope));
  TRY(auto index, expression(*node.index, scope));
  if (base.type.is(Kind::row)) {
    const auto* literal = node.index->as<IntegerLiteral>();
    if (literal == nullptr || literal->digits.size() > 6)
      return error(where, "Subscript expression on ROW requires a constant index");
    const auto position = std::stoul(literal->digits);
    if (position < 1 || position > base.type.children.size())
      return error(node.index->position, "Invalid subscript index: " + literal->digits + ". ROW indices start at 1");
    return Typed{"struct_extract_at(" + base.sql + ", " + literal->digits + ")", base.type.children[position - 1]};
  }
  if (base.type.is(Kind::map)) {
    const auto missing =
        trying_ > 0 ? std::string("NULL") : "error('Key not present in map: ' || " + to_text(index) + ")";
    return Typed{"(CASE WHEN map_contains(" + base.sql + ", " + index.sql + ") OR " + base.sql + " IS NULL THEN " +
                     base.sql + "[" + index.sql + "] ELSE " + missing + " END)",
                 base.type.children[1]};
  }
  const auto element = base.type.is(Kind::array) ? base.type.children[0] : Type{};
  if (!base.type.is(Kind::array)) {
    if (base.type.known())
      return error(where, "Cannot use " + to_string(index.type) + " for subscript of " + to_string(base.type));
    return Typed{base.sql + "[" + index.sql + "]", element};
  }
  const auto length = "len(" + base.sql + ")";
  std::string beyond = raise("Array subscript must be less than or equal to array length");
  if (trying_ == 0)
    beyond = "error('Array subscript must be less than or equal to array length: ' || " + index.sql + " || ' > ' || " +
             length + ")";
  return Typed{"(CASE WHEN " + index.sql + " > " + length + " THEN " + beyond + " WHEN " + index.sql + " < 1 THEN " +
                   raise("SQL array indices start at 1") + " ELSE " + base.sql + "[" + index.sql + "] END)",
               element};
}

Written<Typed> Writer::at_time_zone(const AtTimeZone& node, const Scope& scope) {
  TRY(auto operand, expression(*node.operand, scope));
  TRY(const auto zone, expression(*node.zone, scope));
  // DuckDB's zoned timestamps keep no zone: the value becomes the wall clock there.
  return Typed{"timezone(" + zone.sql + ", CAST(" + operand.sql + " AS TIMESTAMPTZ))",
               Type::of(Kind::timestamp, std::max(operand.type.precision, 3))};
}

Written<Typed> Writer::extract(const Extract& node, Position where, const Scope& scope) {
  static constexpr std::pair<std::string_view, std::string_view> fields[] = {
      {"year", "year"},       {"quarter", "quarter"},  {"month", "month"},          {"week", "week"},
      {"day", "day"},         {"day_of_month", "day"}, {"day_of_week", "isodow"},   {"dow", "isodow"},
      {"day_of_year", "doy"}, {"doy", "doy"},          {"year_of_week", "isoyear"}, {"yow", "isoyear"},
      {"hour", "hour"},       {"minute", "minute"},    {"second", "second"}};
  TRY(auto operand, expression(*node.operand, scope));
  for (const auto& [field, part] : fields)
    if (field == node.field)
      return Typed{"CAST(date_part('" + std::string(part) + "', " + operand.sql + ") AS BIGINT)",
                   Type::of(Kind::bigint)};
  return error(where, "Invalid EXTRACT field: " + node.field, SyntaxErrorKind::syntax);
}

}  // namespace tickerlake::athena::sql
