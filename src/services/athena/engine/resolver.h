#pragma once
// Names of tables → relations over their objects: the catalog's tables, views, and information_schema.
#include <map>
#include <string>
#include <vector>

#include "duckdb/database.h"
#include "services/athena/engine/failure.h"
#include "services/athena/sql/analysis.h"
#include "services/athena/sql/duckdb_writer.h"
#include "services/glue/catalog/catalog.h"
#include "services/objects.h"

namespace tickerlake::athena {

/// What an execution read. The pins keep the files until it ends.
struct Inputs {
  std::vector<services::PinnedObject> pinned;
  std::map<std::string, std::string> uri_of;  // local path → s3:// for messages
  std::int64_t bytes = 0;
  bool with_path = false;  // "$path" can be asked for

  /// The text with objects' addresses in place of local paths.
  std::string without_paths(std::string text) const;
};

/// The services that a statement runs against.
struct Environment {
  glue::Catalog& catalog;
  services::Objects& objects;
};

constexpr const char* catalog_name = "awsdatacatalog";
constexpr int max_view_depth = 30;  // views of views

class CatalogResolver final : public sql::TableResolver {
 public:
  /// query: where the mentions stand (for partition pruning); outlives the resolver, as everything else does.
  CatalogResolver(Environment environment, duckdb::Connection& connection, const sql::Query& query,
                  std::string database, Inputs& inputs, int view_depth = 0)
      : environment_(environment),
        connection_(connection),
        query_(query),
        database_(std::move(database)),
        inputs_(inputs),
        view_depth_(view_depth) {}

  Result<sql::ResolvedTable, sql::SyntaxError> resolve(const sql::TableName& name) override;

 private:
  Result<sql::ResolvedTable, sql::SyntaxError> view(const glue::Table& table);
  Outcome<sql::ResolvedTable> table(const glue::Table& table, const sql::TableName& mention);

  Environment environment_;
  duckdb::Connection& connection_;
  const sql::Query& query_;
  const std::string database_;
  Inputs& inputs_;
  const int view_depth_;
};

/// Columns as the catalog declares them. HIVE_METASTORE_ERROR names a type that is not known.
Outcome<std::vector<sql::Column>> columns_of(const std::vector<glue::Column>& columns);

/// The table; TABLE_NOT_FOUND or SCHEMA_NOT_FOUND with the mention's place otherwise.
Result<glue::Table, sql::SyntaxError> look_up(const glue::Catalog& catalog, const sql::TableName& name,
                                              const std::string& default_database);

/// What a view's text is stored as, and back. Source: Presto's format, which Athena keeps in ViewOriginalText.
std::string encode_view(const std::string& query_text, const std::string& database,
                        const std::vector<sql::Column>& columns);
struct ViewText {
  std::string query;
  std::string database;
};
Outcome<ViewText> decode_view(const glue::Table& view);

}  // namespace tickerlake::athena
