// What the account has besides databases: the import status, functions, policies. Clients ask before they go on.
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

/// There never was an Athena catalog to import from, which AWS reports as completed too.
JsonResult get_catalog_import_status(Catalog&, const Caller&, const Fields&) {
  return object{{"ImportStatus", {{"ImportCompleted", true}}}};
}

/// No operation makes functions, so there are none.
JsonResult get_user_defined_functions(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.text("DatabaseName", name_length);
  CHECK(valid(input));
  if (!database.empty()) CHECK(answer(catalog.get_database(database)));
  return object{{"UserDefinedFunctions", boost::json::array()}};
}

JsonResult get_resource_policy(Catalog&, const Caller&, const Fields&) {
  return aws::json_fail("EntityNotFoundException", "Policy not found.");
}

}  // namespace

void add_account_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "GetCatalogImportStatus", catalog, get_catalog_import_status);
  add(service, "GetUserDefinedFunctions", catalog, get_user_defined_functions);
  add(service, "GetResourcePolicy", catalog, get_resource_policy);
}

}  // namespace tickerlake::glue
