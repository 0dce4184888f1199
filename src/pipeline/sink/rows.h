#pragma once
// Rows in memory, column by column, until they become a file.
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "pipeline/sink/offset_set.h"
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
  /// Adds the memory that a new text takes to `memory`.
  std::uint32_t add(std::string_view text, std::int64_t& memory);
  std::string_view text(std::uint32_t id) const { return *texts_[id]; }
  std::size_t size() const { return texts_.size(); }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  std::unordered_map<std::string, std::uint32_t, Hash, std::equal_to<>> ids_;
  std::vector<const std::string*> texts_;  // ids_'s keys: they don't move
  // What came behind a text comes there mostly again: the symbols of a day are those of the day before.
  std::vector<std::uint32_t> followers_;
  std::uint32_t last_ = 0;
};

struct ColumnData {
  std::vector<std::int64_t> numbers;  // ids in the pool for texts
  std::vector<bool> nulls;            // empty while no value is NULL
  TextPool pool;
};

/// Rows of one file to be.
class Rows {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// since: when its first row came.
  explicit Rows(std::size_t fields, Time since = {});
  Rows(Rows&&) = default;
  /// Offsets must rise.
  void add(const Schema& schema, const std::vector<Value>& values, std::int64_t offset);
  std::size_t size() const { return size_; }
  const OffsetSet& offsets() const { return offsets_; }
  Time since() const { return since_; }
  /// Bytes that it takes, roughly.
  std::int64_t memory() const { return memory_; }
  const ColumnData& column(std::size_t field) const { return columns_[field]; }

 private:
  std::vector<ColumnData> columns_;
  OffsetSet offsets_;
  std::size_t size_ = 0;
  Time since_;
  std::int64_t memory_ = 0;
};

/// Rows by the folder that they go to: "year=2016", "" without partitions.
class PartitionedRows {
 public:
  PartitionedRows(const Schema& schema, Partitioning partitioning) : schema_(&schema), partitioning_(partitioning) {}
  void add(const std::vector<Value>& values, std::int64_t offset, Rows::Time now);
  const std::map<std::string, Rows>& folders() const { return folders_; }
  std::size_t size() const { return size_; }
  /// Bytes that they take, roughly.
  std::int64_t memory() const { return memory_; }
  OffsetSet offsets() const;

  /// Moves those folders out that would become tiny files beside large ones, if their first row came after `since`:
  /// late rows wait there for more of their kind. None when they are not the small part.
  PartitionedRows split_sparse(Rows::Time since);

 private:
  static constexpr std::size_t sparse_ratio = 100;  // sparse: less than a hundredth of the largest folder's rows

  Rows& folder_of(const Value& value, Rows::Time now);
  const Schema* schema_;
  Partitioning partitioning_;
  std::map<std::string, Rows> folders_;
  std::size_t size_ = 0;
  std::int64_t memory_ = 0;
  // The folder of the last row: rows come in order of time, so it is mostly the next one's as well.
  Rows* last_folder_ = nullptr;
  Value last_value_;
};

/// "year=2016/month=02" of a value; Hive's escaping, __HIVE_DEFAULT_PARTITION__ for NULL.
std::string folder_name(const Schema& schema, const Partitioning& partitioning, const Value& value);

}  // namespace tickerlake::pipeline
