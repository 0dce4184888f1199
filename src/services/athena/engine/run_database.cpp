// CREATE, DROP and ALTER DATABASE.
#include "services/athena/engine/execution.h"
#include "services/athena/engine/information_schema.h"

namespace tickerlake::athena {

Outcome<TextAnswer> answer(Execution& execution, const sql::CreateDatabase& statement) {
  glue::Database database;
  database.name = statement.name.text;
  database.description = statement.comment.value_or("");
  database.location_uri = statement.location.value_or("");
  if (statement.location) CHECK(parse_location(*statement.location));
  for (const auto& [key, value] : statement.properties) database.parameters[key] = value;
  auto created = execution.environment.catalog.create_database(std::move(database));
  if (!created && !(statement.if_not_exists && created.error().code == ErrorCode::already_exists)) {
    return std::unexpected(failure_of_service(created.error()));
  }
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DropDatabase& statement) {
  auto& catalog = execution.environment.catalog;
  const auto& name = statement.name.text;
  if (!catalog.get_database(name)) {
    if (statement.if_exists) return TextAnswer{};
    return fail_query(error_type::not_found, "SCHEMA_NOT_FOUND: Database '" + name + "' does not exist");
  }
  if (!statement.cascade) {
    TRY(const auto tables, all_tables(catalog, name));
    if (!tables.empty()) {
      return fail_query(error_type::execution,
                        "SCHEMA_NOT_EMPTY: Database " + name +
                            " is not empty. One or more tables exist. Use CASCADE to drop them too.");
    }
  }
  CHECK(told(catalog.delete_database(name), failure_of_service));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::AlterDatabase& statement) {
  auto& catalog = execution.environment.catalog;
  TRY(auto database, told(catalog.get_database(statement.name.text), failure_of_service));
  for (const auto& [key, value] : statement.properties) database.parameters[key] = value;
  CHECK(told(catalog.update_database(statement.name.text, std::move(database)), failure_of_service));
  return TextAnswer{};
}

}  // namespace tickerlake::athena
