#include "services/athena/engine/information_schema.h"

#include "services/athena/engine/resolver.h"

namespace tickerlake::athena {
namespace {

using Row = std::vector<std::optional<std::string>>;
constexpr std::size_t page_size = 100;

/// Rows as a relation: every column is varchar but those named as numbers.
sql::ResolvedTable relation(const std::vector<std::string>& names, const std::vector<Row>& rows,
                            const std::string& number = "") {
  sql::ResolvedTable table;
  std::string select, values;
  for (const auto& name : names) {
    const auto kind = name == number ? sql::Type::Kind::bigint : sql::Type::Kind::varchar;
    select += (select.empty() ? "" : ", ") + ("CAST(" + sql::quote_identifier(name) + " AS ") +
              sql::to_duckdb(sql::Type::of(kind)) + ") AS " + sql::quote_identifier(name);
    if (!table.columns) table.columns.emplace();
    table.columns->push_back({name, sql::Type::of(kind), false});
  }
  std::string columns;
  for (const auto& name : names) columns += (columns.empty() ? "" : ", ") + sql::quote_identifier(name);
  const auto add = [&](const Row& row) {
    values += values.empty() ? "(" : ", (";
    for (std::size_t i = 0; i < row.size(); ++i) {
      values += (i > 0 ? ", " : "") + (row[i] ? sql::quote_string(*row[i]) : std::string("NULL"));
    }
    values += ")";
  };
  for (const auto& row : rows) add(row);
  if (rows.empty()) add(Row(names.size()));
  table.relation = "(SELECT " + select + " FROM (VALUES " + values + ") AS v(" + columns + ")" +
                   (rows.empty() ? " WHERE false" : "") + ")";
  return table;
}

std::string trino_type(const std::string& hive) {
  const auto type = sql::parse_type(hive);
  return type ? sql::to_string(*type) : hive;
}

Outcome<std::vector<glue::Table>> tables_of_all(const glue::Catalog& catalog) {
  std::vector<glue::Table> tables;
  glue::PageRequest request{.token = "", .limit = page_size};
  do {
    TRY(auto page, told(catalog.get_all_tables(request), failure_of_service));
    for (auto& table : page.items) tables.push_back(std::move(table));
    request.token = page.next_token;
  } while (!request.token.empty());
  return tables;
}

}  // namespace

Outcome<std::vector<glue::Database>> all_databases(const glue::Catalog& catalog) {
  std::vector<glue::Database> databases;
  glue::PageRequest request{.token = "", .limit = page_size};
  do {
    TRY(auto page, told(catalog.get_databases(request), failure_of_service));
    for (auto& database : page.items) databases.push_back(std::move(database));
    request.token = page.next_token;
  } while (!request.token.empty());
  return databases;
}

Outcome<std::vector<glue::Table>> all_tables(const glue::Catalog& catalog, const std::string& database) {
  std::vector<glue::Table> tables;
  glue::PageRequest request{.token = "", .limit = page_size};
  do {
    TRY(auto page, told(catalog.get_tables(database, "", request), failure_of_service));
    for (auto& table : page.items) tables.push_back(std::move(table));
    request.token = page.next_token;
  } while (!request.token.empty());
  return tables;
}

Outcome<std::optional<sql::ResolvedTable>> information_schema(const glue::Catalog& catalog, const std::string& table) {
  std::vector<Row> rows;
  if (table == "schemata") {
    TRY(const auto databases, all_databases(catalog));
    for (const auto& database : databases) rows.push_back({catalog_name, database.name});
    return relation({"catalog_name", "schema_name"}, rows);
  }
  if (table != "tables" && table != "columns" && table != "views") return std::nullopt;
  TRY(const auto tables, tables_of_all(catalog));
  for (const auto& entry : tables) {
    const bool is_view = entry.table_type == "VIRTUAL_VIEW";
    const Row name{catalog_name, entry.database, entry.name};
    if (table == "tables") {
      rows.push_back({name[0], name[1], name[2], is_view ? "VIEW" : "BASE TABLE"});
    } else if (table == "views") {
      if (!is_view) continue;
      const auto text = decode_view(entry);
      rows.push_back({name[0], name[1], name[2], text ? text->query : entry.view_original_text});
    } else {
      int position = 0;
      const auto add = [&](const glue::Column& column, bool is_key) {
        rows.push_back({name[0], name[1], name[2], column.name, std::to_string(++position), std::nullopt, "YES",
                        trino_type(column.type), column.comment.empty() ? std::nullopt : std::optional(column.comment),
                        is_key ? std::optional<std::string>("partition key") : std::nullopt});
      };
      if (entry.storage) {
        for (const auto& column : entry.storage->columns) add(column, false);
      }
      for (const auto& key : entry.partition_keys) add(key, true);
    }
  }
  if (table == "tables") return relation({"table_catalog", "table_schema", "table_name", "table_type"}, rows);
  if (table == "views") return relation({"table_catalog", "table_schema", "table_name", "view_definition"}, rows);
  return relation({"table_catalog", "table_schema", "table_name", "column_name", "ordinal_position", "column_default",
                   "is_nullable", "data_type", "comment", "extra_info"},
                  rows, "ordinal_position");
}

}  // namespace tickerlake::athena
