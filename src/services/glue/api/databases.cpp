// CreateDatabase, GetDatabase, GetDatabases, UpdateDatabase, DeleteDatabase.
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

object describe(const Database& database, const Caller& caller) {
  auto json = to_json(database);
  json.emplace("CatalogId", caller.account_id);
  return json;
}

JsonResult create_database(Catalog& catalog, const Caller& caller, const Fields& input) {
  auto database = input.required_object("DatabaseInput", database_from);
  const auto tags = input.texts_by_name("Tags");
  CHECK(valid(input));
  const auto arn = "arn:aws:glue:" + caller.region + ":" + caller.account_id + ":database/" + fold_name(database->name);
  CHECK(answer(catalog.create_database(*std::move(database))));
  if (!tags.empty()) CHECK(answer(catalog.documents().put("tags", arn, to_json(tags))));
  return object();
}

JsonResult get_database(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  TRY(const auto database, answer(catalog.get_database(name)));
  return object{{"Database", describe(database, caller)}};
}

JsonResult get_databases(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto page = page_from(input, 100, 100);
  CHECK(valid(input));
  TRY(const auto databases, answer(catalog.get_databases(page)));
  boost::json::array list;
  for (const auto& database : databases.items) list.push_back(describe(database, caller));
  object json{{"DatabaseList", std::move(list)}};
  add_token(json, databases.next_token);
  return json;
}

JsonResult update_database(Catalog& catalog, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  auto database = input.required_object("DatabaseInput", database_from);
  CHECK(valid(input));
  CHECK(answer(catalog.update_database(name, *std::move(database))));
  return object();
}

JsonResult delete_database(Catalog& catalog, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  CHECK(answer(catalog.delete_database(name)));
  return object();
}

}  // namespace

void add_database_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "CreateDatabase", catalog, create_database);
  add(service, "GetDatabase", catalog, get_database);
  add(service, "GetDatabases", catalog, get_databases);
  add(service, "UpdateDatabase", catalog, update_database);
  add(service, "DeleteDatabase", catalog, delete_database);
}

}  // namespace tickerlake::glue
