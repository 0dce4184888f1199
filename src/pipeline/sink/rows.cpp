#include "pipeline/sink/rows.h"

#include <fmt/core.h>

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

std::uint32_t TextPool::add(std::string_view text) {
  if (!texts_.empty() && texts_[last_] == text) return last_;
  const auto found = ids_.find(text);
  if (found != ids_.end()) return last_ = found->second;
  last_ = static_cast<std::uint32_t>(texts_.size());
  ids_.emplace(texts_.emplace_back(text), last_);
  return last_;
}

void Rows::add(const Schema& schema, const std::vector<Value>& values) {
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    ColumnData& column = columns_[i];
    const Value& value = values[i];
    if (value.is_null) [[unlikely]] {
      if (column.nulls.empty()) column.nulls.resize(size_, false);
      column.nulls.push_back(true);
      column.numbers.push_back(0);
      continue;
    }
    column.numbers.push_back(schema.fields[i].type.kind == FieldKind::string ? column.pool.add(value.text)
                                                                             : value.number);
    if (!column.nulls.empty()) column.nulls.push_back(false);
  }
  ++size_;
}

void PartitionedRows::add(const std::vector<Value>& values) {
  Rows& rows = partitioning_.kind == Partitioning::Kind::none ? folder_of({}) : folder_of(values[partitioning_.field]);
  rows.add(*schema_, values);
  ++size_;
}

Rows& PartitionedRows::folder_of(const Value& value) {
  const bool is_text = !value.is_null && schema_->fields[partitioning_.field].type.kind == FieldKind::string;
  if (last_folder_ != nullptr && value.is_null == last_value_.is_null && value.number == last_value_.number && !is_text)
    return *last_folder_;
  const std::string name = folder_name(*schema_, partitioning_, value);
  last_folder_ = &folders_.try_emplace(name, schema_->fields.size()).first->second;
  last_value_ = {.is_null = value.is_null, .number = value.number, .text = {}};
  return *last_folder_;
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
