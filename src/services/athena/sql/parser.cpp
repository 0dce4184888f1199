// Tokens, errors and the tree's bounds: what all parts of the parser share, and its entry points.
#include "services/athena/sql/parser.h"

#include <algorithm>
#include <charconv>

#include "services/athena/sql/parser_impl.h"
#include "services/athena/sql/walk.h"

namespace tickerlake::athena::sql {

void Parser::match_parentheses() {
  closing_.assign(tokens_.size(), tokens_.size() - 1);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    if (tokens_[i].is_symbol("(")) {
      open.push_back(i);
    } else if (tokens_[i].is_symbol(")") && !open.empty()) {
      closing_[open.back()] = i;
      open.pop_back();
    }
  }
}

bool Parser::are_words(std::initializer_list<std::string_view> words) const {
  std::size_t ahead = 0;
  return std::all_of(words.begin(), words.end(), [&](std::string_view word) { return is_word(word, ahead++); });
}

bool Parser::accept_words(std::initializer_list<std::string_view> words) {
  if (!are_words(words)) return false;
  for (std::size_t i = 0; i < words.size(); ++i) take();
  return true;
}

Parsed<void> Parser::expect(std::string_view symbol) {
  if (accept(symbol)) return {};
  return mismatch("'" + std::string(symbol) + "'");
}

Parsed<void> Parser::expect_word(std::string_view word) {
  if (accept_word(word)) return {};
  return mismatch("'" + std::string(word) + "'");
}

Parsed<void> Parser::expect_words(std::initializer_list<std::string_view> words) {
  for (const auto word : words) CHECK(expect_word(word));
  return {};
}

std::unexpected<SyntaxError> Parser::error(Position where, std::string message, SyntaxErrorKind kind) {
  return std::unexpected(SyntaxError{where.line, where.column, std::move(message), kind});
}

std::unexpected<SyntaxError> Parser::mismatch(std::string_view expecting) const {
  const auto& token = peek();
  if (token.kind == Token::Kind::invalid) {
    constexpr std::size_t shown = 40;
    return error(token.position, "token recognition error at: '" + std::string(token.raw.substr(0, shown)) + "'");
  }
  if (token.kind == Token::Kind::backquoted_name)
    return error(token.position, "backquoted identifiers are not supported; use double quotes to quote identifiers");
  const auto text = token.kind == Token::Kind::end ? std::string("<EOF>") : std::string(token.raw);
  return error(token.position, "mismatched input '" + text + "'. Expecting: " + std::string(expecting));
}

std::unexpected<SyntaxError> Parser::too_deep() const {
  return error(here(), "statement is nested too deeply (limit " + std::to_string(max_nesting) + ")",
               SyntaxErrorKind::unsupported);
}

Parsed<void> Parser::end_of_statement() {
  accept(";");
  if (peek().kind == Token::Kind::end) return {};
  return mismatch("<EOF>");
}

bool Parser::is_name(std::size_t ahead) const {
  const auto& token = peek(ahead);
  if (token.kind == Token::Kind::quoted_name) return true;
  return token.kind == Token::Kind::word && (dialect_ == Dialect::hive || !is_reserved(token.raw));
}

Parsed<Name> Parser::name() {
  if (!is_name()) return mismatch("<identifier>");
  const auto& token = take();
  return Name{to_lower(token.kind == Token::Kind::word ? std::string(token.raw) : token.value), token.position};
}

Parsed<TableName> Parser::table_name() {
  TableName table;
  do {
    TRY(auto part, name());
    table.parts.push_back(std::move(part));
  } while (table.parts.size() < 3 && accept("."));
  return table;
}

Parsed<std::vector<Name>> Parser::name_list() {
  CHECK(expect("("));
  std::vector<Name> names;
  do {
    TRY(auto one, name());
    names.push_back(std::move(one));
  } while (accept(","));
  CHECK(expect(")"));
  return names;
}

Parsed<std::string> Parser::string() {
  if (peek().kind != Token::Kind::string) return mismatch("<string>");
  return take().value;
}

Parsed<std::int32_t> Parser::small_integer() {
  if (peek().kind != Token::Kind::integer) return mismatch("<integer>");
  const auto& token = take();
  std::int32_t number = 0;
  const auto [end, failure] = std::from_chars(token.value.data(), token.value.data() + token.value.size(), number);
  if (failure != std::errc()) return error(token.position, "Invalid numeric literal: " + token.value);
  return number;
}

Parsed<ExpressionPtr> Parser::make(Position where, Expression::Node node) {
  auto made = std::make_unique<Expression>(Expression{where, 1, std::move(node)});
  for_each_child(
      *made, [&](const Expression& child) { made->depth = std::max(made->depth, child.depth + 1); },
      [&](const Query& child) { made->depth = std::max(made->depth, child.depth + 1); });
  if (made->depth > max_tree_depth)
    return error(where, "expression is too deep (limit " + std::to_string(max_tree_depth) + ")",
                 SyntaxErrorKind::unsupported);
  return made;
}

Parsed<RelationPtr> Parser::make_relation(Position where, Relation::Node node) {
  auto made = std::make_unique<Relation>(Relation{where, 1, std::move(node)});
  const auto deepen = [&](const auto& child) { made->depth = std::max(made->depth, child.depth + 1); };
  for_each_child(*made, deepen, deepen, deepen);
  if (made->depth > max_tree_depth)
    return error(where, "FROM clause is too deep (limit " + std::to_string(max_tree_depth) + ")",
                 SyntaxErrorKind::unsupported);
  return made;
}

Parsed<QueryPtr> Parser::finish(QueryPtr made) {
  const auto deepen = [&](const auto& child) { made->depth = std::max(made->depth, child.depth + 1); };
  for_each_child(*made, deepen, deepen, deepen);
  if (made->depth > max_tree_depth)
    return error(made->position, "query is too deep (limit " + std::to_string(max_tree_depth) + ")",
                 SyntaxErrorKind::unsupported);
  return made;
}

Parsed<Statement> Parser::whole_statement() {
  TRY(auto parsed, statement());
  CHECK(end_of_statement());
  parsed.parameter_count = parameters_;
  return parsed;
}

Parsed<ExpressionPtr> Parser::whole_expression() {
  TRY(auto parsed, expression());
  CHECK(end_of_statement());
  return parsed;
}

Parsed<Type> Parser::whole_type() {
  TRY(auto parsed, type());
  CHECK(end_of_statement());
  return parsed;
}

Result<Statement, SyntaxError> parse(std::string_view text) {
  if (text.size() > max_statement_bytes)
    return std::unexpected(SyntaxError{0, 0, "Query text exceeds " + std::to_string(max_statement_bytes) + " bytes",
                                       SyntaxErrorKind::other});
  return Parser(text, dialect_of(text)).whole_statement();
}

Result<ExpressionPtr, SyntaxError> parse_expression(std::string_view text) {
  if (text.size() > max_statement_bytes)
    return std::unexpected(SyntaxError{0, 0, "Expression exceeds " + std::to_string(max_statement_bytes) + " bytes",
                                       SyntaxErrorKind::other});
  return Parser(text, Dialect::trino).whole_expression();
}

std::string TableName::text() const {
  std::string out;
  for (const auto& part : parts) out += (out.empty() ? "" : ".") + part.text;
  return out;
}

}  // namespace tickerlake::athena::sql
