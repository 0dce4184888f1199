// CREATE EXTERNAL TABLE, DROP TABLE, ALTER TABLE (all but partitions), and views.
#include <algorithm>

#include "services/athena/engine/execution.h"

namespace tickerlake::athena {
namespace {

std::vector<glue::Column> catalog_columns(const std::vector<sql::ColumnDefinition>& definitions) {
  std::vector<glue::Column> columns;
  for (const auto& definition : definitions) {
    columns.push_back({definition.name.text, definition.type, definition.comment.value_or("")});
  }
  return columns;
}

Outcome<void> update(Execution& execution, glue::Table table) {
  return told(execution.environment.catalog.update_table(std::move(table)), failure_of_service);
}

std::unexpected<Failure> no_column(const sql::Name& column) {
  return fail_query(error_type::not_found, "COLUMN_NOT_FOUND: Column '" + column.text + "' does not exist");
}

Outcome<std::vector<glue::Column>::iterator> find(glue::StorageDescriptor& storage, const sql::Name& name) {
  const auto place = std::find_if(storage.columns.begin(), storage.columns.end(),
                                  [&](const glue::Column& column) { return column.name == name.text; });
  if (place == storage.columns.end()) return no_column(name);
  return place;
}

Outcome<void> create(Execution& execution, glue::Table table, bool if_not_exists) {
  const auto name = table.database + "." + table.name;
  auto created = execution.environment.catalog.create_table(std::move(table));
  if (created || (if_not_exists && created.error().code == ErrorCode::already_exists)) return {};
  if (created.error().code == ErrorCode::already_exists) {
    return fail_query(error_type::execution, "AlreadyExistsException: Table " + name + " already exists");
  }
  return std::unexpected(failure_of_service(created.error()));
}

}  // namespace

Outcome<TextAnswer> answer(Execution& execution, const sql::CreateTable& statement) {
  if (!statement.external) {
    return fail_query(error_type::unsupported,
                      "NOT_SUPPORTED: Iceberg tables are not supported; use CREATE EXTERNAL "
                      "TABLE");
  }
  glue::Table table;
  table.database = execution.database_of(statement.name);
  table.name = statement.name.table();
  table.description = statement.comment.value_or("");
  table.owner = "hadoop";
  table.table_type = "EXTERNAL_TABLE";
  table.partition_keys = catalog_columns(statement.partition_columns);
  glue::StorageDescriptor storage;
  storage.columns = catalog_columns(statement.columns);
  CHECK(columns_of(storage.columns));
  CHECK(columns_of(table.partition_keys));
  if (!statement.location) {
    return fail_query(error_type::syntax, "SYNTAX_ERROR: CREATE EXTERNAL TABLE needs a LOCATION");
  }
  TRY(const auto location, parse_location(*statement.location));
  storage.location = location.folder().uri();
  storage.input_format = statement.storage.input_format;
  storage.output_format = statement.storage.output_format;
  glue::SerDeInfo serde{.name = "", .library = statement.storage.serde, .parameters = {}};
  for (const auto& [key, value] : statement.storage.serde_parameters) serde.parameters[key] = value;
  storage.serde = std::move(serde);
  storage.number_of_buckets = statement.bucket_count;
  for (const auto& column : statement.bucket_columns) storage.bucket_columns.push_back(column.text);
  for (const auto& column : statement.sort_columns) {
    storage.sort_columns.push_back({column.name.text, column.descending ? 0 : 1});
  }
  table.storage = std::move(storage);
  table.parameters["EXTERNAL"] = "TRUE";
  for (const auto& [key, value] : statement.properties) table.parameters[key] = value;
  CHECK(create(execution, std::move(table), statement.if_not_exists));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DropTable& statement) {
  auto found = execution.table(statement.name);
  if (!found) {
    if (statement.if_exists) return TextAnswer{};
    return std::unexpected(std::move(found).error());
  }
  CHECK(told(execution.environment.catalog.delete_table(found->database, found->name), failure_of_service));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::AddColumns& statement) {
  TRY(auto table, execution.table(statement.table));
  auto columns = catalog_columns(statement.columns);
  CHECK(columns_of(columns));
  if (!table.storage) table.storage.emplace();
  if (statement.replace) table.storage->columns.clear();
  for (auto& column : columns) {
    const bool taken = std::any_of(table.storage->columns.begin(), table.storage->columns.end(),
                                   [&](const glue::Column& other) { return other.name == column.name; });
    if (taken) return fail_query(error_type::execution, "Duplicate column name: " + column.name);
    table.storage->columns.push_back(std::move(column));
  }
  CHECK(update(execution, std::move(table)));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::ChangeColumn& statement) {
  TRY(auto table, execution.table(statement.table));
  if (!table.storage) return no_column(statement.column);
  TRY(const auto place, find(*table.storage, statement.column));
  auto changed = catalog_columns({statement.definition});
  CHECK(columns_of(changed));
  *place = std::move(changed[0]);
  CHECK(update(execution, std::move(table)));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DropColumn& statement) {
  TRY(auto table, execution.table(statement.table));
  if (!table.storage) return no_column(statement.column);
  TRY(const auto place, find(*table.storage, statement.column));
  table.storage->columns.erase(place);
  CHECK(update(execution, std::move(table)));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::SetTableProperties& statement) {
  TRY(auto table, execution.table(statement.table));
  for (const auto& [key, value] : statement.properties) table.parameters[key] = value;
  CHECK(update(execution, std::move(table)));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::UnsetTableProperties& statement) {
  TRY(auto table, execution.table(statement.table));
  for (const auto& key : statement.keys) table.parameters.erase(key);
  CHECK(update(execution, std::move(table)));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::CreateView& statement) {
  glue::Table view;
  view.database = execution.database_of(statement.name);
  view.name = statement.name.table();
  TRY(const auto written, execution.write(*statement.query));
  auto columns = written.columns;
  if (!written.columns_known) {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: the columns of the view's query are not known");
  }
  TRY(const auto described, told(execution.connection.prepare(written.sql), failure_of_engine));
  glue::StorageDescriptor storage;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i < written.unnamed.size() && written.unnamed[i]) {
      return fail_query(error_type::syntax, "MISSING_COLUMN_NAME: line 1:1: Column name not specified at position " +
                                                std::to_string(i + 1));
    }
    if (!columns[i].type.known() && i < described.columns().size()) {
      columns[i].type = type_of(described.columns()[i].type);
    }
    storage.columns.push_back({columns[i].name, sql::to_hive(columns[i].type)});
  }
  view.storage = std::move(storage);
  view.table_type = "VIRTUAL_VIEW";
  view.view_original_text = encode_view(statement.query_text, execution.request.database, columns);
  view.view_expanded_text = "/* Presto View */";
  view.parameters = {{"presto_view", "true"}, {"comment", "Presto View"}};

  auto& catalog = execution.environment.catalog;
  const auto existing = catalog.get_table(view.database, view.name);
  if (existing && existing->table_type != "VIRTUAL_VIEW") {
    return fail_query(error_type::execution,
                      "TABLE_ALREADY_EXISTS: '" + view.database + "." + view.name + "' is a table, not a view");
  }
  if (existing && statement.or_replace) {
    CHECK(update(execution, std::move(view)));
  } else {
    CHECK(create(execution, std::move(view), false));
  }
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DropView& statement) {
  auto found = execution.table(statement.name);
  if (!found) {
    if (statement.if_exists) return TextAnswer{};
    return std::unexpected(std::move(found).error());
  }
  if (found->table_type != "VIRTUAL_VIEW") {
    return fail_query(error_type::execution, "'" + found->database + "." + found->name + "' is a table, not a view");
  }
  CHECK(told(execution.environment.catalog.delete_table(found->database, found->name), failure_of_service));
  return TextAnswer{};
}

}  // namespace tickerlake::athena
