#pragma once
// The writer's inside. Each part of the tree is written to DuckDB text together with its Trino type; names are resolved
// against scopes, so the text names every column with its relation and DuckDB has nothing left to guess.
// Parts: write_query.cpp, write_relation.cpp, write_expression.cpp, write_operator.cpp, write_cast.cpp, write_call.cpp,
// write_aggregate.cpp, write_special*.cpp.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "services/athena/sql/duckdb_writer.h"
#include "services/athena/sql/functions.h"

namespace tickerlake::athena::sql {

template <class T>
using Written = Result<T, SyntaxError>;

/// An expression's DuckDB text and its Trino type.
struct Typed {
  std::string sql;
  Type type;
};

/// A column that expressions can name.
struct ScopeColumn {
  std::string table;     // the relation's alias or table name; "" for USING columns and lambda parameters
  std::string database;  // "" unless the relation is an unaliased table
  std::string name;
  Type type;
  bool hidden = false;  // not part of *
  std::string sql;
};

/// What names mean at one place. Scopes of subqueries point outwards.
struct Scope {
  const Scope* outer = nullptr;
  std::vector<ScopeColumn> columns;
  std::set<std::string> incomplete;  // relations (by alias) whose columns are not known
};

/// A column that comes out of a query: Trino's name and the name it has in DuckDB (unique within the query).
struct OutputColumn {
  std::string name;
  std::string sql_name;
  Type type;
  bool unnamed = false;
};

struct QueryText {
  std::string sql;
  std::vector<OutputColumn> columns;
  bool known = true;
};

/// A relation in FROM: its text with alias, and what it brings into scope.
struct RelationText {
  std::string sql;
  std::vector<ScopeColumn> columns;
  std::set<std::string> incomplete;
};

class Writer {
 public:
  Writer(TableResolver& resolver, const WriteOptions& options) : resolver_(resolver), options_(options) {}

  Written<QueryText> query(const Query&, const Scope* outer, bool top);
  Written<Typed> expression(const Expression&, const Scope&);

 private:
  friend struct SpecialFunctions;

  static std::unexpected<SyntaxError> error(Position, std::string message,
                                            SyntaxErrorKind = SyntaxErrorKind::type_mismatch);
  /// error('message'), or NULL within TRY, where DuckDB refuses functions that raise.
  std::string raise(std::string_view message) const;

  // ---- queries (write_query.cpp, write_select.cpp)
  struct CommonTableText {
    std::string name;
    std::vector<OutputColumn> columns;
    bool known = true;
  };
  Written<std::string> common_tables(const Query&, const Scope* outer);
  Written<QueryText> recursive_anchor(const CommonTable&, const Scope* outer);
  Written<QueryText> body(const Query&, const Scope* outer, bool top);
  Written<QueryText> set_operation(const SetOperation&, const Scope* outer);
  Written<std::string> operand_of(const Query& operand, const QueryText& text, SetOperator op, bool left) const;
  Written<QueryText> values(const Values&, const Scope* outer);
  Written<QueryText> select(const Query&, const Select&, const Scope* outer, bool top);
  struct Items {
    std::string sql;
    std::vector<OutputColumn> columns;
    std::vector<std::string> texts;  // the expression of each column, for ORDER BY and GROUP BY
    bool known = true;
  };
  Written<Items> select_items(const Select&, const Scope&, bool top);
  Written<void> star(const SelectItem&, const Scope&, bool top, Items&);
  static void add_item(Items&, std::string text, OutputColumn column, bool top);
  Written<std::string> group_by(const Select&, const Scope&, const Items&);
  Written<std::string> group_key(const Expression&, const Scope&, const Items&);
  Written<std::vector<std::string>> order_keys(const Query&, const Scope&, const Items&, bool ordinals);
  Written<std::string> sort_key(const Expression&, const Scope&, const Items&, bool ordinals);
  Written<std::string> limit(const Query&);
  Written<QueryText> ordered_outside(const Query&, QueryText inner, const Scope* outer);
  Written<std::string> row_count(const Expression&);

  // ---- relations (write_relation.cpp)
  Written<RelationText> relation(const Relation&, const Scope* outer);
  struct TableText {
    std::string sql;
    std::vector<OutputColumn> columns;
    std::set<std::string> hidden;
    bool known = true;
    bool common = false;  // a common table expression
  };
  Written<TableText> table_text(const TableRelation&);
  Written<RelationText> table(const TableRelation&, const Name* alias, const std::vector<Name>& column_aliases);
  Written<RelationText> named(std::string text, const std::string& alias, const std::string& database,
                              std::vector<OutputColumn> columns, bool known, const std::vector<Name>& column_aliases,
                              Position);
  Written<RelationText> aliased(const AliasedRelation&, const Scope* outer);
  Written<RelationText> join(const Join&, const Scope* outer);
  Written<RelationText> join_using(const Join&, RelationText left, RelationText right, const std::string& keyword);
  Written<RelationText> unnest(const Unnest&, const std::string& alias, const std::vector<Name>& names, Position,
                               const Scope* outer);
  std::string fresh(std::string_view stem) { return std::string(stem) + "$" + std::to_string(++names_); }

