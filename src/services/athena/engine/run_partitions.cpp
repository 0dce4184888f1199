// ALTER TABLE ADD, DROP, RENAME PARTITION and SET LOCATION; MSCK REPAIR TABLE.
#include <algorithm>
#include <set>

#include "services/athena/engine/execution.h"
#include "services/athena/engine/partitions.h"
#include "services/glue/catalog/expression.h"

namespace tickerlake::athena {
namespace {

/// The values of a specification in the order of the table's keys.
Outcome<std::vector<std::string>> values_of(const glue::Table& table, const sql::PartitionSpec& spec) {
  std::vector<std::string> values;
  for (const auto& key : table.partition_keys) {
    const auto given = std::find_if(spec.begin(), spec.end(),
                                    [&](const auto& entry) { return entry.first.text == glue::fold_name(key.name); });
    if (given == spec.end()) {
      return fail_query(error_type::syntax, "SemanticException: partition key '" + key.name + "' has no value");
    }
    values.push_back(given->second);
  }
  if (spec.size() != values.size()) {
    return fail_query(error_type::syntax,
                      "SemanticException: the partition names a column that is no partition key of " + table.name);
  }
  return values;
}

glue::Partition partition_at(const glue::Table& table, std::vector<std::string> values, const std::string& location) {
  glue::Partition partition;
  partition.database = table.database;
  partition.table = table.name;
  partition.values = std::move(values);
  partition.storage = table.storage.value_or(glue::StorageDescriptor{});
  partition.storage->location = location;
  return partition;
}

Outcome<Location> default_location(const glue::Table& table, const std::vector<std::string>& values) {
  TRY(const auto root, parse_location(table.storage ? table.storage->location : ""));
  return root / (partition_path(table.partition_keys, values) + "/");
}

/// Registers what is missing; already_exists is no failure where ignored.
Outcome<void> add(Execution& execution, const glue::Table& table, std::vector<glue::Partition> partitions,
                  bool ignore_existing) {
  TRY(const auto outcomes,
      told(execution.environment.catalog.create_partitions(table.database, table.name, std::move(partitions)),
           failure_of_service));
  for (const auto& error : outcomes) {
    if (!error || (ignore_existing && error->code == ErrorCode::already_exists)) continue;
    return std::unexpected(failure_of_service(*error));
  }
  return {};
}

const char* operator_text(sql::ComparisonOperator op) {
  switch (op) {
    case sql::ComparisonOperator::equal:
      return "=";
    case sql::ComparisonOperator::not_equal:
      return "<>";
    case sql::ComparisonOperator::less:
      return "<";
    case sql::ComparisonOperator::less_or_equal:
      return "<=";
    case sql::ComparisonOperator::greater:
      return ">";
    case sql::ComparisonOperator::greater_or_equal:
      return ">=";
  }
  return "=";
}

/// Glue's expression for what is to be dropped. The catalog evaluates it, as what is unclear must not be dropped.
Outcome<std::string> expression_of(const glue::Table& table, const std::vector<sql::PartitionCondition>& conditions) {
  TRY(const auto keys, columns_of(table.partition_keys));
  std::string text;
  for (const auto& condition : conditions) {
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [&](const sql::Column& column) { return column.name == condition.key.text; });
    if (key == keys.end()) {
      return fail_query(error_type::syntax,
                        "SemanticException: '" + condition.key.text + "' is no partition key of " + table.name);
    }
    const auto value = key->type.is_numeric() ? condition.value : sql::quote_string(condition.value);
    text += (text.empty() ? "" : " AND ") + key->name + " " + operator_text(condition.op) + " " + value;
  }
  return text;
}

/// key=value folders below the table's location, to the depth of its keys. Jumps over each folder found, so that its
/// cost is that of the partitions and not of the objects.
Outcome<std::vector<std::vector<std::string>>> partitions_in_store(services::Objects& objects, const Location& root,
                                                                   const std::vector<glue::Column>& keys) {
  constexpr std::string_view behind_all = "\xf4\x8f\xbf\xbf";  // U+10FFFF
  std::vector<std::vector<std::string>> found;
  std::string after;
  while (true) {
    TRY(const auto page, told(objects.list(root.bucket, root.folder().key, after, 1), failure_of_service));
    if (page.empty()) return found;
    const auto& key = page.front().key;
    after = key;
    auto rest = std::string_view(key).substr(root.folder().key.size());
    std::vector<std::string> values;
    for (const auto& column : keys) {
      const auto slash = rest.find('/');
      const auto equals = rest.substr(0, slash).find('=');
      if (slash == std::string_view::npos || equals == std::string_view::npos) break;
      if (glue::fold_name(rest.substr(0, equals)) != glue::fold_name(column.name)) break;
      values.push_back(unescape_path(rest.substr(equals + 1, slash - equals - 1)));
      rest.remove_prefix(slash + 1);
    }
    if (values.size() != keys.size()) continue;
    after = key.substr(0, key.size() - rest.size()) + std::string(behind_all);
    found.push_back(std::move(values));
    if (found.size() > max_objects_per_table) {
      return fail_query(error_type::resources, "too many partitions in " + root.uri());
    }
  }
}

}  // namespace

