#include "services/glue/crawler/tables.h"

#include <algorithm>

#include "base/digest.h"

namespace tickerlake::glue {
namespace {

constexpr std::size_t max_name_length = 128;

std::string clean_name(std::string_view text) {
  std::string name = fold_name(text);
  for (auto& c : name) {
    const bool is_legal = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
    if (!is_legal) c = '_';
  }
  return name;
}

Parameters totals_parameters(const FileTotals& totals) {
  const auto records = std::max<std::int64_t>(totals.record_count, 1);
  return {{"objectCount", std::to_string(totals.object_count)},
          {"sizeKey", std::to_string(totals.size)},
          {"recordCount", std::to_string(totals.record_count)},
          {"averageRecordSize", std::to_string(std::max<std::int64_t>(totals.size / records, 1))}};
}

Parameters make_parameters(const FoundTable& found, const FileTotals& totals) {
  auto parameters = totals_parameters(totals);
  const auto& schema = found.schema;
  parameters["CrawlerSchemaDeserializerVersion"] = "1.0";
  parameters["CrawlerSchemaSerializerVersion"] = "1.0";
  parameters["classification"] = name(schema.format);
  parameters["compressionType"] = name(schema.compression);
  parameters["typeOfData"] = "file";
  if (schema.format == FileFormat::csv) {
    parameters["areColumnsQuoted"] = schema.csv.is_quoted ? "true" : "false";
    parameters["columnsOrdered"] = "true";
    parameters["delimiter"] = std::string(1, schema.csv.delimiter);
    if (schema.csv.has_header) parameters["skip.header.line.count"] = "1";
  }
  return parameters;
}

void set_format(StorageDescriptor& storage, const FileSchema& schema) {
  storage.input_format = "org.apache.hadoop.mapred.TextInputFormat";
  storage.output_format = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
  auto& serde = storage.serde.emplace();
  switch (schema.format) {
    case FileFormat::csv:
      if (schema.csv.is_quoted) {  // LazySimpleSerDe would read the quotes as data
        serde.library = "org.apache.hadoop.hive.serde2.OpenCSVSerde";
        serde.parameters = {{"separatorChar", std::string(1, schema.csv.delimiter)},
                            {"quoteChar", std::string(1, schema.csv.quote)},
                            {"escapeChar", "\\"}};
      } else {
        serde.library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
        serde.parameters = {{"field.delim", std::string(1, schema.csv.delimiter)}};
      }
      break;
    case FileFormat::json: {
      serde.library = "org.openx.data.jsonserde.JsonSerDe";
      std::string paths;
      for (const auto& path : schema.json_paths) paths += (paths.empty() ? "" : ",") + path;
      serde.parameters = {{"paths", paths}};
      break;
    }
    case FileFormat::parquet:
    case FileFormat::unknown:
      storage.input_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
      storage.output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
      serde.library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
      serde.parameters = {{"serialization.format", "1"}};
      break;
  }
}

std::vector<Column> make_columns(const std::vector<InferredColumn>& inferred, const std::vector<std::string>& keys) {
  std::vector<Column> columns;
  for (const auto& column : inferred) {
    // A key that the files hold too would be there twice; the folder's value is the one that queries prune by.
    if (std::ranges::find(keys, column.name) == keys.end()) columns.push_back({column.name, to_text(column.type)});
  }
  return columns;
}

/// Text is read by position: the table's columns fit a partition only where its own are the first of them.
bool reads_by_table(const FoundTable& found, const FoundPartition& partition) {
  if (found.schema.format != FileFormat::csv) return true;
  const auto& whole = found.schema.columns;
  return partition.columns.size() <= whole.size() &&
         std::ranges::equal(partition.columns, std::span(whole).first(partition.columns.size()), {},
                            &InferredColumn::name, &InferredColumn::name);
}

bool is_total(const std::string& name) {
  return name == "objectCount" || name == "sizeKey" || name == "recordCount" || name == "averageRecordSize";
}
Parameters without_totals(Parameters parameters) {
  std::erase_if(parameters, [](const auto& parameter) { return is_total(parameter.first); });
  return parameters;
}

/// What somebody added to the parameters by hand stays.
Parameters merge_parameters(Parameters found, const Parameters& existing) {
  found.insert(existing.begin(), existing.end());
  found.erase(deprecated_by_crawler);  // it was found again
  return found;
}

void keep_comments(std::vector<Column>& columns, const std::vector<Column>& existing) {
  for (auto& column : columns) {
    const auto before = std::ranges::find(existing, column.name, &Column::name);
    if (before == existing.end()) continue;
    column.comment = before->comment;
    column.parameters = before->parameters;
  }
}

/// Existing columns as they are, then those that are new.
std::vector<Column> add_new_columns(std::vector<Column> existing, const std::vector<Column>& found) {
  for (const auto& column : found) {
    if (std::ranges::find(existing, column.name, &Column::name) == existing.end()) existing.push_back(column);
  }
  return existing;
}

/// The found table with what the existing one keeps.
Table merge_table(Table found, const Table& existing, const CrawlerDefinition& crawler) {
  found.description = existing.description;
  found.owner = existing.owner;
  found.retention = existing.retention;
  found.last_access_time = existing.last_access_time;
  found.last_analyzed_time = existing.last_analyzed_time;
  found.other = existing.other;
  found.parameters = merge_parameters(std::move(found.parameters), existing.parameters);
  if (existing.storage) {
    found.storage->parameters = merge_parameters(std::move(found.storage->parameters), existing.storage->parameters);
    keep_comments(found.storage->columns, existing.storage->columns);
    if (crawler.configuration.merge_new_columns) {
      found.storage->columns = add_new_columns(existing.storage->columns, found.storage->columns);
    }
  }
  // The type of a key may have been changed to one that compares better; its name decides whether it is the same key.
  const bool same_keys =
      std::ranges::equal(found.partition_keys, existing.partition_keys, {}, &Column::name, &Column::name);
  if (same_keys) found.partition_keys = existing.partition_keys;
  return found;
}

/// Equal but for what the catalog itself sets.
bool same_content(Table left, const Table& right) {
  left.create_time = right.create_time;
  left.update_time = right.update_time;
  left.version_id = right.version_id;
  left.created_by = right.created_by;
  return left == right;
}
bool same_structure(Table left, Table right) {
  for (auto* table : {&left, &right}) {
    table->parameters = without_totals(std::move(table->parameters));
    if (table->storage) table->storage->parameters = without_totals(std::move(table->storage->parameters));
  }
  return same_content(std::move(left), right);
}
bool same_content(Partition left, const Partition& right) {
  left.database = right.database;
  left.table = right.table;
  left.creation_time = right.creation_time;
  left.last_access_time = right.last_access_time;
  left.last_analyzed_time = right.last_analyzed_time;
  return left == right;
}

void plan_partitions(TableChange& change, std::vector<Partition> found, const std::vector<Partition>& existing,
                     const CrawlerDefinition& crawler, TimestampMs now) {
  std::map<std::vector<std::string>, const Partition*> before;
  for (const auto& partition : existing) before.emplace(partition.values, &partition);
  for (auto& partition : found) {
    const auto known = before.find(partition.values);
    if (known == before.end()) {
      change.new_partitions.push_back(std::move(partition));
      continue;
    }
    const auto& old = *known->second;
    before.erase(known);
    if (crawler.update_behavior == UpdateBehavior::log) continue;
    partition.parameters = merge_parameters(std::move(partition.parameters), old.parameters);
    if (!same_content(partition, old)) {
      auto values = partition.values;
      change.changed_partitions.push_back({std::move(values), std::move(partition)});
    }
  }
  // What is left was not found. Only what a crawler wrote is touched.
  for (const auto& [values, partition] : before) {
    if (!partition->parameters.contains("CrawlerSchemaSerializerVersion")) continue;
    if (crawler.delete_behavior == DeleteBehavior::delete_from_database) {
      change.removed_partitions.push_back(values);
    } else if (crawler.delete_behavior == DeleteBehavior::deprecate_in_database &&
               !partition->parameters.contains(deprecated_by_crawler)) {
      auto deprecated = *partition;
      deprecated.parameters[deprecated_by_crawler] = std::to_string(now);
      change.changed_partitions.push_back({values, std::move(deprecated)});
    }
  }
}

}  // namespace

std::string location_of(const std::string& bucket, const std::string& folder) {
  return "s3://" + bucket + "/" + folder;
}

std::string choose_name(const FoundTable& found, const std::string& location, const std::string& prefix,
                        const std::map<std::string, std::string>& locations, const std::set<std::string>& taken) {
  if (const auto known = locations.find(location); known != locations.end()) return known->second;
  auto name = clean_name(prefix + found.name_source).substr(0, max_name_length);
  if (!taken.contains(name)) return name;
  const auto digest = hex(sha256(as_bytes(location))).substr(0, 32);
  return name.substr(0, max_name_length - 33) + "_" + digest;
}

Table make_table(const FoundTable& found, const CrawlerDefinition& crawler, const std::string& bucket,
                 const std::string& table_name) {
  Table table;
  table.database = crawler.database;
  table.name = table_name;
  table.owner = "owner";
  table.table_type = "EXTERNAL_TABLE";
  table.parameters = make_parameters(found, found.totals);
  table.parameters[updated_by_crawler] = crawler.name;
  for (const auto& key : found.partition_keys) table.partition_keys.push_back({key, "string"});
  if (crawler.configuration.create_partition_index && !table.partition_keys.empty()) {
    table.parameters["partition_filtering.enabled"] = "true";
  }
  auto& storage = table.storage.emplace();
  storage.columns = make_columns(found.schema.columns, found.partition_keys);
  storage.location = location_of(bucket, found.folder);
  storage.compressed = found.schema.compression != Compression::none;
  storage.number_of_buckets = -1;
  set_format(storage, found.schema);
  storage.parameters = table.parameters;
  return table;
}

std::vector<Partition> make_partitions(const FoundTable& found, const Table& table, const std::string& bucket) {
  std::vector<Partition> partitions;
  partitions.reserve(found.partitions.size());
  for (const auto& from : found.partitions) {
    Partition partition;
    partition.values = from.values;
    partition.parameters = make_parameters(found, from.totals);
    partition.storage = table.storage;
    partition.storage->location = location_of(bucket, from.folder);
    partition.storage->parameters = partition.parameters;
    if (!reads_by_table(found, from)) partition.storage->columns = make_columns(from.columns, found.partition_keys);
    partitions.push_back(std::move(partition));
  }
  return partitions;
}

TableChange plan_table(Table found, std::vector<Partition> found_partitions, const std::optional<Table>& existing,
                       const std::vector<Partition>& existing_partitions, const CrawlerDefinition& crawler,
                       TimestampMs now) {
  TableChange change;
  if (!existing) {
    change.kind = TableChange::Kind::create;
    change.is_structural = true;
    change.table = std::move(found);
    change.new_partitions = std::move(found_partitions);
    return change;
  }
  change.table = *existing;
  const bool same_keys =
      std::ranges::equal(found.partition_keys, existing->partition_keys, {}, &Column::name, &Column::name);
  if (crawler.update_behavior == UpdateBehavior::update_in_database) {
    auto merged = merge_table(std::move(found), *existing, crawler);
    if (!same_content(merged, *existing)) {
      change.kind = TableChange::Kind::update;
      change.is_structural = !same_structure(merged, *existing);
      change.table = std::move(merged);
    }
  } else if (!same_keys) {
    return change;  // the partitions found are none of this table's, which may not change
  }
  // The columns of partitions follow the table as it will be, not as it was found.
  if (change.table.storage) {
    for (auto& partition : found_partitions) {
      const auto& columns = change.table.storage->columns;
      const bool follows = std::ranges::all_of(partition.storage->columns, [&](const Column& column) {
        return std::ranges::find(columns, column.name, &Column::name) != columns.end();
      });
      const bool by_position =
          partition.storage->columns.size() <= columns.size() &&
          std::ranges::equal(partition.storage->columns, std::span(columns).first(partition.storage->columns.size()),
                             {}, &Column::name, &Column::name);
      const bool is_csv = partition.parameters["classification"] == "csv";
      if (is_csv ? by_position : follows) partition.storage->columns = columns;
    }
  }
  if (same_keys) {
    plan_partitions(change, std::move(found_partitions), existing_partitions, crawler, now);
  } else {  // other keys: the old partitions describe another layout
    for (const auto& partition : existing_partitions) change.removed_partitions.push_back(partition.values);
    change.new_partitions = std::move(found_partitions);
  }
  return change;
}

}  // namespace tickerlake::glue
