// CreateTable, GetTable, GetTables, UpdateTable, DeleteTable, BatchDeleteTable.
#include <boost/json/array.hpp>
#include <charconv>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

object describe(const Table& table, const Caller& caller) {
  auto json = to_json(table);
  json.emplace("CatalogId", caller.account_id);
  return json;
}

JsonResult create_table(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  auto table = input.required_object("TableInput", table_from);
  CHECK(valid(input));
  table->database = database;
  table->created_by = "arn:aws:iam::" + caller.account_id + ":user/" + caller.access_key;
  CHECK(answer(catalog.create_table(*std::move(table))));
  return object();
}

JsonResult get_table(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  TRY(const auto table, answer(catalog.get_table(database, name)));
  return object{{"Table", describe(table, caller)}};
}

JsonResult get_tables(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto pattern = input.text("Expression", {0, 2048});
  const auto attributes = input.texts("AttributesToGet");
  const auto page = page_from(input, 100, 100);
  CHECK(valid(input));
  TRY(const auto tables, answer(catalog.get_tables(database, pattern, page)));
  boost::json::array list;
  for (const auto& table : tables.items) {
    if (attributes.empty()) {
      list.push_back(describe(table, caller));
      continue;
    }
    object some{{"Name", table.name}, {"DatabaseName", table.database}};
    if (std::ranges::find(attributes, "TABLE_TYPE") != attributes.end()) some.emplace("TableType", table.table_type);
    list.push_back(std::move(some));
  }
  object json{{"TableList", std::move(list)}};
  add_token(json, tables.next_token);
  return json;
}

JsonResult update_table(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  auto table = input.required_object("TableInput", table_from);
  const bool skip_archive = input.boolean("SkipArchive");
  const auto version = input.text("VersionId", name_length);
  CHECK(valid(input));
  std::optional<std::int64_t> expected;
  if (!version.empty()) {
    expected = -1;  // what isn't a number is no version's name
    std::from_chars(version.data(), version.data() + version.size(), *expected);
  }
  table->database = database;
  CHECK(answer(catalog.update_table(*std::move(table), skip_archive, expected)));
  return object();
}

JsonResult delete_table(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  CHECK(answer(catalog.delete_table(database, name)));
  return object();
}

JsonResult batch_delete_table(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto names = input.required_texts("TablesToDelete", {0, 100}, name_length);
  CHECK(valid(input));
  CHECK(answer(catalog.get_database(database)));
  boost::json::array errors;
  for (const auto& name : names) {
    const auto deleted = catalog.delete_table(database, name);
    if (!deleted) errors.push_back(object{{"TableName", name}, {"ErrorDetail", error_detail(deleted.error())}});
  }
  return object{{"Errors", std::move(errors)}};
}

}  // namespace

void add_table_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "CreateTable", catalog, create_table);
  add(service, "GetTable", catalog, get_table);
  add(service, "GetTables", catalog, get_tables);
  add(service, "UpdateTable", catalog, update_table);
  add(service, "DeleteTable", catalog, delete_table);
  add(service, "BatchDeleteTable", catalog, batch_delete_table);
}

}  // namespace tickerlake::glue
