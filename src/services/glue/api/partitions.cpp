// CreatePartition, GetPartition, GetPartitions, UpdatePartition, DeletePartition.
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr Length values_count{0, 100};
constexpr Length value_length{0, 1024};

object describe(const Partition& partition, const Caller& caller) {
  auto json = to_json(partition);
  json.emplace("CatalogId", caller.account_id);
  return json;
}

/// The one outcome of a batch of one.
std::expected<void, aws::JsonError> only(BatchOutcome outcome) {
  if (outcome.front()) return std::unexpected(glue_error(*std::move(outcome.front())));
  return {};
}

JsonResult create_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  auto partition = input.required_object("PartitionInput", partition_from);
  CHECK(valid(input));
  partition->database = database;
  partition->table = table;
  CHECK(answer(catalog.create_partition(*std::move(partition))));
  return object();
}

JsonResult get_partition(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const auto values = input.required_texts("PartitionValues", {}, value_length);
  CHECK(valid(input));
  TRY(const auto partition, answer(catalog.get_partition(database, table, values)));
  return object{{"Partition", describe(partition, caller)}};
}

JsonResult get_partitions(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  PartitionQuery query;
  query.expression = input.text("Expression", {0, 2048});
  query.segment = input.object("Segment", [](const Fields& segment) {
    return PartitionQuery::Segment{static_cast<std::int32_t>(segment.integer("SegmentNumber", 0, 0, 9)),
                                   static_cast<std::int32_t>(segment.integer("TotalSegments", 1, 1, 10))};
  });
  query.exclude_column_schema = input.boolean("ExcludeColumnSchema");
  const auto page = page_from(input, 1000, 1000);
  CHECK(valid(input));
  if (query.segment && query.segment->number >= query.segment->total) {
    return aws::json_fail("InvalidInputException", "SegmentNumber must be less than TotalSegments.");
  }
  TRY(const auto partitions, answer(catalog.get_partitions(database, table, query, page)));
  boost::json::array list;
  for (const auto& partition : partitions.items) list.push_back(describe(partition, caller));
  object json{{"Partitions", std::move(list)}};
  add_token(json, partitions.next_token);
  return json;
}

JsonResult update_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  auto values = input.required_texts("PartitionValueList", values_count, value_length);
  auto partition = input.required_object("PartitionInput", partition_from);
  CHECK(valid(input));
  std::vector<Catalog::PartitionUpdate> one;
  one.push_back({std::move(values), *std::move(partition)});
  TRY(auto outcome, answer(catalog.update_partitions(database, table, std::move(one))));
  CHECK(only(std::move(outcome)));
  return object();
}

JsonResult delete_partition(Catalog& catalog, const Caller&, const Fields& input) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  const std::vector<std::string> one[] = {input.required_texts("PartitionValues", {}, value_length)};
  CHECK(valid(input));
  TRY(auto outcome, answer(catalog.delete_partitions(database, table, one)));
  CHECK(only(std::move(outcome)));
  return object();
}

}  // namespace

void add_partition_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "CreatePartition", catalog, create_partition);
  add(service, "GetPartition", catalog, get_partition);
  add(service, "GetPartitions", catalog, get_partitions);
  add(service, "UpdatePartition", catalog, update_partition);
  add(service, "DeletePartition", catalog, delete_partition);
}

}  // namespace tickerlake::glue
