#pragma once
// Rows in memory, column by column, until they become a file.
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/sink/schema.h"

namespace tickerlake::pipeline {

/// One field of one row. Numbers, dates (days), timestamps (microseconds), booleans and the bits of doubles in
/// `number`.
struct Value {
  bool is_null = true;
  std::int64_t number = 0;
  std::string_view text;
};

/// Distinct texts by number.
class TextPool {
 public:
  std::uint32_t add(std::string_view text);
  std::string_view text(std::uint32_t id) const { return texts_[id]; }
  std::size_t size() const { return texts_.size(); }

 private:
  std::deque<std::string> texts_;  // a deque: the views in ids_ stay valid
  std::unordered_map<std::string_view, std::uint32_t> ids_;
  std::uint32_t last_ = 0;  // the one that came last comes often again
};

struct ColumnData {
  std::vector<std::int64_t> numbers;  // ids in the pool for texts
  std::vector<bool> nulls;            // empty while no value is NULL
  TextPool pool;
};

/// Rows of one file to be.
class Rows {
 public:
  explicit Rows(std::size_t fields) : columns_(fields) {}
  void add(const Schema& schema, const std::vector<Value>& values);
  std::size_t size() const { return size_; }
  const ColumnData& column(std::size_t field) const { return columns_[field]; }

 private:
  std::vector<ColumnData> columns_;
  std::size_t size_ = 0;
};

/// Rows by the folder that they go to: "year=2016", "" without partitions.
class PartitionedRows {
 public:
  PartitionedRows(const Schema& schema, Partitioning partitioning) : schema_(&schema), partitioning_(partitioning) {}
  void add(const std::vector<Value>& values);
  const std::map<std::string, Rows>& folders() const { return folders_; }
  std::size_t size() const { return size_; }

 private:
  Rows& folder_of(const Value& value);
  const Schema* schema_;
  Partitioning partitioning_;
  std::map<std::string, Rows> folders_;
  std::size_t size_ = 0;
  // The folder of the last row: rows come in order of time, so it is mostly the next one's as well.
  Rows* last_folder_ = nullptr;
  Value last_value_;
};

/// "year=2016/month=02" of a value; Hive's escaping, __HIVE_DEFAULT_PARTITION__ for NULL.
std::string folder_name(const Schema& schema, const Partitioning& partitioning, const Value& value);

}  // namespace tickerlake::pipeline
