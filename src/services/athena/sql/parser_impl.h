#pragma once
// The parser's inside: recursive descent over a token list, one token of lookahead where the grammar allows it. Its
// parts are in parse_expression.cpp, parse_primary.cpp, parse_query.cpp, parse_relation.cpp, parse_statement.cpp,
// parse_hive.cpp.
#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "services/athena/sql/lexer.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena::sql {

template <class T>
using Parsed = Result<T, SyntaxError>;

class Parser {
 public:
  Parser(std::string_view text, Dialect dialect) : text_(text), dialect_(dialect), tokens_(tokenize(text, dialect)) {
    match_parentheses();
  }

  Parsed<Statement> whole_statement();
  Parsed<ExpressionPtr> whole_expression();
  Parsed<Type> whole_type();

 private:
  // ---- tokens
  void match_parentheses();
  const Token& peek(std::size_t ahead = 0) const { return tokens_[std::min(at_ + ahead, tokens_.size() - 1)]; }
  const Token& take() { return at_ + 1 < tokens_.size() ? tokens_[at_++] : tokens_.back(); }
  Position here() const { return peek().position; }
  bool is_word(std::string_view word, std::size_t ahead = 0) const {
    return peek(ahead).kind == Token::Kind::word && equals_ignoring_case(peek(ahead).raw, word);
  }
  bool are_words(std::initializer_list<std::string_view> words) const;
  bool is_symbol(std::string_view symbol, std::size_t ahead = 0) const { return peek(ahead).is_symbol(symbol); }
  bool accept_word(std::string_view word) { return is_word(word) && (take(), true); }
  bool accept_words(std::initializer_list<std::string_view> words);
  bool accept(std::string_view symbol) { return is_symbol(symbol) && (take(), true); }
  Parsed<void> expect(std::string_view symbol);
  Parsed<void> expect_word(std::string_view word);
  Parsed<void> expect_words(std::initializer_list<std::string_view> words);
  /// "mismatched input 'x'. Expecting: …" at the present token.
  std::unexpected<SyntaxError> mismatch(std::string_view expecting) const;
  static std::unexpected<SyntaxError> error(Position, std::string message, SyntaxErrorKind = SyntaxErrorKind::syntax);
  Parsed<void> end_of_statement();
  bool is_name(std::size_t ahead = 0) const;
  Parsed<Name> name();
  Parsed<TableName> table_name();
  Parsed<std::vector<Name>> name_list();  // (a, b)
  Parsed<std::string> string();
  Parsed<std::int32_t> small_integer();

  // ---- the tree
  /// Makes a node and computes its depth; an error beyond max_tree_depth.
  Parsed<ExpressionPtr> make(Position, Expression::Node);
  Parsed<RelationPtr> make_relation(Position, Relation::Node);
  Parsed<QueryPtr> finish(QueryPtr);

  /// One level of nesting for the life of the object.
  class Level {
   public:
    explicit Level(Parser& parser) : parser_(parser) { ++parser_.nesting_; }
    ~Level() { --parser_.nesting_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;
    bool too_deep() const { return parser_.nesting_ > max_nesting; }

   private:
    Parser& parser_;
  };
  std::unexpected<SyntaxError> too_deep() const;

  // ---- expressions (parse_expression.cpp)
  Parsed<ExpressionPtr> expression();
  Parsed<ExpressionPtr> conjunction();
  Parsed<ExpressionPtr> negation();
  Parsed<ExpressionPtr> predicate();
  Parsed<ExpressionPtr> predicate_of(ExpressionPtr operand);
  Parsed<ExpressionPtr> comparison_of(ExpressionPtr operand, ComparisonOperator);
  Parsed<ExpressionPtr> in_of(ExpressionPtr operand, bool negated, Position);
  Parsed<ExpressionPtr> value(int minimum_precedence);
  Parsed<ExpressionPtr> unary();
  Parsed<ExpressionPtr> postfix();
  Parsed<Expressions> expression_list();  // one or more, by commas

