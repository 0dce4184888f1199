// SearchTables: over all databases, by text and by exact properties.
#include <algorithm>
#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

/// PropertyPredicate.
struct Filter {
  std::string key;
  std::string value;
  std::string comparator;
};

bool contains(std::string_view text, std::string_view part) { return fold_name(text).find(part) != std::string::npos; }

/// text is folded. In names, descriptions, columns and parameters, as AWS searches.
bool mentions(const Table& table, std::string_view text) {
  const auto in_columns = [&](const std::vector<Column>& columns) {
    return std::ranges::any_of(
        columns, [&](const Column& column) { return contains(column.name, text) || contains(column.comment, text); });
  };
  return contains(table.name, text) || contains(table.database, text) || contains(table.description, text) ||
         (table.storage && in_columns(table.storage->columns)) || in_columns(table.partition_keys) ||
         std::ranges::any_of(table.parameters, [&](const auto& parameter) { return contains(parameter.second, text); });
}

std::string property(const Table& table, const std::string& key) {
  const auto folded = fold_name(key);
  if (folded == "name") return table.name;
  if (folded == "databasename") return table.database;
  if (folded == "description") return table.description;
  if (folded == "owner") return table.owner;
  if (folded == "tabletype") return table.table_type;
  if (folded == "createdby") return table.created_by;
  const auto parameter = table.parameters.find(key);
  return parameter == table.parameters.end() ? std::string() : parameter->second;
}

bool holds(const Table& table, const Filter& filter) {
  const auto value = property(table, filter.key);
  const auto order = value <=> filter.value;
  if (filter.comparator == "GREATER_THAN") return order > 0;
  if (filter.comparator == "GREATER_THAN_EQUALS") return order >= 0;
  if (filter.comparator == "LESS_THAN") return order < 0;
  if (filter.comparator == "LESS_THAN_EQUALS") return order <= 0;
  if (filter.comparator == "EQUALS") return order == 0;
  return fold_name(value).find(fold_name(filter.value)) != std::string::npos;  // without one: a text search
}

JsonResult search_tables(Catalog& catalog, const Caller& caller, const Fields& input) {
  const auto text = fold_name(input.text("SearchText", {0, 1024}));
  const auto filters = input.objects("Filters", [](const Fields& filter) {
    return Filter{filter.text("Key"), filter.text("Value"), filter.text("Comparator")};
  });
  const auto sorts = input.objects("SortCriteria", [](const Fields& sort) { return sort.text("FieldName"); }, {0, 1});
  auto page = page_from(input, 1000, 100);
  CHECK(valid(input));
  if (!sorts.empty() && fold_name(sorts.front()) != "name" && fold_name(sorts.front()) != "databasename") {
    return aws::json_fail("OperationNotSupportedException", "SortCriteria by " + sorts.front() + " is not supported.");
  }
  const auto limit = page.limit;
  boost::json::array list;
  object json;
  // Page by page of all tables, each item looked at alone, so that the last one taken can be the token.
  page.limit = 1;
  for (;;) {
    TRY(const auto tables, answer(catalog.get_all_tables(page)));
    for (const auto& table : tables.items) {
      const bool is_wanted = (text.empty() || mentions(table, text)) &&
                             std::ranges::all_of(filters, [&](const Filter& filter) { return holds(table, filter); });
      if (!is_wanted) continue;
      auto described = to_json(table);
      described.emplace("CatalogId", caller.account_id);
      list.push_back(std::move(described));
    }
    page.token = tables.next_token;
    if (page.token.empty() || list.size() == limit) break;
  }
  json.emplace("TableList", std::move(list));
  add_token(json, page.token);
  return json;
}

}  // namespace

void add_search_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "SearchTables", catalog, search_tables);
}

}  // namespace tickerlake::glue
