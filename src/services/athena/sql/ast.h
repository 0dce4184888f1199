#pragma once
// The syntax tree of queries. Nodes own their children and know where they stood in the text; the parser bounds the
// tree's depth (limits.h), so recursion over it is safe. Statements other than queries are in statement.h.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "services/athena/sql/syntax_error.h"
#include "services/athena/sql/type.h"

namespace tickerlake::athena::sql {

struct Expression;
struct Query;
struct Relation;
using ExpressionPtr = std::unique_ptr<Expression>;
using QueryPtr = std::unique_ptr<Query>;
using RelationPtr = std::unique_ptr<Relation>;
using Expressions = std::vector<ExpressionPtr>;

/// A name as written, in lower case: Trino's names ignore case, quoted or not.
struct Name {
  std::string text;
  Position position;

  bool operator==(const Name& other) const { return text == other.text; }
};

/// [[catalog.]database.]table, as written.
struct TableName {
  std::vector<Name> parts;  // 1 to 3

  const std::string& table() const { return parts.back().text; }
  const std::string* database() const { return parts.size() >= 2 ? &parts[parts.size() - 2].text : nullptr; }
  const std::string* catalog() const { return parts.size() >= 3 ? &parts[parts.size() - 3].text : nullptr; }
  Position position() const { return parts.front().position; }
  std::string text() const;  // "database.table"
};

// ---- literals

struct NullLiteral {};
struct BooleanLiteral {
  bool value;
};
struct IntegerLiteral {
  std::string digits;
};
struct DecimalLiteral {
  std::string text;
};  // "1.50", "DECIMAL '…'" is a TypedLiteral
struct DoubleLiteral {
  std::string text;
};  // "1.5E0"
struct StringLiteral {
  std::string value;
};
struct BinaryLiteral {
  std::string bytes;
};
/// DATE '2020-01-01', TIMESTAMP '…', TIME '…', DECIMAL '1.2', JSON '{}', BIGINT '3', …
struct TypedLiteral {
  Type type;
  std::string value;
};
enum class IntervalUnit { year, month, week, day, hour, minute, second };
/// INTERVAL '3' DAY, INTERVAL -'1 02:03' DAY TO MINUTE
struct IntervalLiteral {
  bool negative;
  std::string value;
  IntervalUnit from;
  std::optional<IntervalUnit> to;
};
struct Parameter {
  std::size_t index;
};  // ?, from 0

// ---- names

struct ColumnReference {
  Name name;
};
struct Dereference {
  ExpressionPtr base;
  Name field;
};  // t.a or (row).a: the writer decides

// ---- operators

enum class UnaryOperator { plus, minus };
struct Unary {
  UnaryOperator op;
  ExpressionPtr operand;
};
enum class BinaryOperator { add, subtract, multiply, divide, modulus, concat };
struct Binary {
  BinaryOperator op;
  ExpressionPtr left, right;
};
enum class ComparisonOperator { equal, not_equal, less, less_or_equal, greater, greater_or_equal };
struct Comparison {
  ComparisonOperator op;
  ExpressionPtr left, right;
};
enum class Quantifier { all, any };  // SOME is any
struct QuantifiedComparison {
  ComparisonOperator op;
  Quantifier quantifier;
  ExpressionPtr left;
  QueryPtr query;
};
/// AND or OR of two and more terms; a chain of the same operator is one node.
struct Logical {
  bool conjunction;
  Expressions terms;
};
struct Not {
  ExpressionPtr operand;
};
struct Between {
  bool negated;
  ExpressionPtr operand, low, high;
};
struct InList {
  bool negated;
  ExpressionPtr operand;
  Expressions items;
};
struct InQuery {
  bool negated;
  ExpressionPtr operand;
  QueryPtr query;
};
struct Like {
  bool negated;
  ExpressionPtr operand, pattern, escape;
};  // escape may be null
struct IsNull {
  bool negated;
  ExpressionPtr operand;
};
struct IsDistinct {
  bool negated;
  ExpressionPtr left, right;
};  // negated: IS NOT DISTINCT FROM
struct Exists {
  QueryPtr query;
};
struct ScalarQuery {
  QueryPtr query;
};
struct CaseBranch {
  ExpressionPtr condition, result;
};
struct Case {
  ExpressionPtr operand;
  std::vector<CaseBranch> branches;
  ExpressionPtr otherwise;
};  // operand, otherwise may be null
struct Cast {
  bool safe;
  ExpressionPtr operand;
  Type type;
};  // safe: TRY_CAST
struct Row {
  Expressions items;
};
struct Array {
  Expressions items;
};
struct Subscript {
  ExpressionPtr base, index;
};
struct AtTimeZone {
  ExpressionPtr operand, zone;
};
struct Extract {
  std::string field;
  ExpressionPtr operand;
};  // field in lower case
/// current_date, current_time, current_timestamp, localtime, localtimestamp, current_user, current_catalog,
/// current_schema
struct SpecialValue {
  std::string name;
  std::optional<std::int32_t> precision;
};

// ---- functions

struct Lambda {
  std::vector<Name> parameters;
  ExpressionPtr body;
};
struct SortItem {
  ExpressionPtr key;
  bool descending = false;
  std::optional<bool> nulls_first;
};
enum class FrameUnit { rows, range, groups };
enum class FrameBoundKind { unbounded_preceding, preceding, current_row, following, unbounded_following };
struct FrameBound {
  FrameBoundKind kind;
  ExpressionPtr offset;
};
struct Frame {
  FrameUnit unit;
  FrameBound start;
  std::optional<FrameBound> end;
};
struct WindowSpecification {
  std::optional<Name> base;
  Expressions partition_by;
  std::vector<SortItem> order_by;
  std::optional<Frame> frame;
};
struct NamedWindow {
  Name name;
  WindowSpecification specification;
};
enum class NullTreatment { respect, ignore };
/// Also IF, TRY, COALESCE, NULLIF, and the SQL forms that are functions: POSITION, SUBSTRING, TRIM, NORMALIZE,
/// GROUPING.
struct FunctionCall {
  Name name;
  Expressions arguments;
  bool star = false;  // count(*)
  bool distinct = false;
  std::vector<SortItem> order_by;  // inside the parentheses, or WITHIN GROUP
  ExpressionPtr filter;
  std::optional<NullTreatment> null_treatment;
  std::optional<WindowSpecification> over;  // OVER name is a specification with only `base`
};

struct Expression {
  using Node = std::variant<NullLiteral, BooleanLiteral, IntegerLiteral, DecimalLiteral, DoubleLiteral, StringLiteral,
                            BinaryLiteral, TypedLiteral, IntervalLiteral, Parameter, ColumnReference, Dereference,
                            Unary, Binary, Comparison, QuantifiedComparison, Logical, Not, Between, InList, InQuery,
                            Like, IsNull, IsDistinct, Exists, ScalarQuery, Case, Cast, Row, Array, Subscript,
                            AtTimeZone, Extract, SpecialValue, Lambda, FunctionCall>;
  Position position;
  std::uint32_t depth = 1;  // of the tree below, this node included
  Node node;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
};

// ---- relations

/// A table, view or common table expression in FROM.
struct TableRelation {
  TableName name;
  bool at_version = false;
  ExpressionPtr as_of;
};  // FOR TIMESTAMP | VERSION AS OF
struct QueryRelation {
  QueryPtr query;
  bool lateral = false;
};
struct Unnest {
  Expressions items;
  bool with_ordinality;
};
enum class JoinKind { cross, inner, left, right, full };
struct Join {
  JoinKind kind;
  bool natural;
  RelationPtr left, right;
  ExpressionPtr on;
  std::vector<Name> columns;
};  // columns: USING
struct AliasedRelation {
  RelationPtr relation;
  Name alias;
  std::vector<Name> columns;
};
struct SampledRelation {
  RelationPtr relation;
  bool system;
  ExpressionPtr percentage;
};  // not system: BERNOULLI

struct Relation {
  using Node = std::variant<TableRelation, QueryRelation, Unnest, Join, AliasedRelation, SampledRelation>;
  Position position;
  std::uint32_t depth = 1;
  Node node;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
};

// ---- queries

/// An expression with an optional alias, or (expression null) `*`; `qualifier.*` has its qualifier, `(row).*` its
/// expression and `star`.
struct SelectItem {
  Position position;
  ExpressionPtr expression;
  std::optional<Name> alias;
  bool star = false;
  std::vector<Name> column_aliases;  // t.* AS (a, b)
};

enum class GroupingKind { simple, rollup, cube, sets };
struct GroupingElement {
  GroupingKind kind;
  std::vector<Expressions> sets;
};  // simple: one set

struct Select {
  bool distinct = false;
  std::vector<SelectItem> items;
  RelationPtr from;  // null: no FROM; a comma is a cross join
  ExpressionPtr where;
  bool group_by_distinct = false;
  std::vector<GroupingElement> group_by;
  ExpressionPtr having;
  std::vector<NamedWindow> windows;
};
enum class SetOperator { union_, intersect, except };
struct SetOperation {
  SetOperator op;
  bool all;
  QueryPtr left, right;
};
struct Values {
  Expressions rows;
};  // each a Row, or a single value
struct TableQuery {
  TableName name;
};  // TABLE t

struct CommonTable {
  Name name;
  std::vector<Name> columns;
  QueryPtr query;
};

struct Query {
  using Body = std::variant<Select, SetOperation, Values, TableQuery, QueryPtr>;  // QueryPtr: in parentheses
  Position position;
  std::uint32_t depth = 1;
  bool recursive = false;
  std::vector<CommonTable> with;
  Body body;
  std::vector<SortItem> order_by;
  ExpressionPtr offset;
  ExpressionPtr limit;  // null: none (or LIMIT ALL)
  bool with_ties = false;
};

}  // namespace tickerlake::athena::sql
