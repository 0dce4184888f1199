// Column statistics of tables and partitions: kept as given.
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"
#include "services/glue/catalog/store.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr const char* statistics_kind = "column_statistics";  // of Documents
constexpr Length columns_count{0, 100};

/// Whose statistics: a table's, or a partition's.
struct Owner {
  std::vector<std::string> key;

  std::string document(const std::string& column) const {
    auto parts = key;
    parts.push_back(column);
    return encode_key(parts);
  }
};

/// Reads the owner and makes sure that it exists, once the input has been read by the caller.
std::expected<Owner, aws::JsonError> find_owner(Catalog& catalog, const Fields& input, bool of_partition) {
  const auto database = input.required_text("DatabaseName");
  const auto table = input.required_text("TableName");
  std::vector<std::string> values;
  if (of_partition) values = input.required_texts("PartitionValues", {}, {0, 1024});
  CHECK(valid(input));
  CHECK(answer(catalog.get_table(database, table)));
  if (of_partition) CHECK(answer(catalog.get_partition(database, table, values)));
  Owner owner{{fold_name(database), fold_name(table), of_partition ? "partition" : "table"}};
  owner.key.insert(owner.key.end(), values.begin(), values.end());
  return owner;
}

template <bool of_partition>
JsonResult get_statistics(Catalog& catalog, const Caller&, const Fields& input) {
  const auto columns = input.required_texts("ColumnNames", columns_count, name_length);
  TRY(const auto owner, find_owner(catalog, input, of_partition));
  boost::json::array found;
  boost::json::array errors;
  for (const auto& column : columns) {
    auto stored = catalog.documents().get(statistics_kind, owner.document(column));
    if (stored) {
      found.push_back(std::move(*stored));
    } else {
      const Error missing{ErrorCode::not_found, "Statistics of column " + column + " not found."};
      errors.push_back(object{{"ColumnName", column}, {"Error", error_detail(missing)}});
    }
  }
  return object{{"ColumnStatisticsList", std::move(found)}, {"Errors", std::move(errors)}};
}

template <bool of_partition>
JsonResult update_statistics(Catalog& catalog, const Caller&, const Fields& input) {
  const auto given = input.required_objects(
      "ColumnStatisticsList",
      [](const Fields& statistics) {
        (void)statistics.required_text("ColumnType", {0, 20'000});
        (void)statistics.required_object("StatisticsData",
                                         [](const Fields& data) { return data.required_text("Type", {}); });
        return std::pair(statistics.required_text("ColumnName"),
                         statistics.only({"ColumnName", "ColumnType", "AnalyzedTime", "StatisticsData"}));
      },
      {0, 25});
  TRY(const auto owner, find_owner(catalog, input, of_partition));
  for (const auto& [column, body] : given) {
    CHECK(answer(catalog.documents().put(statistics_kind, owner.document(column), body)));
  }
  return object{{"Errors", boost::json::array()}};
}

template <bool of_partition>
JsonResult delete_statistics(Catalog& catalog, const Caller&, const Fields& input) {
  const auto column = input.required_text("ColumnName");
  TRY(const auto owner, find_owner(catalog, input, of_partition));
  auto documents = catalog.documents();
  CHECK(answer(documents.get(statistics_kind, owner.document(column))));
  CHECK(answer(documents.remove(statistics_kind, owner.document(column))));
  return object();
}

}  // namespace

void add_statistics_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "GetColumnStatisticsForTable", catalog, get_statistics<false>);
  add(service, "UpdateColumnStatisticsForTable", catalog, update_statistics<false>);
  add(service, "DeleteColumnStatisticsForTable", catalog, delete_statistics<false>);
  add(service, "GetColumnStatisticsForPartition", catalog, get_statistics<true>);
  add(service, "UpdateColumnStatisticsForPartition", catalog, update_statistics<true>);
  add(service, "DeleteColumnStatisticsForPartition", catalog, delete_statistics<true>);
}

}  // namespace tickerlake::glue
