#pragma once
// Which tables a query reads: what the engine looks up in the catalog before it writes SQL.
#include <vector>

#include "services/athena/sql/statement.h"

namespace tickerlake::athena::sql {

/// Every mention of a table or view in FROM, at any depth, in the text's order. Names of common table expressions that
/// are in scope there are left out. Pointers live as long as the query.
std::vector<const TableName*> tables_of(const Query&);

/// The same for a statement: the query within an INSERT, CTAS, view, UNLOAD or EXPLAIN; its target is not among them.
std::vector<const TableName*> tables_of(const Statement&);

}  // namespace tickerlake::athena::sql
