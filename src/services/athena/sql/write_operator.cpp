// Arithmetic and || by Trino's types: integer division truncates, decimals stay decimals, x / 0 raises, dates stay
// dates.
#include <algorithm>

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

std::string_view symbol(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::add:
      return "+";
    case BinaryOperator::subtract:
      return "-";
    case BinaryOperator::multiply:
      return "*";
    case BinaryOperator::divide:
      return "/";
    case BinaryOperator::modulus:
      return "%";
    case BinaryOperator::concat:
      return "||";
  }
  return "";
}

bool is_moment(const Type& type) {
  return type.is(Kind::date) || type.is(Kind::timestamp) || type.is(Kind::timestamp_with_zone) || type.is(Kind::time);
}

/// A literal that is surely not zero needs no check before dividing.
bool nonzero_literal(const Expression* e) {
  if (e == nullptr) return false;
  if (const auto* integer = e->as<IntegerLiteral>()) return integer->digits.find_first_not_of('0') != std::string::npos;
  if (const auto* decimal = e->as<DecimalLiteral>()) return decimal->text.find_first_not_of("0.") != std::string::npos;
  return false;
}

std::string power_of_ten(std::int32_t exponent);

/// A decimal's digits as an integer.
std::string unscaled(const std::string& text, std::int32_t scale) {
  return "CAST(" + text + " * " + power_of_ten(scale) + "::HUGEINT AS HUGEINT)";
}

std::string power_of_ten(std::int32_t exponent) { return "1" + std::string(static_cast<std::size_t>(exponent), '0'); }

}  // namespace

Type as_decimal(const Type& type) {
  switch (type.kind) {
    case Kind::tinyint:
      return Type::decimal(3, 0);
    case Kind::smallint:
      return Type::decimal(5, 0);
    case Kind::integer:
      return Type::decimal(10, 0);
    case Kind::bigint:
      return Type::decimal(19, 0);
    default:
      return type;
  }
}

std::optional<Type> common_type(const Type& a, const Type& b) {
  if (a.is(Kind::null)) return b;
  if (b.is(Kind::null)) return a;
  if (!a.known() || !b.known()) return Type{};
  if (a == b) return a;
  if (a.is_numeric() && b.is_numeric()) {
    if (a.is(Kind::double_) || b.is(Kind::double_)) return Type::of(Kind::double_);
    if (a.is(Kind::real) || b.is(Kind::real)) return Type::of(Kind::real);
    if (a.is(Kind::decimal) || b.is(Kind::decimal)) {
      const auto x = as_decimal(a);
      const auto y = as_decimal(b);
      const auto scale = std::max(x.scale, y.scale);
      return Type::decimal(std::min(38, std::max(x.precision - x.scale, y.precision - y.scale) + scale), scale);
    }
    return Type::of(std::max(a.kind, b.kind));
  }
  if (a.is_text() && b.is_text()) {
    if (a.is(Kind::char_) && b.is(Kind::char_)) return Type::of(Kind::char_, std::max(a.precision, b.precision));
    return Type::of(Kind::varchar, a.precision == 0 || b.precision == 0 ? 0 : std::max(a.precision, b.precision));
  }
  const auto rank = [](const Type& type) {
    return type.is(Kind::date) ? 1 : type.is(Kind::timestamp) ? 2 : type.is(Kind::timestamp_with_zone) ? 3 : 0;
  };
  if (rank(a) > 0 && rank(b) > 0)
    return Type::of(rank(a) >= rank(b) ? a.kind : b.kind, std::max(a.precision, b.precision));
  if (a.kind == b.kind && !a.children.empty() && a.children.size() == b.children.size()) {
    Type out = Type::of(a.kind);
    for (std::size_t i = 0; i < a.children.size(); ++i) {
      auto child = common_type(a.children[i], b.children[i]);
      if (!child) return std::nullopt;
      out.children.push_back(std::move(*child));
    }
    for (std::size_t i = 0; i < a.field_names.size(); ++i)
      out.field_names.push_back(a.field_names[i] == b.field_names[i] ? a.field_names[i] : "");
    return out;
  }
  if (a.kind == b.kind && a.children.empty())
    return Type::of(a.kind, std::max(a.precision, b.precision), std::max(a.scale, b.scale));
  return std::nullopt;
}

Written<void> Writer::comparable(std::string_view op, const Type& left, const Type& right, Position where) const {
  if (common_type(left, right)) return {};
  return error(where, "Cannot apply operator: " + to_string(left) + " " + std::string(op) + " " + to_string(right));
}

