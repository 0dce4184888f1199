#pragma once
// Text → syntax tree. The grammar is Trino's for queries (SqlBase.g4) and Hive's, as Athena documents it, for DDL.
#include <string_view>

#include "base/result.h"
#include "services/athena/sql/statement.h"

namespace tickerlake::athena::sql {

/// Athena's bound on a query's text.
constexpr std::size_t max_statement_bytes = 262'144;
/// Parentheses, subqueries and calls within each other.
constexpr std::uint32_t max_nesting = 200;
/// Depth of the tree, which chains such as a || b || c deepen too.
constexpr std::uint32_t max_tree_depth = 900;

/// One statement; a trailing ';' is allowed. Errors as Trino words them: "mismatched input 'x'. Expecting: …".
Result<Statement, SyntaxError> parse(std::string_view text);

/// An expression alone, such as an execution parameter ('abc', 10, DATE '2020-01-01').
Result<ExpressionPtr, SyntaxError> parse_expression(std::string_view text);

}  // namespace tickerlake::athena::sql
