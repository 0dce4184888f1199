// GetTableVersion, GetTableVersions, DeleteTableVersion, BatchDeleteTableVersion.
#include <boost/json/array.hpp>
#include <charconv>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

object describe(const TableVersion& version, const Caller& caller) {
  auto table = to_json(version.table);
  table.emplace("CatalogId", caller.account_id);
  return {{"Table", std::move(table)}, {"VersionId", std::to_string(version.version_id)}};
}

/// Version ids are decimal numbers as text.
Result<std::int64_t> parse_version(const std::string& text) {
  std::int64_t version = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (error != std::errc() || end != text.data() + text.size()) {
    return fail(ErrorCode::invalid_argument, "Version " + text + " is not valid.");
  }
  return version;
}

JsonResult get_table_version(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto id = input.text("VersionId", name_length);
  CHECK(valid(input));
  std::optional<std::int64_t> number;
  if (!id.empty()) {
    TRY(number, answer(parse_version(id)));
  }
  TRY(const auto version, answer(catalog.get_table_version(database, table, number)));
  return object{{"TableVersion", describe(version, caller)}};
}

JsonResult get_table_versions(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto page = page_from(input, 100, 100);
  CHECK(valid(input));
  TRY(const auto versions, answer(catalog.get_table_versions(database, table, page)));
  boost::json::array list;
  for (const auto& version : versions.items) list.push_back(describe(version, caller));
  object json{{"TableVersions", std::move(list)}};
  add_token(json, versions.next_token);
  return json;
}

Result<void> delete_version(Catalog& catalog, const std::string& database, const std::string& table,
                            const std::string& id) {
  TRY(const auto number, parse_version(id));
  return catalog.delete_table_version(database, table, number);
}

JsonResult delete_table_version(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto id = input.required_text("VersionId");
  CHECK(valid(input));
  CHECK(answer(delete_version(catalog, database, table, id)));
  return object();
}

JsonResult batch_delete_table_version(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto ids = input.required_texts("VersionIds", {0, 100}, name_length);
  CHECK(valid(input));
  boost::json::array errors;
  for (const auto& id : ids) {
    const auto deleted = delete_version(catalog, database, table, id);
    if (deleted) continue;
    errors.push_back(object{{"TableName", table}, {"VersionId", id}, {"ErrorDetail", error_detail(deleted.error())}});
  }
  return object{{"Errors", std::move(errors)}};
}

}  // namespace

void add_table_version_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "GetTableVersion", catalog, get_table_version);
  add(service, "GetTableVersions", catalog, get_table_versions);
  add(service, "DeleteTableVersion", catalog, delete_table_version);
  add(service, "BatchDeleteTableVersion", catalog, batch_delete_table_version);
}

}  // namespace tickerlake::glue
