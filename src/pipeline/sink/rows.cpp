#include "pipeline/sink/rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "base/time.h"
#include "pipeline/market/decimal.h"

namespace tickerlake::pipeline {
namespace {

constexpr std::int64_t microseconds_per_day = 86'400'000'000;

std::int32_t day_of(FieldKind kind, std::int64_t number) {
  if (kind == FieldKind::date) return static_cast<std::int32_t>(number);
  const std::int64_t day = number / microseconds_per_day - (number % microseconds_per_day < 0 ? 1 : 0);
  return static_cast<std::int32_t>(day);
}

/// Hive's escaping of partition values: what is not a letter, a digit or harmless becomes %XX.
std::string escaped(std::string_view text) {
  constexpr std::string_view harmful = "\"#%'*/:=?\\\x7F{[]^";
  std::string result;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || harmful.find(c) != harmful.npos)
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    else
      result += c;
  }
  return result;
}

std::string value_text(const FieldType& type, const Value& value) {
  char text[max_number_length + 2];
  switch (type.kind) {
    case FieldKind::string:
      return std::string(value.text);
    case FieldKind::boolean:
      return value.number != 0 ? "true" : "false";
    case FieldKind::date:
      return format_date(static_cast<std::int32_t>(value.number));
    case FieldKind::decimal:
      return {text, format_decimal(text, value.number, type.scale)};
    case FieldKind::timestamp:
      return iso8601(value.number / 1'000);
    default:
      return std::to_string(value.number);
  }
}

}  // namespace

std::uint32_t TextPool::add(std::string_view text, std::int64_t& memory) {
  if (!texts_.empty()) {
    const std::uint32_t follower = followers_[last_];
    if (*texts_[follower] == text) return last_ = follower;
    if (const auto found = ids_.find(text); found != ids_.end()) return last_ = followers_[last_] = found->second;
  }
  const auto id = static_cast<std::uint32_t>(texts_.size());
  texts_.push_back(&ids_.emplace(text, id).first->first);
  if (id > 0) followers_[last_] = id;
  followers_.push_back(id);
  constexpr std::int64_t node_bytes = 100;  // a hash node with its bucket, two pointers and a follower
  memory += node_bytes + static_cast<std::int64_t>(text.size());
  return last_ = id;
}

Rows::Rows(std::size_t fields, Time since) : columns_(fields), since_(since) {
  constexpr std::size_t smallest_allocations = 64;  // per column
  memory_ = static_cast<std::int64_t>(sizeof(Rows) + fields * (sizeof(ColumnData) + smallest_allocations));
}

void Rows::add(const Schema& schema, const std::vector<Value>& values, std::int64_t offset) {
  const std::size_t capacity = columns_.front().numbers.capacity();
  const std::size_t runs = offsets_.runs().size();
  offsets_.add(offset);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnData& column = columns_[i];
    const Value& value = values[i];
    if (value.is_null) [[unlikely]] {
      if (column.nulls.empty()) column.nulls.resize(size_, false);
      column.nulls.push_back(true);
      column.numbers.push_back(0);
      continue;
    }
    column.numbers.push_back(schema.fields[i].type.kind == FieldKind::string ? column.pool.add(value.text, memory_)
                                                                             : value.number);
    if (!column.nulls.empty()) column.nulls.push_back(false);
  }
  ++size_;
  // The columns grow together; a set's runs about double, too.
  const std::size_t grown = (columns_.front().numbers.capacity() - capacity) * columns_.size() * sizeof(std::int64_t);
  memory_ += static_cast<std::int64_t>(grown + (offsets_.runs().size() - runs) * 2 * sizeof(OffsetSet::Run));
}

void PartitionedRows::add(const std::vector<Value>& values, std::int64_t offset, Rows::Time now) {
  Rows& rows =
      partitioning_.kind == Partitioning::Kind::none ? folder_of({}, now) : folder_of(values[partitioning_.field], now);
  const std::int64_t before = rows.memory();
  rows.add(*schema_, values, offset);
  memory_ += rows.memory() - before;
  ++size_;
}

Rows& PartitionedRows::folder_of(const Value& value, Rows::Time now) {
  const bool is_text = !value.is_null && schema_->fields[partitioning_.field].type.kind == FieldKind::string;
  if (last_folder_ != nullptr && value.is_null == last_value_.is_null && value.number == last_value_.number && !is_text)
    return *last_folder_;
  const auto [folder, is_new] =
      folders_.try_emplace(folder_name(*schema_, partitioning_, value), schema_->fields.size(), now);
  if (is_new) memory_ += folder->second.memory();
  last_folder_ = &folder->second;
  last_value_ = {.is_null = value.is_null, .number = value.number, .text = {}};
  return *last_folder_;
}

OffsetSet PartitionedRows::offsets() const {
  std::vector<OffsetSet::Run> runs;
  for (const auto& [folder, rows] : folders_)
    runs.insert(runs.end(), rows.offsets().runs().begin(), rows.offsets().runs().end());
  return OffsetSet::of(std::move(runs));
}

PartitionedRows PartitionedRows::split_sparse(Rows::Time since) {
  PartitionedRows held(*schema_, partitioning_);
  std::size_t largest = 0, sparse_rows = 0;
  for (const auto& [folder, rows] : folders_) largest = std::max(largest, rows.size());
  const auto is_sparse = [&](const Rows& rows) { return rows.size() * sparse_ratio < largest && rows.since() > since; };
  for (const auto& [folder, rows] : folders_)
    if (is_sparse(rows)) sparse_rows += rows.size();
  if (sparse_rows == 0 || sparse_rows * 2 > size_) return held;
  for (auto folder = folders_.begin(); folder != folders_.end();) {
    const auto next = std::next(folder);
    if (is_sparse(folder->second)) {
      held.size_ += folder->second.size();
      held.memory_ += folder->second.memory();
      held.folders_.insert(folders_.extract(folder));
    }
    folder = next;
  }
  size_ -= held.size_;
  memory_ -= held.memory_;
  last_folder_ = nullptr;
  return held;
}

std::string folder_name(const Schema& schema, const Partitioning& partitioning, const Value& value) {
  if (partitioning.kind == Partitioning::Kind::none) return {};
  const Field& field = schema.fields[partitioning.field];
  constexpr std::string_view null_name = "__HIVE_DEFAULT_PARTITION__";
  if (partitioning.kind == Partitioning::Kind::field) {
    const std::string text = value.is_null ? std::string() : value_text(field.type, value);
    return field.name + "=" + (text.empty() ? std::string(null_name) : escaped(text));
  }
  const int levels = partitioning.kind == Partitioning::Kind::year    ? 1
                     : partitioning.kind == Partitioning::Kind::month ? 2
                                                                      : 3;
  if (value.is_null) {
    std::string name = fmt::format("year={}", null_name);
    if (levels > 1) name += fmt::format("/month={}", null_name);
    if (levels > 2) name += fmt::format("/day={}", null_name);
    return name;
  }
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::days(day_of(field.type.kind, value.number)))};
  std::string name = fmt::format("year={:04}", static_cast<int>(date.year()));
  if (levels > 1) name += fmt::format("/month={:02}", static_cast<unsigned>(date.month()));
  if (levels > 2) name += fmt::format("/day={:02}", static_cast<unsigned>(date.day()));
  return name;
}

}  // namespace tickerlake::pipeline
