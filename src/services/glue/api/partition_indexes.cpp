// CreatePartitionIndex, GetPartitionIndexes, DeletePartitionIndex. Filters are fast without them here: they are kept
// for clients that make them.
#include <algorithm>
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr const char* index_kind = "partition_index";  // of Documents, by "database/table/index"
constexpr std::size_t max_indexes = 3;                 // AWS's quota

std::string document_name(const Table& table, std::string_view index) {
  return table.database + "/" + table.name + "/" + std::string(index);
}

std::expected<std::vector<Documents::Named>, aws::JsonError> indexes_of(Catalog& catalog, const Table& table) {
  const auto prefix = document_name(table, "");
  TRY(auto found, answer(catalog.documents().list(index_kind, prefix, max_indexes)));
  std::erase_if(found, [&](const auto& document) { return !document.first.starts_with(prefix); });
  return found;
}

JsonResult create_partition_index(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto name = input.required_text("TableName");
  std::string index;
  std::vector<std::string> keys;
  (void)input.required_object("PartitionIndex", [&](const Fields& fields) {
    keys = fields.required_texts("Keys", {1, 100}, name_length);
    index = fields.required_text("IndexName");
    return true;
  });
  CHECK(valid(input));
  TRY(const auto table, answer(catalog.get_table(database, name)));
  boost::json::array described;
  for (const auto& key : keys) {
    const auto column = std::ranges::find(table.partition_keys, fold_name(key),
                                          [](const Column& candidate) { return fold_name(candidate.name); });
    if (column == table.partition_keys.end()) {
      return aws::json_fail("InvalidInputException", key + " is not a partition key of the table.");
    }
    described.push_back(object{{"Name", column->name}, {"Type", column->type}});
  }
  TRY(const auto existing, indexes_of(catalog, table));
  const auto document = document_name(table, index);
  if (std::ranges::any_of(existing, [&](const auto& other) { return other.first == document; })) {
    return aws::json_fail("AlreadyExistsException", "Index " + index + " already exists.");
  }
  if (existing.size() >= max_indexes) {
    return aws::json_fail("ResourceNumberLimitExceededException", "A table has at most 3 partition indexes.");
  }
  const object body{{"IndexName", index}, {"Keys", std::move(described)}, {"IndexStatus", "ACTIVE"}};
  CHECK(answer(catalog.documents().put(index_kind, document, body)));
  return object();
}

JsonResult get_partition_indexes(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto name = input.required_text("TableName");
  CHECK(valid(input));
  TRY(const auto table, answer(catalog.get_table(database, name)));
  TRY(auto found, indexes_of(catalog, table));
  boost::json::array list;
  for (auto& [document, body] : found) list.push_back(std::move(body));
  return object{{"PartitionIndexDescriptorList", std::move(list)}};
}

JsonResult delete_partition_index(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto name = input.required_text("TableName");
  const auto index = input.required_text("IndexName");
  CHECK(valid(input));
  TRY(const auto table, answer(catalog.get_table(database, name)));
  auto documents = catalog.documents();
  if (!documents.get(index_kind, document_name(table, index))) {
    return aws::json_fail("EntityNotFoundException", "Index " + index + " not found.");
  }
  CHECK(answer(documents.remove(index_kind, document_name(table, index))));
  return object();
}

}  // namespace

void add_partition_index_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "CreatePartitionIndex", catalog, create_partition_index);
  add(service, "GetPartitionIndexes", catalog, get_partition_indexes);
  add(service, "DeletePartitionIndex", catalog, delete_partition_index);
}

}  // namespace tickerlake::glue