Outcome<TextAnswer> answer(Execution& execution, const sql::AddPartitions& statement) {
  TRY(const auto table, execution.table(statement.table));
  std::vector<glue::Partition> partitions;
  for (const auto& given : statement.partitions) {
    TRY(auto values, values_of(table, given.values));
    TRY(auto location, default_location(table, values));
    if (given.location) {
      TRY(location, parse_location(*given.location));
    }
    partitions.push_back(partition_at(table, std::move(values), location.folder().uri()));
  }
  CHECK(add(execution, table, std::move(partitions), statement.if_not_exists));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::DropPartitions& statement) {
  TRY(const auto table, execution.table(statement.table));
  std::vector<std::vector<std::string>> doomed;
  for (const auto& conditions : statement.partitions) {
    glue::PartitionQuery query;
    TRY(query.expression, expression_of(table, conditions));
    TRY(const auto partitions,
        told(execution.environment.catalog.get_partitions(table.database, table.name, query), failure_of_service));
    if (partitions.empty() && !statement.if_exists) {
      return fail_query(error_type::not_found, "SemanticException: Partition not found of " + table.name);
    }
    for (const auto& partition : partitions) doomed.push_back(partition.values);
  }
  TRY(const auto outcomes,
      told(execution.environment.catalog.delete_partitions(table.database, table.name, doomed), failure_of_service));
  for (const auto& error : outcomes) {
    if (error && error->code != ErrorCode::not_found) return std::unexpected(failure_of_service(*error));
  }
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::RenamePartition& statement) {
  TRY(const auto table, execution.table(statement.table));
  TRY(const auto from, values_of(table, statement.from));
  TRY(auto to, values_of(table, statement.to));
  auto& catalog = execution.environment.catalog;
  TRY(auto partition, told(catalog.get_partition(table.database, table.name, from), failure_of_service));
  partition.values = std::move(to);
  TRY(const auto outcomes,
      told(catalog.update_partitions(table.database, table.name, {{from, std::move(partition)}}), failure_of_service));
  if (outcomes[0]) return std::unexpected(failure_of_service(*outcomes[0]));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::SetLocation& statement) {
  TRY(auto table, execution.table(statement.table));
  TRY(const auto location, parse_location(statement.location));
  auto& catalog = execution.environment.catalog;
  if (statement.partition.empty()) {
    if (!table.storage) table.storage.emplace();
    table.storage->location = location.folder().uri();
    CHECK(told(catalog.update_table(std::move(table)), failure_of_service));
    return TextAnswer{};
  }
  TRY(const auto values, values_of(table, statement.partition));
  TRY(auto partition, told(catalog.get_partition(table.database, table.name, values), failure_of_service));
  if (!partition.storage) partition.storage = table.storage.value_or(glue::StorageDescriptor{});
  partition.storage->location = location.folder().uri();
  TRY(const auto outcomes, told(catalog.update_partitions(table.database, table.name, {{values, std::move(partition)}}),
                                failure_of_service));
  if (outcomes[0]) return std::unexpected(failure_of_service(*outcomes[0]));
  return TextAnswer{};
}

Outcome<TextAnswer> answer(Execution& execution, const sql::RepairTable& statement) {
  TRY(const auto table, execution.table(statement.table));
  if (table.partition_keys.empty()) {
    return fail_query(error_type::execution, "SemanticException: Table " + table.name + " is not a partitioned table");
  }
  TRY(const auto root, parse_location(table.storage ? table.storage->location : ""));
  TRY(const auto stored, partitions_in_store(execution.environment.objects, root, table.partition_keys));
  TRY(const auto known,
      told(execution.environment.catalog.get_partitions(table.database, table.name, glue::PartitionQuery{}),
           failure_of_service));
  std::set<std::vector<std::string>> registered;
  for (const auto& partition : known) registered.insert(partition.values);

  TextAnswer text;
  std::string missing;
  std::vector<glue::Partition> partitions;
  for (const auto& values : stored) {
    if (registered.contains(values)) continue;
    const auto path = partition_path(table.partition_keys, values);
    missing += "\t" + table.name + ":" + path;
    text.lines.push_back("Repair: Added partition to metastore " + table.name + ":" + path);
    partitions.push_back(partition_at(table, values, (root / (path + "/")).uri()));
  }
  if (!partitions.empty()) text.lines.insert(text.lines.begin(), "Partitions not in metastore:" + missing);
  CHECK(add(execution, table, std::move(partitions), true));
  text.columns = {text_column("result")};
  return text;
}

}  // namespace tickerlake::athena
