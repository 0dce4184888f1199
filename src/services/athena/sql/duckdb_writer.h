#pragma once
// Syntax tree → DuckDB's SQL with Trino's meaning. It resolves columns and types itself, so that errors are Trino's
// ("line 1:8: Column 'x' cannot be resolved"), names are Trino's (_col0) and operators follow Trino's types.
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/athena/sql/statement.h"

namespace tickerlake::athena::sql {

/// A column of a relation; hidden ones ("$path") can be named but are not part of *.
struct Column {
  std::string name;  // lower case
  Type type;
  bool hidden = false;
};

/// What stands for a table in DuckDB.
struct ResolvedTable {
  std::string relation;  // text for FROM without alias: read_parquet([...]), "main"."t", (SELECT …)
  std::optional<std::vector<Column>> columns;  // nullopt: not known; DuckDB then finds columns and reports them
};

/// Gives the relation of a table name; implemented by the engine. Called once a mention, in the text's order.
/// Its error's place is filled in with the mention's if it has none: "line 1:15: Table 'awsdatacatalog.db.t' does not
/// exist". For a view the engine parses and writes the view's own query with write() and returns "(" + sql + ")" with
/// its columns.
class TableResolver {
 public:
  virtual ~TableResolver() = default;
  virtual Result<ResolvedTable, SyntaxError> resolve(const TableName& name) = 0;
};

struct WriteOptions {
  /// Values for ?, in order: each DuckDB text of a literal is made from these expressions (EXECUTE … USING,
  /// ExecutionParameters).
  const Expressions* parameters = nullptr;
  std::string user = "hadoop", catalog = "awsdatacatalog",
              schema = "default";  // current_user, current_catalog, current_schema
};

/// The DuckDB text, and the columns that come out: names as Athena shows them (lower case, _col0 …), types where known.
struct WrittenQuery {
  std::string sql;
  std::vector<Column> columns;  // empty if `columns_known` is false
  bool columns_known = true;    // false: * over a relation with unknown columns; take names through output_name
  std::vector<bool> unnamed;    // one a column: an expression without an alias (CTAS and views refuse those)
};

Result<WrittenQuery, SyntaxError> write(const Query&, TableResolver&, const WriteOptions& = {});

/// The name a result column has for Athena's clients, given DuckDB's name for it and its index from 0.
std::string output_name(const std::string& duckdb_name, std::size_t index);

/// "name" with quotes doubled, and 'text' likewise, for the engine's own statements.
std::string quote_identifier(std::string_view);
std::string quote_string(std::string_view);

}  // namespace tickerlake::athena::sql
