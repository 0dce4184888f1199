// CREATE TABLE AS, INSERT INTO, UNLOAD.
#include <algorithm>

#include "services/athena/engine/partitions.h"
#include "services/athena/engine/write_data.h"

namespace tickerlake::athena {
namespace {

constexpr const char* not_empty_hint =
    "Either specify a different location or manually delete the data at the location";

Outcome<void> demand_empty(Execution& execution, const Location& folder) {
  TRY(const bool empty, is_empty(execution.environment.objects, folder));
  if (empty) return {};
  return fail_query(error_type::execution, "HIVE_PATH_ALREADY_EXISTS: Target directory '" + folder.uri() +
                                               "' already exists and is not empty. " + not_empty_hint);
}

/// Partition columns must be the last ones of the query, in their order.
Outcome<void> check_partition_columns(const std::vector<sql::Column>& columns,
                                      const std::vector<std::string>& partition_by) {
  const auto first = columns.size() - std::min(columns.size(), partition_by.size());
  bool good = columns.size() > partition_by.size();
  for (std::size_t i = 0; good && i < partition_by.size(); ++i) good = columns[first + i].name == partition_by[i];
  if (good) return {};
  return fail_query(error_type::syntax,
                    "HIVE_COLUMN_ORDER_MISMATCH: Partition keys must be the last columns in the table and in the same "
                    "order as the table properties");
}

Outcome<void> register_partitions(Execution& execution, const glue::Table& table, const WrittenData& data) {
  std::vector<glue::Partition> partitions;
  for (const auto& values : data.partitions) {
    glue::Partition partition;
    partition.database = table.database;
    partition.table = table.name;
    partition.values = values;
    partition.storage = table.storage;
    TRY(const auto root, parse_location(table.storage->location));
    partition.storage->location = (root / (partition_path(table.partition_keys, values) + "/")).uri();
    partitions.push_back(std::move(partition));
  }
  if (partitions.empty()) return {};
  TRY(const auto outcomes,
      told(execution.environment.catalog.create_partitions(table.database, table.name, std::move(partitions)),
           failure_of_service));
  for (const auto& error : outcomes) {
    if (error && error->code != ErrorCode::already_exists) return std::unexpected(failure_of_service(*error));
  }
  return {};
}

/// The query with its columns under names of ours: q("c0", "c1", …).
std::string named(const sql::WrittenQuery& written, std::size_t columns) {
  std::string names;
  for (std::size_t i = 0; i < columns; ++i) names += (i > 0 ? ", c" : "c") + std::to_string(i);
  return "(" + written.sql + ") AS q(" + names + ")";
}

std::string type_list(const std::vector<sql::Column>& columns) {
  std::string text;
  for (const auto& column : columns) text += (text.empty() ? "" : ", ") + sql::to_string(column.type);
  return "[" + text + "]";
}

}  // namespace

Outcome<ExecutionResult> run(Execution& execution, const sql::CreateTableAs& statement) {
  auto& catalog = execution.environment.catalog;
  const auto& database = execution.database_of(statement.name);
  if (!catalog.get_database(database)) {
    return fail_query(error_type::not_found, "SCHEMA_NOT_FOUND: Schema '" + database + "' does not exist");
  }
  if (catalog.get_table(database, statement.name.table())) {
    if (statement.if_not_exists) return finish_write(execution, {});
    return fail_query(error_type::execution, "TABLE_ALREADY_EXISTS: line 1:1: Destination table '" +
                                                 std::string(catalog_name) + "." + database + "." +
                                                 statement.name.table() + "' already exists");
  }
  TRY(const auto properties,
      WriteProperties::read(statement.properties,
                            {"format", "external_location", "partitioned_by", "field_delimiter", "write_compression",
                             "parquet_compression", "table_type", "is_external"}));
  if (const auto type = properties.text("table_type"); type && *type != "HIVE" && *type != "hive") {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: tables of type " + *type + " are not supported");
  }
  TRY(auto target, write_target(properties, "PARQUET"));
  if (const auto location = properties.text("external_location")) {
    TRY(target.folder, parse_location(*location));
    target.folder = target.folder.folder();
    CHECK(demand_empty(execution, target.folder));
  } else {
    target.folder = execution.request.output / ("tables/" + execution.request.id + "/");
  }
  TRY(const auto written, execution.write(*statement.query));
  TRY(auto columns, output_columns(execution, written));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i < statement.columns.size()) {
      columns[i].name = statement.columns[i].text;
    } else if (i < written.unnamed.size() && written.unnamed[i]) {
      return fail_query(error_type::syntax, "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position " +
                                                std::to_string(i + 1));
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (columns[j].name == columns[i].name) {
        return fail_query(error_type::syntax, "DUPLICATE_COLUMN_NAME: line 1:1: Column name '" + columns[i].name +
                                                  "' specified more than once");
      }
    }
  }
  CHECK(check_partition_columns(columns, target.partition_by));

  std::string select;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    select += (i > 0 ? ", CAST(c" : "CAST(c") + std::to_string(i) + " AS " + sql::to_duckdb(columns[i].type) + ") AS " +
              sql::quote_identifier(columns[i].name);
  }
  auto query = "SELECT " + select + " FROM " + named(written, columns.size());
  if (!statement.with_data) query += " WHERE false";
  TRY(const auto data, write_data(execution, query, target));

  glue::Table table;
  table.database = database;
  table.name = statement.name.table();
  table.owner = "hadoop";
  table.table_type = "EXTERNAL_TABLE";
  table.parameters = {{"EXTERNAL", "TRUE"}, {"has_encrypted_data", "false"}};
  glue::StorageDescriptor storage;
  storage.location = target.folder.uri();
  for (const auto& column : columns) {
    const bool is_key =
        std::find(target.partition_by.begin(), target.partition_by.end(), column.name) != target.partition_by.end();
    (is_key ? table.partition_keys : storage.columns).push_back({column.name, sql::to_hive(column.type)});
  }
  set_format(storage, target.format, target.delimiter);
  table.storage = std::move(storage);
  CHECK(told(catalog.create_table(table), failure_of_service));
  CHECK(register_partitions(execution, table, data));
  return finish_write(execution, data);
}