  // ---- primaries (parse_primary.cpp)
  Parsed<ExpressionPtr> primary();
  Parsed<ExpressionPtr> literal();
  Parsed<ExpressionPtr> word_primary();
  Parsed<ExpressionPtr> parenthesized();
  Parsed<ExpressionPtr> case_expression();
  Parsed<ExpressionPtr> cast(bool safe);
  Parsed<ExpressionPtr> extract();
  Parsed<ExpressionPtr> substring();
  Parsed<ExpressionPtr> position();
  Parsed<ExpressionPtr> trim();
  Parsed<ExpressionPtr> array();
  Parsed<ExpressionPtr> interval();
  Parsed<ExpressionPtr> function_call();
  Parsed<void> function_suffixes(FunctionCall&);
  Parsed<ExpressionPtr> special_value();
  Parsed<ExpressionPtr> make_call(Position, std::string_view name, Expressions arguments);
  bool at_lambda() const;
  Parsed<ExpressionPtr> lambda();
  bool at_query(std::size_t ahead) const;
  /// At a '(' that opens a query rather than an expression or a relation.
  bool at_query_in_parentheses() const;

  // ---- types (parse_type.cpp)
  Parsed<Type> type();
  Parsed<Type> base_type();
  Parsed<Type> parenthesized_type(Type::Kind kind, Position);
  Parsed<Type> hive_type();
  Parsed<std::int32_t> type_argument(std::int32_t low, std::int32_t high);

  // ---- queries (parse_query.cpp)
  Parsed<QueryPtr> query();
  Parsed<QueryPtr> query_term();    // UNION, EXCEPT
  Parsed<QueryPtr> query_factor();  // INTERSECT
  Parsed<QueryPtr> query_primary();
  Parsed<void> ordering(Query&);
  Parsed<ExpressionPtr> row_count();
  Parsed<QueryPtr> select();
  Parsed<SelectItem> select_item();
  Parsed<void> group_by(Select&);
  Parsed<GroupingElement> grouping_element();
  Parsed<Expressions> grouping_set();
  Parsed<std::vector<SortItem>> sort_items();
  Parsed<WindowSpecification> window();
  Parsed<Frame> frame();
  Parsed<FrameBound> frame_bound();

  // ---- relations (parse_relation.cpp)
  Parsed<RelationPtr> from_clause();
  Parsed<RelationPtr> relation();
  Parsed<RelationPtr> sampled();
  Parsed<RelationPtr> aliased();
  Parsed<RelationPtr> primary_relation();
  Parsed<RelationPtr> join_of(RelationPtr left, JoinKind, bool natural);

  // ---- statements (parse_statement.cpp)
  Parsed<Statement> statement();
  Parsed<Statement> create();
  Parsed<Statement> create_view(bool or_replace);
  Parsed<Statement> create_table_as();
  Parsed<Statement> insert();
  Parsed<Statement> unload();
  Parsed<Statement> explain();
  Parsed<Statement> prepare();
  Parsed<Statement> execute();
  Parsed<std::vector<std::pair<Name, ExpressionPtr>>> with_properties();
  std::string rest_of_text() const;

  // ---- Hive's statements (parse_hive.cpp, parse_hive_table.cpp)
  Parsed<Statement> show();
  Parsed<Statement> describe();
  Parsed<Statement> drop();
  Parsed<Statement> alter();
  Parsed<Statement> alter_table();
  Parsed<Statement> alter_partitions(TableName);
  Parsed<Statement> create_database();
  Parsed<Statement> create_table();
  Parsed<void> table_clause(CreateTable&, struct TableFormat&);
  Parsed<void> row_format(struct TableFormat&);
  Parsed<std::vector<ColumnDefinition>> column_definitions();
  Parsed<ColumnDefinition> column_definition();
  Parsed<void> partitioned_by(CreateTable&);
  Parsed<void> clustered_by(CreateTable&);
  Parsed<Properties> properties();
  Parsed<PartitionSpec> partition_spec();
  Parsed<std::string> partition_value();
  Parsed<bool> if_exists();
  Parsed<bool> if_not_exists();

  std::string_view text_;
  Dialect dialect_;
  std::vector<Token> tokens_;
  std::vector<std::size_t> closing_;  // of a '(': its ')' or the last token; else unused
  std::size_t at_ = 0;
  std::uint32_t nesting_ = 0;
  std::size_t parameters_ = 0;
};

}  // namespace tickerlake::athena::sql
