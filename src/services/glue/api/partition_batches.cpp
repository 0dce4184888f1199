// BatchCreatePartition, BatchGetPartition, BatchUpdatePartition, BatchDeletePartition.
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr Length value_length{0, 1024};

std::vector<std::string> values_from(const Fields& fields) { return fields.required_texts("Values", {}, value_length); }

/// [{name: values, "ErrorDetail": …}] of the items that failed.
boost::json::array errors_of(const BatchOutcome& outcome, const std::vector<std::vector<std::string>>& values,
                             std::string_view name) {
  boost::json::array errors;
  for (std::size_t i = 0; i < outcome.size(); ++i) {
    if (!outcome[i]) continue;
    errors.push_back(object{{name, to_json(values[i])}, {"ErrorDetail", error_detail(*outcome[i])}});
  }
  return errors;
}

JsonResult batch_create_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  auto partitions = input.required_objects("PartitionInputList", partition_from, {0, 100});
  CHECK(valid(input));
  std::vector<std::vector<std::string>> values;
  values.reserve(partitions.size());
  for (const auto& partition : partitions) values.push_back(partition.values);
  TRY(const auto outcome, answer(catalog.create_partitions(database, table, std::move(partitions))));
  return object{{"Errors", errors_of(outcome, values, "PartitionValues")}};
}

JsonResult batch_get_partition(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto wanted = input.required_objects("PartitionsToGet", values_from, {0, 1000});
  CHECK(valid(input));
  CHECK(answer(catalog.get_table(database, table)));
  boost::json::array partitions;
  boost::json::array unprocessed;
  for (const auto& values : wanted) {
    const auto partition = catalog.get_partition(database, table, values);
    if (partition) {
      auto json = to_json(*partition);
      json.emplace("CatalogId", caller.account_id);
      partitions.push_back(std::move(json));
    } else if (partition.error().code != ErrorCode::not_found) {  // Glue leaves out what does not exist
      unprocessed.push_back(object{{"Values", to_json(values)}});
    }
  }
  return object{{"Partitions", std::move(partitions)}, {"UnprocessedKeys", std::move(unprocessed)}};
}

JsonResult batch_update_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  auto updates = input.required_objects(
      "Entries",
      [](const Fields& entry) {
        auto values = entry.required_texts("PartitionValueList", {0, 100}, value_length);
        auto partition = entry.required_object("PartitionInput", partition_from);
        return Catalog::PartitionUpdate{std::move(values), partition ? *std::move(partition) : Partition()};
      },
      {1, 100});
  CHECK(valid(input));
  std::vector<std::vector<std::string>> values;
  values.reserve(updates.size());
  for (const auto& update : updates) values.push_back(update.values);
  TRY(const auto outcome, answer(catalog.update_partitions(database, table, std::move(updates))));
  return object{{"Errors", errors_of(outcome, values, "PartitionValueList")}};
}

JsonResult batch_delete_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto values = input.required_objects("PartitionsToDelete", values_from, {0, 25});
  CHECK(valid(input));
  TRY(const auto outcome, answer(catalog.delete_partitions(database, table, values)));
  return object{{"Errors", errors_of(outcome, values, "PartitionValues")}};
}

}  // namespace

void add_partition_batch_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "BatchCreatePartition", catalog, batch_create_partition);
  add(service, "BatchGetPartition", catalog, batch_get_partition);
  add(service, "BatchUpdatePartition", catalog, batch_update_partition);
  add(service, "BatchDeletePartition", catalog, batch_delete_partition);
}

}  // namespace tickerlake::glue