  // ---- expressions (write_expression.cpp)
  Written<Typed> name(const Expression&, const Scope&);
  std::optional<Written<Typed>> resolve(const std::vector<Name>& parts, const Scope&) const;
  static Typed field_of(Typed base, const std::string& field);
  Written<Typed> typed_literal(const TypedLiteral&, Position) const;
  Written<Typed> timestamp_literal(const TypedLiteral&, Position) const;
  Written<Typed> interval_literal(const IntervalLiteral&, Position) const;
  Written<Typed> special_value(const SpecialValue&, Position) const;
  Written<Typed> case_(const Case&, Position, const Scope&);
  Written<Typed> subscript(const Subscript&, Position, const Scope&);
  Written<Typed> in_list(const InList&, Position, const Scope&);
  Written<Typed> array(const Array&, const Scope&);
  Written<Typed> row(const Row&, const Scope&);
  Written<Typed> at_time_zone(const AtTimeZone&, const Scope&);
  Written<Typed> extract(const Extract&, Position, const Scope&);
  Written<QueryText> subquery(const Query&, Position, const Scope&, bool one_column);
  Written<std::vector<Typed>> list(const Expressions&, const Scope&);

  // ---- operators (write_operator.cpp)
  Written<Typed> binary(const Binary&, Position, const Scope&);
  Written<Typed> arithmetic(BinaryOperator, Typed left, Typed right, Position, const Expression* divisor);
  Written<Typed> divide(Typed left, Typed right, const Expression* divisor);
  Written<Typed> decimal_arithmetic(BinaryOperator, Typed left, Typed right, const Expression* divisor);
  Written<Typed> with_interval(BinaryOperator, Typed left, Typed right, Position);
  Written<Typed> concat(Typed left, Typed right);
  Written<void> comparable(std::string_view op, const Type& left, const Type& right, Position) const;

  // ---- casts (write_cast.cpp)
  Written<Typed> cast(const Cast&, Position, const Scope&);
  Typed cast_to(Typed from, const Type& to, bool safe) const;
  std::string to_text(const Typed& value) const;

  // ---- calls (write_call.cpp, write_aggregate.cpp, write_window.cpp)
  Written<Typed> call(const FunctionCall&, Position, const Scope&);
  Written<Typed> scalar(const FunctionCall&, const Scope&);
  Written<std::vector<Typed>> arguments(const FunctionCall&, std::string_view lambdas, const Scope&);
  Written<Typed> lambda(const Lambda&, const std::vector<Typed>& parameters, bool bound, const Scope&);
  Written<Typed> aggregate(const FunctionCall&, const AggregateRule&, const Scope&);
  Written<Typed> window_function(const FunctionCall&, const Scope&);
  Written<std::string> window_clause(const Select&, const Scope&);
  Written<std::string> over(const WindowSpecification&, const Scope&);
  Written<std::string> window(const WindowSpecification&, const Scope&);
  Written<const WindowSpecification*> named_window(const Name&) const;
  Written<std::string> frame(const Frame&, const Scope&);
  Written<std::string> frame_bound(const FrameBound&, const Scope&);
  Written<std::string> sort_list(const std::vector<SortItem>&, const Scope&);
  std::string expand(std::string_view pattern, const std::vector<Typed>& arguments) const;

  /// A lambda parameter's name: by depth and not counted, so that equal expressions have equal texts (GROUP BY needs
  /// that).
  std::string parameter_name(std::string_view stem) const {
    return std::string(stem) + "$" + std::to_string(lambda_depth_);
  }

  TableResolver& resolver_;
  const WriteOptions& options_;
  std::vector<CommonTableText> common_;
  std::size_t names_ = 0;  // made up so far
  std::size_t lambda_depth_ = 0;
  int trying_ = 0;                 // depth of TRY
  std::set<std::string> aliases_;  // of the FROM clause being written, to keep DuckDB's unique
  std::map<std::string, const WindowSpecification*> windows_;  // named so far by the SELECT being written
};

/// The smallest type that both convert to; nullopt if there is none. Unknown swallows everything.
std::optional<Type> common_type(const Type& a, const Type& b);
/// An integer type as a decimal: bigint is decimal(19,0).
Type as_decimal(const Type&);
/// ORDER BY's tail with Trino's default (NULLS LAST, also for DESC).
std::string direction(const SortItem&);

}  // namespace tickerlake::athena::sql
