#include "services/glue/catalog/json.h"

#include <boost/json/array.hpp>
#include <utility>

namespace tickerlake::glue {
namespace {

using boost::json::object;

constexpr Length column_type_length{0, 131'072};  // ColumnTypeString
constexpr Length comment_length{0, 255};          // CommentString
constexpr Length location_length{0, 2056};        // LocationString
constexpr Length format_length{0, 128};           // FormatString
constexpr Length view_length{0, 409'600};         // ViewTextString
constexpr auto int32_least = std::numeric_limits<std::int32_t>::min();
constexpr auto int32_most = std::numeric_limits<std::int32_t>::max();

void add_text(object& to, std::string_view name, const std::string& text) {
  if (!text.empty()) to.emplace(name, text);
}
void add_time(object& to, std::string_view name, TimestampMs time) {
  if (time != 0) to.emplace(name, to_json_time(time));
}
void add_parameters(object& to, const Parameters& parameters) {
  if (!parameters.empty()) to.emplace("Parameters", to_json(parameters));
}
void add_all(object& to, const object& members) {
  for (const auto& member : members) to.emplace(member.key(), member.value());
}

template <class T>
Result<T> whole(T value, const Fields& fields) {
  if (fields.error()) return fail(ErrorCode::corrupt, "catalog file: " + fields.error()->message);
  return value;
}

}  // namespace

Column column_from(const Fields& fields) {
  return {.name = fields.required_text("Name"),
          .type = fields.text("Type", column_type_length),
          .comment = fields.text("Comment", comment_length),
          .parameters = fields.texts_by_name("Parameters")};
}

SerDeInfo serde_from(const Fields& fields) {
  return {.name = fields.text("Name", {0, 255}),
          .library = fields.text("SerializationLibrary", {0, 255}),
          .parameters = fields.texts_by_name("Parameters")};
}

StorageDescriptor storage_from(const Fields& fields) {
  StorageDescriptor storage;
  storage.columns = fields.objects("Columns", column_from);
  storage.location = fields.text("Location", location_length);
  storage.additional_locations = fields.texts("AdditionalLocations", {}, location_length);
  storage.input_format = fields.text("InputFormat", format_length);
  storage.output_format = fields.text("OutputFormat", format_length);
  storage.compressed = fields.boolean("Compressed");
  storage.number_of_buckets = static_cast<std::int32_t>(fields.integer("NumberOfBuckets", 0, int32_least, int32_most));
  storage.serde = fields.object("SerdeInfo", serde_from);
  storage.bucket_columns = fields.texts("BucketColumns", {}, name_length);
  storage.sort_columns = fields.objects("SortColumns", [](const Fields& sort) {
    return SortColumn{sort.required_text("Column"), static_cast<std::int32_t>(sort.integer("SortOrder", 1, 0, 1))};
  });
  storage.parameters = fields.texts_by_name("Parameters");
  storage.stored_as_sub_directories = fields.boolean("StoredAsSubDirectories");
  storage.other = fields.only({"SkewedInfo", "SchemaReference"});
  return storage;
}

Database database_from(const Fields& fields) {
  Database database;
  database.name = fields.required_text("Name");
  database.description = fields.text("Description", description_length);
  database.location_uri = fields.text("LocationUri", {1, 1024});
  database.parameters = fields.texts_by_name("Parameters");
  database.other = fields.only({"TargetDatabase", "CreateTableDefaultPermissions", "FederatedDatabase"});
  return database;
}

Table table_from(const Fields& fields) {
  Table table;
  table.name = fields.required_text("Name");
  table.description = fields.text("Description", description_length);
  table.owner = fields.text("Owner", {0, 255});
  table.last_access_time = fields.time("LastAccessTime");
  table.last_analyzed_time = fields.time("LastAnalyzedTime");
  table.retention = static_cast<std::int32_t>(fields.integer("Retention", 0, 0, int32_most));
  table.storage = fields.object("StorageDescriptor", storage_from);
  table.partition_keys = fields.objects("PartitionKeys", column_from);
  table.view_original_text = fields.text("ViewOriginalText", view_length);
  table.view_expanded_text = fields.text("ViewExpandedText", view_length);
  table.table_type = fields.text("TableType", {0, 255});
  table.parameters = fields.texts_by_name("Parameters");
  table.other = fields.only({"TargetTable", "ViewDefinition"});
  return table;
}

Partition partition_from(const Fields& fields) {
  Partition partition;
  partition.values = fields.texts("Values", {}, {0, 1024});
  partition.last_access_time = fields.time("LastAccessTime");
  partition.last_analyzed_time = fields.time("LastAnalyzedTime");
  partition.storage = fields.object("StorageDescriptor", storage_from);
  partition.parameters = fields.texts_by_name("Parameters");
  return partition;
}

boost::json::value to_json_time(TimestampMs time) {
  if (time % 1000 == 0) return time / 1000;
  return static_cast<double>(time) / 1000;
}

object to_json(const Parameters& parameters) {
  object json;
  for (const auto& [name, value] : parameters) json.emplace(name, value);
  return json;
}

boost::json::array to_json(const std::vector<std::string>& texts) {
  boost::json::array json;
  json.reserve(texts.size());
  for (const auto& text : texts) json.emplace_back(text);
  return json;
}

object to_json(const Column& column) {
  object json{{"Name", column.name}};
  add_text(json, "Type", column.type);
  add_text(json, "Comment", column.comment);
  add_parameters(json, column.parameters);
  return json;
}

boost::json::array to_json(const std::vector<Column>& columns) {
  boost::json::array json;
  json.reserve(columns.size());
  for (const auto& column : columns) json.emplace_back(to_json(column));
  return json;
}

object to_json(const StorageDescriptor& storage) {
  object json{{"Columns", to_json(storage.columns)}};
  add_text(json, "Location", storage.location);
  if (!storage.additional_locations.empty()) json.emplace("AdditionalLocations", to_json(storage.additional_locations));
  add_text(json, "InputFormat", storage.input_format);
  add_text(json, "OutputFormat", storage.output_format);
  json.emplace("Compressed", storage.compressed);
  json.emplace("NumberOfBuckets", storage.number_of_buckets);
  if (storage.serde) {
    object serde;
    add_text(serde, "Name", storage.serde->name);
    add_text(serde, "SerializationLibrary", storage.serde->library);
    add_parameters(serde, storage.serde->parameters);
    json.emplace("SerdeInfo", std::move(serde));
  }
  json.emplace("BucketColumns", to_json(storage.bucket_columns));
  boost::json::array sort_columns;
  for (const auto& sort : storage.sort_columns) {
    sort_columns.push_back(object{{"Column", sort.column}, {"SortOrder", sort.order}});
  }
  json.emplace("SortColumns", std::move(sort_columns));
  add_parameters(json, storage.parameters);
  add_all(json, storage.other);
  json.emplace("StoredAsSubDirectories", storage.stored_as_sub_directories);
  return json;
}

object to_json(const Database& database) {
  object json{{"Name", database.name}};
  add_text(json, "Description", database.description);
  add_text(json, "LocationUri", database.location_uri);
  add_parameters(json, database.parameters);
  add_time(json, "CreateTime", database.create_time);
  add_all(json, database.other);
  return json;
}

object to_json(const Table& table) {
  object json{{"Name", table.name}, {"DatabaseName", table.database}};
  add_text(json, "Description", table.description);
  add_text(json, "Owner", table.owner);
  add_time(json, "CreateTime", table.create_time);
  add_time(json, "UpdateTime", table.update_time);
  add_time(json, "LastAccessTime", table.last_access_time);
  add_time(json, "LastAnalyzedTime", table.last_analyzed_time);
  json.emplace("Retention", table.retention);
  if (table.storage) json.emplace("StorageDescriptor", to_json(*table.storage));
  json.emplace("PartitionKeys", to_json(table.partition_keys));
  add_text(json, "ViewOriginalText", table.view_original_text);
  add_text(json, "ViewExpandedText", table.view_expanded_text);
  add_text(json, "TableType", table.table_type);
  add_parameters(json, table.parameters);
  add_text(json, "CreatedBy", table.created_by);
  json.emplace("IsRegisteredWithLakeFormation", false);
  add_all(json, table.other);
  json.emplace("VersionId", std::to_string(table.version_id));
  return json;
}

object to_json(const Partition& partition) {
  object json{{"Values", to_json(partition.values)},
              {"DatabaseName", partition.database},
              {"TableName", partition.table},
              {"CreationTime", to_json_time(partition.creation_time)}};
  add_time(json, "LastAccessTime", partition.last_access_time);
  add_time(json, "LastAnalyzedTime", partition.last_analyzed_time);
  if (partition.storage) json.emplace("StorageDescriptor", to_json(*partition.storage));
  add_parameters(json, partition.parameters);
  return json;
}

Result<Database> stored_database(const object& body) {
  Fields::FirstError error;
  const Fields fields(body, error);
  auto database = database_from(fields);
  database.create_time = fields.time("CreateTime");
  return whole(std::move(database), fields);
}

Result<Table> stored_table(const object& body) {
  Fields::FirstError error;
  const Fields fields(body, error);
  auto table = table_from(fields);
  table.database = fields.text("DatabaseName");
  table.create_time = fields.time("CreateTime");
  table.update_time = fields.time("UpdateTime");
  table.created_by = fields.text("CreatedBy");
  table.version_id = std::strtoll(fields.text("VersionId").c_str(), nullptr, 10);
  return whole(std::move(table), fields);
}

Result<Partition> stored_partition(const object& body) {
  Fields::FirstError error;
  const Fields fields(body, error);
  auto partition = partition_from(fields);
  partition.database = fields.text("DatabaseName");
  partition.table = fields.text("TableName");
  partition.creation_time = fields.time("CreationTime");
  return whole(std::move(partition), fields);
}

}  // namespace tickerlake::glue
