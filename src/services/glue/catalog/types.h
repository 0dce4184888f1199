#pragma once
// What the Data Catalog holds, in the words of Glue's API. Names of databases and tables are lower case once stored.
#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"

namespace tickerlake::glue {

using Parameters = std::map<std::string, std::string>;

struct Column {
  std::string name;
  std::string type;  // Hive's: "bigint", "decimal(18,6)", "struct<a:int,b:array<string>>"
  std::string comment = {};
  Parameters parameters = {};

  bool operator==(const Column&) const = default;
};

struct SerDeInfo {
  std::string name = {};
  std::string library = {};  // SerializationLibrary
  Parameters parameters = {};

  bool operator==(const SerDeInfo&) const = default;
};

struct SortColumn {
  std::string column;
  std::int32_t order = 1;  // 1 ascending, 0 descending

  bool operator==(const SortColumn&) const = default;
};

struct StorageDescriptor {
  std::vector<Column> columns;
  std::string location;  // "s3://bucket/prefix/"
  std::vector<std::string> additional_locations;
  std::string input_format;
  std::string output_format;
  bool compressed = false;
  std::int32_t number_of_buckets = 0;
  std::optional<SerDeInfo> serde;
  std::vector<std::string> bucket_columns;
  std::vector<SortColumn> sort_columns;
  Parameters parameters;
  bool stored_as_sub_directories = false;
  boost::json::object other;  // members that nothing here interprets (SkewedInfo, SchemaReference), kept as they came

  bool operator==(const StorageDescriptor&) const = default;
};

struct Database {
  std::string name;
  std::string description;
  std::string location_uri;
  Parameters parameters;
  TimestampMs create_time = 0;
  boost::json::object other;  // TargetDatabase, CreateTableDefaultPermissions, FederatedDatabase

  bool operator==(const Database&) const = default;
};

struct Table {
  std::string database;
  std::string name;
  std::string description;
  std::string owner;
  TimestampMs create_time = 0;       // the catalog's
  TimestampMs update_time = 0;       // the catalog's
  TimestampMs last_access_time = 0;  // 0: not given; so for the next
  TimestampMs last_analyzed_time = 0;
  std::int32_t retention = 0;
  std::optional<StorageDescriptor> storage;
  std::vector<Column> partition_keys;
  std::string view_original_text;
  std::string view_expanded_text;
  std::string table_type;  // "EXTERNAL_TABLE", "VIRTUAL_VIEW", or empty
  Parameters parameters;
  std::string created_by;       // the caller's ARN
  std::int64_t version_id = 0;  // the catalog's; counts up with every update
  boost::json::object other;    // TargetTable, ViewDefinition

  bool operator==(const Table&) const = default;
};

struct TableVersion {
  Table table;
  std::int64_t version_id = 0;
};

struct Partition {
  std::string database;
  std::string table;
  std::vector<std::string> values;  // one for each partition key, in their order
  TimestampMs creation_time = 0;    // the catalog's
  TimestampMs last_access_time = 0;
  TimestampMs last_analyzed_time = 0;
  std::optional<StorageDescriptor> storage;
  Parameters parameters;

  bool operator==(const Partition&) const = default;
};

}  // namespace tickerlake::glue