Written<Typed> Writer::binary(const Binary& node, Position where, const Scope& scope) {
  TRY(auto left, expression(*node.left, scope));
  TRY(auto right, expression(*node.right, scope));
  if (node.op == BinaryOperator::concat) return concat(std::move(left), std::move(right));
  return arithmetic(node.op, std::move(left), std::move(right), where, node.right.get());
}

Written<Typed> Writer::arithmetic(BinaryOperator op, Typed left, Typed right, Position where,
                                  const Expression* divisor) {
  const auto mismatch = [&] {
    return error(where, "Cannot apply operator: " + to_string(left.type) + " " + std::string(symbol(op)) + " " +
                            to_string(right.type));
  };
  const auto plain = [&](Type type) {
    return Typed{"(" + left.sql + " " + std::string(symbol(op)) + " " + right.sql + ")", std::move(type)};
  };
  if (is_moment(left.type) || is_moment(right.type) || left.type.is_interval() || right.type.is_interval())
    return with_interval(op, std::move(left), std::move(right), where);
  if (left.type.is(Kind::null) || right.type.is(Kind::null))
    return Typed{plain({}).sql, left.type.is(Kind::null) ? right.type : left.type};
  if ((left.type.known() && !left.type.is_numeric()) || (right.type.known() && !right.type.is_numeric()))
    return mismatch();
  if (!left.type.known() || !right.type.known()) {
    if (op == BinaryOperator::divide) return Typed{"tl_divide(" + left.sql + ", " + right.sql + ")", {}};
    return plain({});
  }
  if (left.type.is_floating() || right.type.is_floating()) {
    const auto type = *common_type(left.type, right.type);
    // Decimals with doubles compute as doubles, as Trino does; dividing by 0 gives Infinity or NaN (IEEE, see
    // prelude.h).
    for (auto* side : {&left, &right})
      if (!side->type.is_floating()) side->sql = "CAST(" + side->sql + " AS " + to_duckdb(type) + ")";
    return plain(type);
  }
  if (left.type.is(Kind::decimal) || right.type.is(Kind::decimal))
    return decimal_arithmetic(op, std::move(left), std::move(right), divisor);
  const auto type = *common_type(left.type, right.type);
  if (op == BinaryOperator::divide) return divide(std::move(left), std::move(right), divisor);
  if (op == BinaryOperator::modulus && !nonzero_literal(divisor))
    right.sql = "(CASE WHEN " + right.sql + " = 0 THEN " + raise("Division by zero") + " ELSE " + right.sql + " END)";
  return plain(type);
}

Written<Typed> Writer::divide(Typed left, Typed right, const Expression* divisor) {
  const auto type = *common_type(left.type, right.type);
  auto by = right.sql;
  if (!nonzero_literal(divisor))
    by = "(CASE WHEN " + by + " = 0 THEN " + raise("Division by zero") + " ELSE " + by + " END)";
  return Typed{"(" + left.sql + " // " + by + ")", type};
}

Written<Typed> Writer::decimal_arithmetic(BinaryOperator op, Typed left, Typed right, const Expression* divisor) {
  const auto a = as_decimal(left.type);
  const auto b = as_decimal(right.type);
  const auto as = [](const Typed& value, const Type& type) {
    return value.type == type ? value.sql : "CAST(" + value.sql + " AS " + to_duckdb(type) + ")";
  };
  switch (op) {
    case BinaryOperator::multiply: {
      // DuckDB keeps 18 digits where 36 are needed: a wider operand makes the result as wide as Trino's.
      const auto type = Type::decimal(std::min(38, a.precision + b.precision), std::min(38, a.scale + b.scale));
      return Typed{"(" + as(left, Type::decimal(std::max(a.precision, std::min(38, type.precision)), a.scale)) + " * " +
                       as(right, b) + ")",
                   type};
    }
    case BinaryOperator::divide: {
      const auto scale = std::max(a.scale, b.scale);
      const auto type = Type::decimal(std::min(38, a.precision + b.scale + std::max(b.scale - a.scale, 0)), scale);
      auto by = as(right, b);
      if (!nonzero_literal(divisor))
        by = "(CASE WHEN " + right.sql + " = 0 THEN " + raise("Division by zero") + " ELSE " + by + " END)";
      // Exact, rounded half up, on unscaled integers: a*10^x / b. Beyond 38 digits of that only doubles are left.
      const auto shift = scale + b.scale - a.scale;
      if (a.precision + std::max(shift, a.scale) <= 37 && b.precision + b.scale <= 37)
        return Typed{"CAST(tl_half_up(" + unscaled(as(left, a), a.scale) + " * " + power_of_ten(shift) + "::HUGEINT, " +
                         unscaled(by, b.scale) + ")" +
                         (scale == 0 ? "" : " * 0." + std::string(static_cast<std::size_t>(scale) - 1, '0') + "1") +
                         " AS " + to_duckdb(type) + ")",
                     type};
      return Typed{"CAST(CAST(" + as(left, a) + " AS DOUBLE) / CAST(" + by + " AS DOUBLE) AS " + to_duckdb(type) + ")",
                   type};
    }
    case BinaryOperator::modulus: {
      const auto scale = std::max(a.scale, b.scale);
      const auto type =
          Type::decimal(std::min(38, std::min(a.precision - a.scale, b.precision - b.scale) + scale), scale);
      auto by = as(right, b);
      if (!nonzero_literal(divisor))
        by = "(CASE WHEN " + right.sql + " = 0 THEN " + raise("Division by zero") + " ELSE " + by + " END)";
      return Typed{"CAST((" + as(left, a) + " % " + by + ") AS " + to_duckdb(type) + ")", type};
    }
    default: {
      const auto scale = std::max(a.scale, b.scale);
      const auto type =
          Type::decimal(std::min(38, std::max(a.precision - a.scale, b.precision - b.scale) + scale + 1), scale);
      return Typed{"(" + as(left, type) + " " + std::string(symbol(op)) + " " + as(right, type) + ")", type};
    }
  }
}

