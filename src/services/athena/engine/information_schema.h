#pragma once
// information_schema over the catalog: schemata, tables, views, columns.
#include <optional>
#include <string>

#include "services/athena/engine/failure.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/glue/catalog/catalog.h"

namespace tickerlake::athena {

/// The relation of that name, nothing where there is none.
Outcome<std::optional<sql::ResolvedTable>> information_schema(const glue::Catalog& catalog, const std::string& table);

/// Every database and table, page by page. Errors stop the walk.
Outcome<std::vector<glue::Database>> all_databases(const glue::Catalog& catalog);
Outcome<std::vector<glue::Table>> all_tables(const glue::Catalog& catalog, const std::string& database);

}  // namespace tickerlake::athena
