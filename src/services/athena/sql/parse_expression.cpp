// Operators, by precedence: OR, AND, NOT, predicates, ||, + -, * / %, sign, AT TIME ZONE, subscripts and fields.
#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {
namespace {

std::optional<ComparisonOperator> comparison_operator(const Token& token) {
  if (token.is_symbol("=")) return ComparisonOperator::equal;
  if (token.is_symbol("<>") || token.is_symbol("!=")) return ComparisonOperator::not_equal;
  if (token.is_symbol("<")) return ComparisonOperator::less;
  if (token.is_symbol("<=")) return ComparisonOperator::less_or_equal;
  if (token.is_symbol(">")) return ComparisonOperator::greater;
  if (token.is_symbol(">=")) return ComparisonOperator::greater_or_equal;
  return std::nullopt;
}

struct Operator {
  BinaryOperator op;
  int precedence;
};

std::optional<Operator> binary_operator(const Token& token) {
  if (token.is_symbol("||")) return Operator{BinaryOperator::concat, 1};
  if (token.is_symbol("+")) return Operator{BinaryOperator::add, 2};
  if (token.is_symbol("-")) return Operator{BinaryOperator::subtract, 2};
  if (token.is_symbol("*")) return Operator{BinaryOperator::multiply, 3};
  if (token.is_symbol("/")) return Operator{BinaryOperator::divide, 3};
  if (token.is_symbol("%")) return Operator{BinaryOperator::modulus, 3};
  return std::nullopt;
}

}  // namespace

Parsed<ExpressionPtr> Parser::expression() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = here();
  TRY(auto first, conjunction());
  if (!is_word("or")) return first;
  Logical chain{false, {}};
  chain.terms.push_back(std::move(first));
  while (accept_word("or")) {
    TRY(auto term, conjunction());
    chain.terms.push_back(std::move(term));
  }
  return make(where, std::move(chain));
}

Parsed<ExpressionPtr> Parser::conjunction() {
  const auto where = here();
  TRY(auto first, negation());
  if (!is_word("and")) return first;
  Logical chain{true, {}};
  chain.terms.push_back(std::move(first));
  while (accept_word("and")) {
    TRY(auto term, negation());
    chain.terms.push_back(std::move(term));
  }
  return make(where, std::move(chain));
}

Parsed<ExpressionPtr> Parser::negation() {
  if (!is_word("not")) return predicate();
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = take().position;
  TRY(auto operand, negation());
  return make(where, Not{std::move(operand)});
}

Parsed<ExpressionPtr> Parser::predicate() {
  TRY(auto operand, value(1));
  return predicate_of(std::move(operand));
}

Parsed<ExpressionPtr> Parser::predicate_of(ExpressionPtr operand) {
  const auto where = operand->position;
  if (const auto op = comparison_operator(peek())) {
    return comparison_of(std::move(operand), *op);
  }
  if (is_word("is")) {
    take();
    const bool negated = accept_word("not");
    if (accept_word("null")) return make(where, IsNull{negated, std::move(operand)});
    if (is_word("distinct")) {
      take();
      CHECK(expect_word("from"));
      TRY(auto right, value(1));
      return make(where, IsDistinct{negated, std::move(operand), std::move(right)});
    }
    return mismatch("'DISTINCT', 'NOT', 'NULL'");
  }
  const bool negated = is_word("not") && (is_word("between", 1) || is_word("in", 1) || is_word("like", 1));
  if (negated) take();
  if (accept_word("between")) {
    TRY(auto low, value(1));
    CHECK(expect_word("and"));
    TRY(auto high, value(1));
    return make(where, Between{negated, std::move(operand), std::move(low), std::move(high)});
  }
  if (accept_word("like")) {
    TRY(auto pattern, value(1));
    ExpressionPtr escape;
    if (accept_word("escape")) {
      TRY(escape, value(1));
    }
    return make(where, Like{negated, std::move(operand), std::move(pattern), std::move(escape)});
  }
  if (accept_word("in")) return in_of(std::move(operand), negated, where);
  return operand;
}

Parsed<ExpressionPtr> Parser::comparison_of(ExpressionPtr operand, ComparisonOperator op) {
  const auto where = take().position;  // Trino reports comparisons and arithmetic at their operator
  if ((is_word("all") || is_word("any") || is_word("some")) && is_symbol("(", 1)) {
    const auto quantifier = equals_ignoring_case(take().raw, "all") ? Quantifier::all : Quantifier::any;
    CHECK(expect("("));
    TRY(auto inner, query());
    CHECK(expect(")"));
    return make(where, QuantifiedComparison{op, quantifier, std::move(operand), std::move(inner)});
  }
  TRY(auto right, value(1));
  return make(where, Comparison{op, std::move(operand), std::move(right)});
}

Parsed<ExpressionPtr> Parser::in_of(ExpressionPtr operand, bool negated, Position where) {
  const bool is_query = at_query_in_parentheses();
  CHECK(expect("("));
  if (is_query) {
    TRY(auto inner, query());
    CHECK(expect(")"));
    return make(where, InQuery{negated, std::move(operand), std::move(inner)});
  }
  TRY(auto items, expression_list());
  CHECK(expect(")"));
  return make(where, InList{negated, std::move(operand), std::move(items)});
}

Parsed<ExpressionPtr> Parser::value(int minimum_precedence) {
  TRY(auto left, unary());
  for (;;) {
    const auto found = binary_operator(peek());
    if (!found || found->precedence < minimum_precedence) return left;
    const auto where = take().position;
    TRY(auto right, value(found->precedence + 1));
    TRY(left, make(where, Binary{found->op, std::move(left), std::move(right)}));
  }
}

Parsed<ExpressionPtr> Parser::unary() {
  if (!is_symbol("-") && !is_symbol("+")) return postfix();
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto& sign = take();
  const auto op = sign.is_symbol("-") ? UnaryOperator::minus : UnaryOperator::plus;
  TRY(auto operand, unary());
  return make(sign.position, Unary{op, std::move(operand)});
}

Parsed<ExpressionPtr> Parser::postfix() {
  TRY(auto base, primary());
  for (;;) {
    const auto where = base->position;
    if (accept("[")) {
      TRY(auto index, value(1));
      CHECK(expect("]"));
      TRY(base, make(where, Subscript{std::move(base), std::move(index)}));
    } else if (is_symbol(".") && !is_symbol("*", 1)) {
      take();
      TRY(auto field, name());
      TRY(base, make(where, Dereference{std::move(base), std::move(field)}));
    } else if (are_words({"at", "time", "zone"})) {
      accept_words({"at", "time", "zone"});
      TRY(auto zone, primary());
      TRY(base, make(where, AtTimeZone{std::move(base), std::move(zone)}));
    } else {
      return base;
    }
  }
}

Parsed<Expressions> Parser::expression_list() {
  Expressions list;
  do {
    TRY(auto item, expression());
    list.push_back(std::move(item));
  } while (accept(","));
  return list;
}

}  // namespace tickerlake::athena::sql
