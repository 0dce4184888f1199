// Literals, names, calls, CASE, CAST and the forms in parentheses.
#include <array>
#include <charconv>

#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {
namespace {

std::optional<IntervalUnit> interval_unit(const Token& token) {
  static constexpr std::array<std::pair<std::string_view, IntervalUnit>, 7> units = {
      {{"year", IntervalUnit::year},
       {"month", IntervalUnit::month},
       {"week", IntervalUnit::week},
       {"day", IntervalUnit::day},
       {"hour", IntervalUnit::hour},
       {"minute", IntervalUnit::minute},
       {"second", IntervalUnit::second}}};
  if (token.kind != Token::Kind::word) return std::nullopt;
  for (const auto& [text, unit] : units)
    if (equals_ignoring_case(token.raw, text)) return unit;
  return std::nullopt;
}

}  // namespace

Parsed<ExpressionPtr> Parser::primary() {
  switch (peek().kind) {
    case Token::Kind::string:
    case Token::Kind::unicode_string:
    case Token::Kind::binary:
    case Token::Kind::integer:
    case Token::Kind::decimal:
    case Token::Kind::number:
      return literal();
    case Token::Kind::quoted_name:
    case Token::Kind::word:
      return word_primary();
    case Token::Kind::symbol:
      if (is_symbol("(")) return parenthesized();
      if (is_symbol("?")) return make(take().position, Parameter{parameters_++});
      break;
    default:
      break;
  }
  return mismatch("<expression>");
}

Parsed<ExpressionPtr> Parser::literal() {
  const auto& token = take();
  switch (token.kind) {
    case Token::Kind::integer:
      return make(token.position, IntegerLiteral{token.value});
    case Token::Kind::decimal:
      return make(token.position, DecimalLiteral{token.value});
    case Token::Kind::number:
      return make(token.position, DoubleLiteral{token.value});
    case Token::Kind::binary:
      return make(token.position, BinaryLiteral{token.value});
    case Token::Kind::unicode_string: {
      char escape = '\\';
      if (accept_word("uescape")) {
        TRY(const auto text, string());
        if (text.size() != 1) return error(token.position, "Invalid Unicode escape character");
        escape = text.front();
      }
      std::string decoded;
      if (!decode_unicode_escapes(token.value, escape, decoded))
        return error(token.position, "Invalid Unicode escape sequence");
      return make(token.position, StringLiteral{std::move(decoded)});
    }
    default:
      return make(token.position, StringLiteral{token.value});
  }
}

Parsed<ExpressionPtr> Parser::word_primary() {
  const auto where = here();
  if (at_lambda()) return lambda();
  if (peek().kind == Token::Kind::word) {
    if (is_word("null")) return take(), make(where, NullLiteral{});
    if (is_word("true") || is_word("false"))
      return make(where, BooleanLiteral{equals_ignoring_case(take().raw, "true")});
    if (is_word("case")) return case_expression();
    if (is_word("cast")) return cast(false);
    if (is_word("try_cast") && is_symbol("(", 1)) return cast(true);
    if (is_word("extract")) return extract();
    if (is_word("exists") && is_symbol("(", 1)) {
      take(), take();
      TRY(auto inner, query());
      CHECK(expect(")"));
      return make(where, Exists{std::move(inner)});
    }
    if (is_word("substring") && is_symbol("(", 1)) return substring();
    if (is_word("position") && is_symbol("(", 1)) return position();
    if (is_word("trim") && is_symbol("(", 1)) return trim();
    if (is_word("array") && is_symbol("[", 1)) return array();
    if (is_word("row") && is_symbol("(", 1)) {
      take(), take();
      TRY(auto items, expression_list());
      CHECK(expect(")"));
      return make(where, Row{std::move(items)});
    }
    if (is_word("interval") && (peek(1).kind == Token::Kind::string || is_symbol("+", 1) || is_symbol("-", 1)))
      return interval();
    for (const auto* const special : {"current_date", "current_timestamp", "current_time", "localtimestamp",
                                      "localtime", "current_user", "current_catalog", "current_schema"})
      if (is_word(special)) return special_value();
    for (const auto* const json :
         {"json_value", "json_query", "json_exists", "json_object", "json_array", "json_table"})
      if (is_word(json) && is_symbol("(", 1))
        return error(
            where,
            "SQL/JSON function " + to_lower(peek().raw) + " is not supported; use json_extract or json_extract_scalar",
            SyntaxErrorKind::unsupported);
    // DATE '…', TIMESTAMP '…', DOUBLE PRECISION '…', BIGINT '…'
    if (!is_reserved(peek().raw) && (peek(1).kind == Token::Kind::string ||
                                     (are_words({"double", "precision"}) && peek(2).kind == Token::Kind::string))) {
      TRY(auto kind, base_type());
      if (kind.is(Type::Kind::array) || kind.is(Type::Kind::map) || kind.is(Type::Kind::row))
        return error(where,
                     std::string("No literal form for type: ") + (kind.is(Type::Kind::array) ? "array"
                                                                  : kind.is(Type::Kind::map) ? "map"
                                                                                             : "row"),
                     SyntaxErrorKind::type_mismatch);
      TRY(auto text, string());
      return make(where, TypedLiteral{std::move(kind), std::move(text)});
    }
    const bool reserved_function =
        (is_word("normalize") || is_word("listagg") || is_word("grouping")) && is_symbol("(", 1);
    if (!reserved_function && is_reserved(peek().raw)) return mismatch("<expression>");
  }
  if (is_symbol("(", 1)) return function_call();
  TRY(auto column, name());
  return make(where, ColumnReference{std::move(column)});
}

