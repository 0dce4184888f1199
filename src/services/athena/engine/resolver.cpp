#include "services/athena/engine/resolver.h"

#include "services/athena/engine/information_schema.h"
#include "services/athena/engine/location.h"
#include "services/athena/engine/partitions.h"
#include "services/athena/engine/table_scan.h"
#include "services/athena/sql/parser.h"
#include "services/athena/sql/partition_filter.h"

namespace tickerlake::athena {
namespace {

sql::SyntaxError at(const sql::TableName& name, sql::SyntaxErrorKind kind, std::string message) {
  return {name.position().line, name.position().column, std::move(message), kind};
}

/// A failure beneath a name: its message has its code already.
std::unexpected<sql::SyntaxError> other(Failure failure) {
  return std::unexpected(sql::SyntaxError{0, 0, std::move(failure.message), sql::SyntaxErrorKind::other});
}

}  // namespace

std::string Inputs::without_paths(std::string text) const {
  for (const auto& [path, uri] : uri_of) {
    for (auto place = text.find(path); place != std::string::npos; place = text.find(path, place + uri.size())) {
      text.replace(place, path.size(), uri);
    }
  }
  return text;
}

Outcome<std::vector<sql::Column>> columns_of(const std::vector<glue::Column>& columns) {
  std::vector<sql::Column> result;
  for (const auto& column : columns) {
    auto type = sql::parse_type(column.type);
    if (!type || sql::to_duckdb(*type).empty()) {
      return fail_query(error_type::storage, "HIVE_METASTORE_ERROR: column '" + column.name + "' has the type '" +
                                                 column.type + "', which is not supported");
    }
    result.push_back({glue::fold_name(column.name), std::move(*type), false});
  }
  return result;
}

Result<glue::Table, sql::SyntaxError> look_up(const glue::Catalog& catalog, const sql::TableName& name,
                                              const std::string& default_database) {
  const auto database = name.database() != nullptr ? *name.database() : default_database;
  if (name.catalog() != nullptr && *name.catalog() != catalog_name) {
    return std::unexpected(at(name, sql::SyntaxErrorKind::name_not_found,
                              "CATALOG_NOT_FOUND: Catalog '" + *name.catalog() + "' does not exist"));
  }
  auto table = catalog.get_table(database, name.table());
  if (table) return std::move(*table);
  if (table.error().code != ErrorCode::not_found) {
    return std::unexpected(at(name, sql::SyntaxErrorKind::other, failure_of_service(table.error()).message));
  }
  if (!catalog.get_database(database)) {
    return std::unexpected(
        at(name, sql::SyntaxErrorKind::name_not_found, "SCHEMA_NOT_FOUND: Schema '" + database + "' does not exist"));
  }
  return std::unexpected(at(name, sql::SyntaxErrorKind::name_not_found,
                            "TABLE_NOT_FOUND: Table '" + std::string(catalog_name) + "." + database + "." +
                                name.table() + "' does not exist"));
}

Result<sql::ResolvedTable, sql::SyntaxError> CatalogResolver::resolve(const sql::TableName& name) {
  const auto database = name.database() != nullptr ? *name.database() : database_;
  if (database == "information_schema") {
    auto relation = information_schema(environment_.catalog, name.table());
    if (!relation) return other(std::move(relation).error());
    if (*relation) return std::move(**relation);
  }
  TRY(const auto found, look_up(environment_.catalog, name, database_));
  if (found.table_type == "VIRTUAL_VIEW") return view(found);
  auto relation = table(found, name);
  if (!relation) return other(std::move(relation).error());
  return std::move(*relation);
}

Result<sql::ResolvedTable, sql::SyntaxError> CatalogResolver::view(const glue::Table& table) {
  const auto stale = [&](const std::string& why) {
    return std::unexpected(sql::SyntaxError{0, 0,
                                            "INVALID_VIEW: View '" + std::string(catalog_name) + "." + table.database +
                                                "." + table.name + "' is stale or in invalid state: " + why,
                                            sql::SyntaxErrorKind::other});
  };
  if (view_depth_ >= max_view_depth) return stale("it refers to itself");
  auto text = decode_view(table);
  if (!text) return other(std::move(text).error());
  const auto statement = sql::parse(text->query);
  if (!statement) return stale(statement.error().text());
  const auto* query = statement->as<sql::QueryPtr>();
  if (query == nullptr) return stale("its text is no query");
  CatalogResolver inner(environment_, connection_, **query, text->database, inputs_, view_depth_ + 1);
  auto written = sql::write(**query, inner, {.schema = text->database});
  if (!written) return stale(failure_of(written.error()).message);
  sql::ResolvedTable resolved;
  resolved.relation = "(" + written->sql + ")";
  if (written->columns_known) resolved.columns = std::move(written->columns);
  return resolved;
}

Outcome<sql::ResolvedTable> CatalogResolver::table(const glue::Table& table, const sql::TableName& mention) {
  TableScan scan;
  const auto storage = table.storage.value_or(glue::StorageDescriptor{});
  TRY(scan.columns, columns_of(storage.columns));
  TRY(scan.keys, columns_of(table.partition_keys));
  scan.with_path = inputs_.with_path;

  std::vector<std::string> key_names;
  for (const auto& key : scan.keys) key_names.push_back(key.name);
  const auto filter = key_names.empty() ? sql::PartitionFilter{} : sql::partition_filter(query_, mention, key_names);
  TRY(const auto places, places_of(environment_.catalog, table, scan.keys, filter));
  for (const auto& place : places) {
    TRY(const auto location, parse_location(place.storage.location));
    TRY(const auto objects, list_data(environment_.objects, location));
    if (objects.empty()) continue;
    TRY(auto format, table_format(place.storage, table.parameters));
    scan.partitions.push_back({place.values, std::move(format)});
    for (const auto& object : objects) {
      if (scan.files.size() >= max_files_per_scan) {
        return fail_query(error_type::resources, "more than " + std::to_string(max_files_per_scan) + " objects in " +
                                                     table.database + "." + table.name);
      }
      auto pinned = environment_.objects.pin(location.bucket, object.key);
      if (!pinned && pinned.error().code == ErrorCode::not_found) continue;  // deleted since it was listed
      TRY(auto pin, told(std::move(pinned), failure_of_service));
      const auto uri = "s3://" + location.bucket + "/" + object.key;
      inputs_.bytes += pin.size;
      inputs_.uri_of.emplace(pin.path.string(), uri);
      inputs_.pinned.push_back(pin);
      scan.files.push_back({std::move(pin), uri, scan.partitions.size() - 1});
    }
  }
  sql::ResolvedTable resolved;
  TRY(resolved.relation, scan_relation(scan, connection_));
  resolved.columns = scan.columns;
  resolved.columns->insert(resolved.columns->end(), scan.keys.begin(), scan.keys.end());
  if (scan.with_path) resolved.columns->push_back({"$path", sql::Type::of(sql::Type::Kind::varchar), true});
  return resolved;
}

}  // namespace tickerlake::athena