Written<Typed> Writer::with_interval(BinaryOperator op, Typed left, Typed right, Position where) {
  const auto plain = "(" + left.sql + " " + std::string(symbol(op)) + " " + right.sql + ")";
  const bool additive = op == BinaryOperator::add || op == BinaryOperator::subtract;
  const bool known = left.type.known() && right.type.known();
  if (!known) return Typed{plain, left.type.is_interval() || !left.type.known() ? right.type : left.type};
  if (additive && is_moment(left.type) && right.type.is_interval()) {
    if (left.type.is(Kind::date)) return Typed{"CAST(" + plain + " AS DATE)", left.type};
    return Typed{plain, left.type};
  }
  if (op == BinaryOperator::add && left.type.is_interval() && is_moment(right.type)) {
    if (right.type.is(Kind::date)) return Typed{"CAST(" + plain + " AS DATE)", right.type};
    return Typed{plain, right.type};
  }
  if (op == BinaryOperator::subtract && is_moment(left.type) && is_moment(right.type)) {
    const auto interval = Type::of(Kind::interval_day_to_second);
    if (left.type.is(Kind::date) && right.type.is(Kind::date))
      return Typed{"to_days(CAST(" + plain + " AS INTEGER))", interval};
    return Typed{plain, interval};
  }
  if (additive && left.type.is_interval() && left.type == right.type) return Typed{plain, left.type};
  if (op == BinaryOperator::multiply && left.type.is_interval() && right.type.is_numeric())
    return Typed{plain, left.type};
  if (op == BinaryOperator::multiply && right.type.is_interval() && left.type.is_numeric())
    return Typed{plain, right.type};
  if (op == BinaryOperator::divide && left.type.is_interval() && right.type.is_numeric())
    return Typed{plain, left.type};
  return error(where, "Cannot apply operator: " + to_string(left.type) + " " + std::string(symbol(op)) + " " +
                          to_string(right.type));
}

Written<Typed> Writer::concat(Typed left, Typed right) {
  if (left.type.is(Kind::array) && right.type.is(Kind::array)) {
    auto type = common_type(left.type, right.type).value_or(left.type);
    // NULL || array is NULL in Trino, the array in DuckDB.
    return Typed{"(CASE WHEN " + left.sql + " IS NULL OR " + right.sql + " IS NULL THEN NULL ELSE list_concat(" +
                     left.sql + ", " + right.sql + ") END)",
                 std::move(type)};
  }
  if (left.type.is(Kind::array) && right.type.known())
    return Typed{"list_append(" + left.sql + ", " + right.sql + ")", left.type};
  if (right.type.is(Kind::array) && left.type.known())
    return Typed{"list_prepend(" + left.sql + ", " + right.sql + ")", right.type};
  Type type;
  if (left.type.is_text() && right.type.is_text())
    type = Type::of(Kind::varchar, left.type.precision == 0 || right.type.precision == 0
                                       ? 0
                                       : left.type.precision + right.type.precision);
  if (left.type.is(Kind::varbinary)) type = left.type;
  return Typed{"(" + left.sql + " || " + right.sql + ")", std::move(type)};
}

}  // namespace tickerlake::athena::sql