Outcome<ExecutionResult> run(Execution& execution, const sql::Insert& statement) {
  TRY(const auto table, execution.table(statement.table));
  if (table.table_type == "VIRTUAL_VIEW" || !table.storage) {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: Inserting into views is not supported");
  }
  TRY(const auto format, table_format(*table.storage, table.parameters));
  WriteTarget target;
  TRY(target.folder, parse_location(table.storage->location));
  target.format = format.format;
  target.delimiter = format.delimiter;
  if (format.format == FileFormat::quoted_csv) {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: INSERT into tables of OpenCSVSerde");
  }
  TRY(auto declared, columns_of(table.storage->columns));
  TRY(const auto keys, columns_of(table.partition_keys));
  for (const auto& key : keys) target.partition_by.push_back(key.name);
  declared.insert(declared.end(), keys.begin(), keys.end());

  TRY(const auto written, execution.write(*statement.query));
  TRY(const auto given, output_columns(execution, written));
  std::vector<sql::Column> named_columns;  // what the statement fills, in its order
  if (statement.columns.empty()) named_columns = declared;
  for (const auto& name : statement.columns) {
    const auto column = std::find_if(declared.begin(), declared.end(),
                                     [&](const sql::Column& candidate) { return candidate.name == name.text; });
    if (column == declared.end()) {
      return fail_query(error_type::syntax, "COLUMN_NOT_FOUND: line " + std::to_string(name.position.line) + ":" +
                                                std::to_string(name.position.column) +
                                                ": Insert column name does not exist in target table: " + name.text);
    }
    named_columns.push_back(*column);
  }
  if (named_columns.size() != given.size()) {
    return fail_query(error_type::syntax, "TYPE_MISMATCH: line 1:1: Insert query has mismatched column types: Table: " +
                                              type_list(named_columns) + ", Query: " + type_list(given));
  }
  std::string select;
  for (const auto& column : declared) {
    std::string value = "NULL";
    for (std::size_t i = 0; i < named_columns.size(); ++i) {
      if (named_columns[i].name == column.name) value = "c" + std::to_string(i);
    }
    select += (select.empty() ? "CAST(" : ", CAST(") + value + " AS " + sql::to_duckdb(column.type) + ") AS " +
              sql::quote_identifier(column.name);
  }
  TRY(const auto data, write_data(execution, "SELECT " + select + " FROM " + named(written, given.size()), target));
  CHECK(register_partitions(execution, table, data));
  return finish_write(execution, data);
}

Outcome<ExecutionResult> run(Execution& execution, const sql::Unload& statement) {
  TRY(const auto properties,
      WriteProperties::read(statement.properties, {"format", "partitioned_by", "field_delimiter", "compression",
                                                   "write_compression", "parquet_compression"}));
  TRY(auto target, write_target(properties, ""));
  TRY(target.folder, parse_location(statement.to));
  target.folder = target.folder.folder();
  CHECK(demand_empty(execution, target.folder));
  TRY(const auto written, execution.write(*statement.query));
  TRY(const auto columns, output_columns(execution, written));
  CHECK(check_partition_columns(columns, target.partition_by));
  std::string select;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    select += (i > 0 ? ", c" : "c") + std::to_string(i) + " AS " + sql::quote_identifier(columns[i].name);
  }
  TRY(const auto data, write_data(execution, "SELECT " + select + " FROM " + named(written, columns.size()), target));
  return finish_write(execution, data);
}

}  // namespace tickerlake::athena
