#pragma once
// Which files are which table: the crawler's decisions, without I/O.
//
// Source: the AWS Glue developer guide, "How does a crawler determine when to create partitions?" and "Grouping
// policies". Folders whose files have the same format, compression and path structure and similar columns are one
// table, at the highest folder for which that holds; the folders between are its partition keys.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/glue/crawler/file_schema.h"

namespace tickerlake::glue {

struct FileFinding {
  std::string key;  // in the bucket
  std::int64_t size = 0;
  std::optional<FileSchema> schema;  // none: not sampled, it counts with its folder
};

struct GroupingOptions {
  std::string bucket;
  std::string root;  // the include path within the bucket: "a/b/", or empty
  bool combine_compatible_schemas = false;
  std::int64_t table_level = 0;  // 1 is the bucket; 0: not given
};

struct FileTotals {
  std::int64_t object_count = 0;
  std::int64_t size = 0;
  std::int64_t record_count = 0;
};

struct FoundPartition {
  std::vector<std::string> values;
  std::string folder;  // key prefix, ends with '/'
  std::vector<InferredColumn> columns;
  FileTotals totals;
};

struct FoundTable {
  std::string folder;       // key prefix that ends with '/' or is empty; a key where a single file is the table
  std::string name_source;  // the last part of the path, or the bucket
  FileSchema schema;        // columns: of all partitions, widened
  FileTotals totals;
  std::vector<std::string> partition_keys;
  std::vector<FoundPartition> partitions;
};

/// files: visible ones in the order of their keys, all below options.root (or one whose key is the root).
std::vector<FoundTable> group_files(const std::vector<FileFinding>& files, const GroupingOptions& options);

/// The share of column names that two schemas have in common, those of incompatible types left out: 0 to 1.
double similarity(const std::vector<InferredColumn>& left, const std::vector<InferredColumn>& right);

/// left with the columns of right: types widened, new ones at the end.
void merge_columns(std::vector<InferredColumn>& left, const std::vector<InferredColumn>& right);

constexpr double least_similarity = 0.7;  // exclusive
constexpr std::size_t max_different_schemas = 5;

}  // namespace tickerlake::glue
