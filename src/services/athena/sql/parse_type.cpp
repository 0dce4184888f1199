// Types: Trino's (array(integer), row(a integer), timestamp(3) with time zone) and Hive's (array<int>, struct<a:int>).
#include <array>

#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

struct Named {
  std::string_view name;
  Kind kind;
};

constexpr std::array<Named, 27> simple_types = {{{"boolean", Kind::boolean},
                                                 {"tinyint", Kind::tinyint},
                                                 {"smallint", Kind::smallint},
                                                 {"integer", Kind::integer},
                                                 {"int", Kind::integer},
                                                 {"bigint", Kind::bigint},
                                                 {"real", Kind::real},
                                                 {"float", Kind::real},
                                                 {"double", Kind::double_},
                                                 {"decimal", Kind::decimal},
                                                 {"dec", Kind::decimal},
                                                 {"numeric", Kind::decimal},
                                                 {"varchar", Kind::varchar},
                                                 {"string", Kind::varchar},
                                                 {"char", Kind::char_},
                                                 {"varbinary", Kind::varbinary},
                                                 {"binary", Kind::varbinary},
                                                 {"date", Kind::date},
                                                 {"time", Kind::time},
                                                 {"timestamp", Kind::timestamp},
                                                 {"json", Kind::json},
                                                 {"uuid", Kind::uuid},
                                                 {"ipaddress", Kind::ipaddress},
                                                 {"array", Kind::array},
                                                 {"map", Kind::map},
                                                 {"row", Kind::row},
                                                 {"struct", Kind::row}}};

}  // namespace

Parsed<std::int32_t> Parser::type_argument(std::int32_t low, std::int32_t high) {
  const auto where = here();
  TRY(const auto number, small_integer());
  if (number < low || number > high)
    return error(where, "type parameter must be in range [" + std::to_string(low) + ", " + std::to_string(high) +
                            "]: " + std::to_string(number));
  return number;
}

/// A type's name alone, as it stands before a literal: DATE '…', DOUBLE PRECISION '…'.
Parsed<Type> Parser::base_type() {
  const auto& token = peek();
  const auto text = to_lower(token.raw);
  for (const auto& [known, kind] : simple_types) {
    if (text != known) continue;
    take();
    if (kind == Kind::double_) accept_word("precision");
    if (kind == Kind::decimal) return Type::decimal(38, 0);
    if (kind == Kind::timestamp || kind == Kind::time) return Type::of(kind, 3);
    if (kind == Kind::char_) return Type::of(kind, 1);
    return Type::of(kind);
  }
  return error(token.position, "Unknown type: " + text, SyntaxErrorKind::type_mismatch);
}

Parsed<Type> Parser::type() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = here();
  if (peek().kind != Token::Kind::word && peek().kind != Token::Kind::quoted_name) return mismatch("<type>");
  Type result;
  if (accept_words({"interval", "year", "to", "month"})) {
    result = Type::of(Kind::interval_year_to_month);
  } else if (accept_words({"interval", "day", "to", "second"})) {
    result = Type::of(Kind::interval_day_to_second);
  } else {
    TRY(result, base_type());
    if (is_symbol("<")) {
      at_ -= 1;
      TRY(result, hive_type());
    } else if (is_symbol("(")) {
      TRY(result, parenthesized_type(result.kind, where));
    } else if (result.is(Kind::array) || result.is(Kind::map) || result.is(Kind::row)) {
      return mismatch("'('");
    }
  }
  if (result.is(Kind::timestamp) || result.is(Kind::time)) {
    if (accept_words({"with", "time", "zone"})) {
      result.kind = result.is(Kind::timestamp) ? Kind::timestamp_with_zone : Kind::time_with_zone;
    } else {
      accept_words({"without", "time", "zone"});
    }
  }
  while (is_word("array") && dialect_ == Dialect::trino) {
    take();
    result = Type::array_of(std::move(result));
  }
  return result;
}

Parsed<Type> Parser::parenthesized_type(Kind kind, Position where) {
  CHECK(expect("("));
  Type result = Type::of(kind);
  switch (kind) {
    case Kind::decimal: {
      TRY(result.precision, type_argument(1, 38));
      if (accept(",")) {
        TRY(result.scale, type_argument(0, result.precision));
      }
      break;
    }
    case Kind::varchar:
    case Kind::char_: {
      TRY(result.precision, type_argument(kind == Kind::char_ ? 1 : 0, 2'147'483'647));
      if (result.precision == 2'147'483'647) result.precision = 0;
      break;
    }
    case Kind::time:
    case Kind::timestamp: {
      TRY(result.precision, type_argument(0, 12));
      break;
    }
    case Kind::array: {
      TRY(auto element, type());
      result = Type::array_of(std::move(element));
      break;
    }
    case Kind::map: {
      TRY(auto key, type());
      CHECK(expect(","));
      TRY(auto value, type());
      result = Type::map_of(std::move(key), std::move(value));
      break;
    }
    case Kind::row:
      do {
        // A field's name is optional: row(integer, a varchar). A name is followed by a type, a type is not.
        std::string field;
        const bool bare = is_symbol(",", 1) || is_symbol(")", 1) || is_symbol("(", 1) ||
                          (is_word("with", 1) || is_word("without", 1)) || are_words({"double", "precision"}) ||
                          are_words({"interval", "year"}) || are_words({"interval", "day"});
        if (!bare) {
          TRY(auto one, name());
          field = std::move(one.text);
        }
        TRY(auto child, type());
        result.children.push_back(std::move(child));
        result.field_names.push_back(std::move(field));
      } while (accept(","));
      break;
    default:
      return error(where, "type " + to_string(result) + " takes no parameters", SyntaxErrorKind::type_mismatch);
  }
  CHECK(expect(")"));
  // timestamp(3) with time zone has its suffix behind the parenthesis: type() reads it.
  return result;
}

Parsed<Type> Parser::hive_type() {
  const auto word = to_lower(take().raw);
  CHECK(expect("<"));
  Type result;
  if (word == "array") {
    TRY(auto element, type());
    result = Type::array_of(std::move(element));
  } else if (word == "map") {
    TRY(auto key, type());
    CHECK(expect(","));
    TRY(auto value, type());
    result = Type::map_of(std::move(key), std::move(value));
  } else if (word == "struct" || word == "row") {
    result.kind = Kind::row;
    do {
      TRY(auto field, name());
      CHECK(expect(":"));
      TRY(auto child, type());
      if (is_word("comment")) {
        take();
        CHECK(string());
      }
      result.children.push_back(std::move(child));
      result.field_names.push_back(std::move(field.text));
    } while (accept(","));
  } else {
    return mismatch("'array', 'map', 'struct'");
  }
  CHECK(expect(">"));
  return result;
}

std::optional<Type> parse_type(std::string_view text) {
  constexpr std::size_t longest = 131'072;  // Glue's own bound on a column's type
  if (text.size() > longest) return std::nullopt;
  auto parsed = Parser(text, Dialect::hive).whole_type();
  if (!parsed) return std::nullopt;
  return std::move(*parsed);
}

}  // namespace tickerlake::athena::sql
