// SHOW, DESCRIBE, EXPLAIN, PREPARE, DEALLOCATE.
#include <fmt/format.h>

#include <algorithm>

#include "services/athena/engine/execution.h"
#include "services/athena/engine/information_schema.h"
#include "services/athena/engine/partitions.h"
#include "services/athena/engine/pattern.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {
namespace {

/// Hive's line of a column: name, type and comment padded to 20 characters, apart by tabs.
std::string column_line(const std::string& name, const std::string& type, const std::string& comment) {
  return fmt::format("{:<20}\t{:<20}\t{:<20}", name, type, comment);
}

Outcome<std::vector<glue::Table>> tables_in(Execution& execution, const std::optional<sql::Name>& database) {
  const auto name = database ? database->text : execution.request.database;
  if (!execution.environment.catalog.get_database(name)) {
    return fail_query(error_type::not_found, "SCHEMA_NOT_FOUND: Database does not exist: " + name);
  }
  return all_tables(execution.environment.catalog, name);
}

std::vector<std::string> matching(std::vector<std::string> names, const std::optional<std::string>& pattern) {
  if (pattern) std::erase_if(names, [&](const std::string& name) { return !matches_hive(name, *pattern); });
  return names;
}

Outcome<glue::Table> view_of(Execution& execution, const sql::TableName& name) {
  TRY(auto table, execution.table(name));
  if (table.table_type != "VIRTUAL_VIEW") {
    return fail_query(error_type::execution, "'" + table.database + "." + table.name + "' is not a view");
  }
  return table;
}

}  // namespace

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowDatabases& statement) {
  TRY(const auto databases, all_databases(execution.environment.catalog));
  std::vector<std::string> names;
  for (const auto& database : databases) names.push_back(database.name);
  return TextAnswer{{text_column("database_name")}, matching(std::move(names), statement.pattern)};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowTables& statement) {
  TRY(const auto tables, tables_in(execution, statement.database));
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.name);
  return TextAnswer{{text_column("tab_name")}, matching(std::move(names), statement.pattern)};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowViews& statement) {
  TRY(const auto tables, tables_in(execution, statement.database));
  std::vector<std::string> names;
  for (const auto& table : tables) {
    if (table.table_type == "VIRTUAL_VIEW") names.push_back(table.name);
  }
  return TextAnswer{{text_column("views")}, matching(std::move(names), statement.pattern)};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowPartitions& statement) {
  TRY(const auto table, execution.table(statement.table));
  if (table.partition_keys.empty()) {
    return fail_query(error_type::execution, "SemanticException: Table " + table.name + " is not a partitioned table");
  }
  TRY(const auto keys, columns_of(table.partition_keys));
  TRY(const auto places, places_of(execution.environment.catalog, table, keys, {}));
  TextAnswer text{{text_column("partition")}, {}};
  for (const auto& place : places) {
    std::vector<std::string> values;
    for (const auto& value : place.values) values.push_back(value.value_or("__HIVE_DEFAULT_PARTITION__"));
    const bool wanted = std::all_of(statement.partition.begin(), statement.partition.end(), [&](const auto& entry) {
      for (std::size_t i = 0; i < keys.size(); ++i) {
        if (keys[i].name == entry.first.text) return values[i] == entry.second;
      }
      return false;
    });
    if (wanted) text.lines.push_back(partition_path(table.partition_keys, values));
  }
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowColumns& statement) {
  TRY(const auto table, execution.table(statement.table));
  TextAnswer text{{text_column("field")}, {}};
  const auto add = [&](const glue::Column& column) { text.lines.push_back(fmt::format("{:<20}", column.name)); };
  if (table.storage) std::for_each(table.storage->columns.begin(), table.storage->columns.end(), add);
  std::for_each(table.partition_keys.begin(), table.partition_keys.end(), add);
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowTableProperties& statement) {
  TRY(const auto table, execution.table(statement.table));
  TextAnswer text{{text_column("prpt_name"), text_column("prpt_value")}, {}};
  for (const auto& [key, value] : table.parameters) {
    if (!statement.key || *statement.key == key) text.lines.push_back(key + "\t" + value);
  }
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowFunctions& statement) {
  TRY(auto rows, execution.run("SELECT DISTINCT function_name FROM duckdb_functions() WHERE function_type IN "
                               "('scalar', 'aggregate', 'macro') AND function_name SIMILAR TO '[a-z][a-z0-9_]*' "
                               "ORDER BY 1"));
  TRY(const auto found, told(duckdb::read_text(rows), failure_of_engine));
  std::vector<std::string> names;
  for (const auto& row : found) names.push_back(row[0].value_or(""));
  return TextAnswer{{text_column("Function")}, matching(std::move(names), statement.pattern)};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::Describe& statement) {
  TRY(const auto table, execution.table(statement.table));
  TextAnswer text{{text_column("col_name"), text_column("data_type"), text_column("comment")}, {}};
  const auto wanted = [&](const glue::Column& column) {
    return !statement.column || statement.column->text == glue::fold_name(column.name);
  };
  const auto add = [&](const glue::Column& column) {
    if (wanted(column)) text.lines.push_back(column_line(column.name, column.type, column.comment));
  };
  const auto storage = table.storage.value_or(glue::StorageDescriptor{});
  for (const auto& column : storage.columns) add(column);
  for (const auto& key : table.partition_keys) add(key);
  if (statement.column) {
    if (text.lines.empty()) {
      return fail_query(error_type::not_found,
                        "COLUMN_NOT_FOUND: Column '" + statement.column->text + "' does not exist");
    }
    return text;
  }
  if (!table.partition_keys.empty()) {
    text.lines.push_back(column_line("", "", ""));
    text.lines.push_back(column_line("# Partition Information", "", ""));
    text.lines.push_back(column_line("# col_name", "data_type", "comment"));
    text.lines.push_back(column_line("", "", ""));
    for (const auto& key : table.partition_keys) add(key);
  }
  if (statement.extended || statement.formatted) {
    const auto detail = [&](const std::string& name, const std::string& value) {
      text.lines.push_back(column_line(name, value, ""));
    };
    detail("", "");
    detail("# Detailed Table Information", "");
    detail("Database:", table.database);
    detail("Owner:", table.owner);
    detail("CreateTime:", iso8601(table.create_time));
    detail("Location:", storage.location);
    detail("Table Type:", table.table_type);
    detail("Table Parameters:", "");
    for (const auto& [key, value] : table.parameters) detail("\t" + key, value);
    detail("", "");
    detail("# Storage Information", "");
    detail("SerDe Library:", storage.serde ? storage.serde->library : "");
    detail("InputFormat:", storage.input_format);
    detail("OutputFormat:", storage.output_format);
  }
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DescribeView& statement) {
  TRY(const auto view, view_of(execution, statement.view));
  TextAnswer text{{text_column("col_name"), text_column("data_type"), text_column("comment")}, {}};
  for (const auto& column : view.storage.value_or(glue::StorageDescriptor{}).columns) {
    text.lines.push_back(column_line(column.name, column.type, column.comment));
  }
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowCreateView& statement) {
  TRY(const auto view, view_of(execution, statement.view));
  TRY(const auto decoded, decode_view(view));
  TextAnswer text{{text_column("create view")}, {}};
  text.lines = lines_of("CREATE VIEW " + view.database + "." + view.name + " AS\n" + decoded.query);
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::Explain& statement) {
  const auto* query = statement.statement->as<sql::QueryPtr>();
  if (query == nullptr) {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: EXPLAIN of anything but a query");
  }
  TextAnswer text{{text_column("Query Plan")}, {}};
  TRY(const auto written, execution.write(**query));
  TRY(auto rows, execution.run((statement.analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ") + written.sql));
  if (statement.type == "validate") {
    text.columns = {text_column("Valid")};
    text.lines = {"true"};
    return text;
  }
  TRY(const auto found, told(duckdb::read_text(rows), failure_of_engine));
  for (const auto& row : found) {
    for (auto& line : lines_of(execution.inputs.without_paths(row.back().value_or("")))) {
      text.lines.push_back(std::move(line));
    }
  }
  return text;
}

Outcome<TextAnswer> answer(Execution& execution, const sql::Prepare& statement) {
  CHECK(told(execution.prepared.put(execution.request.workgroup, statement.name.text, statement.statement_text),
             failure_of_service));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::Deallocate& statement) {
  TRY(const bool removed,
      told(execution.prepared.remove(execution.request.workgroup, statement.name.text), failure_of_service));
  if (!removed) {
    return fail_query(error_type::not_found, "NOT_FOUND: PreparedStatement " + statement.name.text + " was not found");
  }
  return TextAnswer{};
}

}  // namespace tickerlake::athena