bool Parser::at_query(std::size_t ahead) const {
  return is_word("select", ahead) || is_word("with", ahead) || is_word("values", ahead) ||
         (is_word("table", ahead) && is_name(ahead + 1));
}

bool Parser::at_query_in_parentheses() const {
  // "((SELECT 1) + 2)" starts like a query and is none: what follows the inner parenthesis decides, without
  // backtracking.
  for (std::size_t open = at_; open < tokens_.size() && tokens_[open].is_symbol("("); ++open) {
    if (at_query(open + 1 - at_)) return true;
    if (open + 1 >= tokens_.size() || !tokens_[open + 1].is_symbol("(")) return false;
    const auto after = std::min(closing_[open + 1] + 1, tokens_.size() - 1) - at_;
    const bool goes_on = is_symbol(")", after) || is_word("union", after) || is_word("intersect", after) ||
                         is_word("except", after) || is_word("order", after) || is_word("limit", after) ||
                         is_word("offset", after) || is_word("fetch", after);
    if (!goes_on) return false;
  }
  return false;
}

Parsed<ExpressionPtr> Parser::parenthesized() {
  if (at_lambda()) return lambda();
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = here();
  if (at_query_in_parentheses()) {
    take();
    TRY(auto inner, query());
    CHECK(expect(")"));
    return make(where, ScalarQuery{std::move(inner)});
  }
  take();
  TRY(auto items, expression_list());
  CHECK(expect(")"));
  if (items.size() > 1) return make(where, Row{std::move(items)});
  return std::move(items.front());
}

Parsed<ExpressionPtr> Parser::case_expression() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = take().position;
  Case node;
  if (!is_word("when")) {
    TRY(node.operand, expression());
  }
  while (accept_word("when")) {
    TRY(auto condition, expression());
    CHECK(expect_word("then"));
    TRY(auto result, expression());
    node.branches.push_back({std::move(condition), std::move(result)});
  }
  if (node.branches.empty()) return mismatch("'WHEN'");
  if (accept_word("else")) {
    TRY(node.otherwise, expression());
  }
  if (!accept_word("end")) return mismatch("'ELSE', 'END', 'WHEN'");
  return make(where, std::move(node));
}

Parsed<ExpressionPtr> Parser::cast(bool safe) {
  const auto where = take().position;
  CHECK(expect("("));
  TRY(auto operand, expression());
  CHECK(expect_word("as"));
  TRY(auto target, type());
  CHECK(expect(")"));
  return make(where, Cast{safe, std::move(operand), std::move(target)});
}

Parsed<ExpressionPtr> Parser::extract() {
  const auto where = take().position;
  CHECK(expect("("));
  TRY(auto field, name());
  CHECK(expect_word("from"));
  TRY(auto operand, expression());
  CHECK(expect(")"));
  return make(where, Extract{std::move(field.text), std::move(operand)});
}

Parsed<ExpressionPtr> Parser::substring() {
  const auto where = take().position;
  CHECK(expect("("));
  Expressions arguments;
  TRY(auto text, expression());
  arguments.push_back(std::move(text));
  const bool standard = accept_word("from");
  while (standard ? (arguments.size() == 1 || accept_word("for")) : accept(",")) {
    TRY(auto argument, expression());
    arguments.push_back(std::move(argument));
    if (standard && arguments.size() == 3) break;
  }
  CHECK(expect(")"));
  return make_call(where, "substring", std::move(arguments));
}

Parsed<ExpressionPtr> Parser::position() {
  const auto where = take().position;
  CHECK(expect("("));
  TRY(auto needle, value(1));
  CHECK(expect_word("in"));
  TRY(auto text, value(1));
  CHECK(expect(")"));
  Expressions arguments;
  arguments.push_back(std::move(text));
  arguments.push_back(std::move(needle));
  return make_call(where, "strpos", std::move(arguments));
}

Parsed<ExpressionPtr> Parser::trim() {
  const auto where = take().position;
  CHECK(expect("("));
  std::string_view function = "trim";
  bool specified = true;
  if (accept_word("leading")) {
    function = "ltrim";
  } else if (accept_word("trailing")) {
    function = "rtrim";
  } else {
    specified = accept_word("both");
  }
  Expressions arguments;
  if (specified && accept_word("from")) {
    TRY(auto text, expression());
    arguments.push_back(std::move(text));
  } else {
    TRY(auto first, expression());
    arguments.push_back(std::move(first));
    if (accept_word("from")) {
      TRY(auto text, expression());
      arguments.insert(arguments.begin(), std::move(text));
    } else if (accept(",")) {
      TRY(auto characters, expression());
      arguments.push_back(std::move(characters));
    }
  }
  CHECK(expect(")"));
  return make_call(where, function, std::move(arguments));
}

Parsed<ExpressionPtr> Parser::array() {
  const auto where = take().position;
  CHECK(expect("["));
  Array node;
  if (!is_symbol("]")) {
    TRY(node.items, expression_list());
  }
  CHECK(expect("]"));
  return make(where, std::move(node));
}

Parsed<ExpressionPtr> Parser::interval() {
  const auto where = take().position;
  IntervalLiteral node{};
  if (accept("-")) {
    node.negative = true;
  } else {
    accept("+");
  }
  TRY(node.value, string());
  const auto from = interval_unit(peek());
  if (!from) return mismatch("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'WEEK', 'YEAR'");
  node.from = *from;
  take();
  if (accept_word("to")) {
    node.to = interval_unit(peek());
    if (!node.to) return mismatch("'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'");
    take();
  }
  return make(where, std::move(node));
}

Parsed<ExpressionPtr> Parser::special_value() {
  const auto& token = take();
  SpecialValue node{to_lower(token.raw), std::nullopt};
  const auto where = token.position;
  if (node.name.find("time") != std::string::npos && is_symbol("(")) {
    take();
    TRY(const auto precision, small_integer());
    if (precision > 12)
      return error(where, "TIMESTAMP precision must be in range [0, 12]: " + std::to_string(precision));
    node.precision = precision;
    CHECK(expect(")"));
  }
  return make(where, std::move(node));
}

Parsed<ExpressionPtr> Parser::make_call(Position where, std::string_view function, Expressions arguments) {
  FunctionCall call;
  call.name = Name{std::string(function), where};
  call.arguments = std::move(arguments);
  return make(where, std::move(call));
}

bool Parser::at_lambda() const {
  if (!is_symbol("(")) return is_name() && is_symbol("->", 1);
  std::size_t ahead = 1;
  if (is_symbol(")", ahead)) return is_symbol("->", ahead + 1);
  while (is_name(ahead)) {
    if (is_symbol(")", ahead + 1)) return is_symbol("->", ahead + 2);
    if (!is_symbol(",", ahead + 1)) return false;
    ahead += 2;
  }
  return false;
}

Parsed<ExpressionPtr> Parser::lambda() {
  const auto where = here();
  Lambda node;
  if (accept("(")) {
    while (!is_symbol(")")) {
      TRY(auto parameter, name());
      node.parameters.push_back(std::move(parameter));
      if (!accept(",")) break;
    }
    CHECK(expect(")"));
  } else {
    TRY(auto parameter, name());
    node.parameters.push_back(std::move(parameter));
  }
  CHECK(expect("->"));
  TRY(node.body, expression());
  return make(where, std::move(node));
}

Parsed<ExpressionPtr> Parser::function_call() {
  FunctionCall call;
  const auto& token = take();
  call.name = Name{to_lower(token.kind == Token::Kind::word ? std::string(token.raw) : token.value), token.position};
  CHECK(expect("("));
  if (is_symbol("*") && is_symbol(")", 1)) {
    take();
    call.star = true;
  } else if (!is_symbol(")")) {
    if (accept_word("distinct")) {
      call.distinct = true;
    } else if (is_word("all") && !is_symbol("(", 1)) {
      take();
    }
    TRY(call.arguments, expression_list());
    if (call.name.text == "listagg" && accept_words({"on", "overflow"})) {
      if (!accept_word("error"))
        return error(here(), "LISTAGG ON OVERFLOW TRUNCATE is not supported", SyntaxErrorKind::unsupported);
    }
    if (accept_words({"order", "by"})) {
      TRY(call.order_by, sort_items());
    }
  }
  CHECK(expect(")"));
  CHECK(function_suffixes(call));
  const auto where = call.name.position;
  return make(where, std::move(call));
}

Parsed<void> Parser::function_suffixes(FunctionCall& call) {
  if (accept_words({"within", "group"})) {
    CHECK(expect("("));
    CHECK(expect_words({"order", "by"}));
    TRY(call.order_by, sort_items());
    CHECK(expect(")"));
  }
  if (is_word("filter") && is_symbol("(", 1)) {
    take(), take();
    CHECK(expect_word("where"));
    TRY(call.filter, expression());
    CHECK(expect(")"));
  }
  if (accept_words({"ignore", "nulls"})) {
    call.null_treatment = NullTreatment::ignore;
  } else if (accept_words({"respect", "nulls"})) {
    call.null_treatment = NullTreatment::respect;
  }
  if (is_word("over")) {
    take();
    if (accept("(")) {
      TRY(call.over, window());
      CHECK(expect(")"));
    } else {
      TRY(auto base, name());
      call.over.emplace();
      call.over->base = std::move(base);
    }
  }
  return {};
}

}  // namespace tickerlake::athena::sql
