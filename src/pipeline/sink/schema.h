#pragma once
// What the sink knows about a topic's records: fields, their types, where they come from, how files are sorted and
// parted. The declaration is JSON; docs/formats/lake.md describes it.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerlake::pipeline {

enum class FieldKind : std::uint8_t { string, boolean, int32, int64, real, date, timestamp, decimal };

struct FieldType {
  FieldKind kind = FieldKind::string;
  int precision = 0;  // of decimals: 1 to 18
  int scale = 0;
  /// "decimal(18,6)", "bigint", "date", …: Athena's names.
  std::string text() const;
  static Result<FieldType> parse(std::string_view text);
  bool operator==(const FieldType&) const = default;
};

/// Where a field's value comes from.
enum class FieldSource : std::uint8_t { value, key, offset, partition, timestamp };

struct Field {
  std::string name;
  FieldType type;
  std::string from;  // the JSON object's key, or "$key", "$offset", "$partition", "$timestamp"
  FieldSource source = FieldSource::value;
  bool required = false;  // a record without it is a dead letter, else it is NULL
};

struct Schema {
  static constexpr std::size_t max_fields = 1'000;

  std::vector<Field> fields;
  std::vector<std::size_t> sort;    // indices of fields; rows that are equal there keep the order of their offsets
  std::optional<std::size_t> time;  // the date or timestamp that years, months and days are taken from
  std::string partition_by = "none";

  static Result<Schema> parse(std::string_view json);
  /// The declaration again, always in the same form.
  std::string json() const;
  std::optional<std::size_t> find(std::string_view name) const;
};

/// How rows are parted into folders.
struct Partitioning {
  enum class Kind { none, year, month, day, field };
  Kind kind = Kind::none;
  std::size_t field = 0;  // the time field, or the field itself; that one is left out of the files

  /// ErrorCode::invalid_argument when the schema has no such field, or no time field.
  static Result<Partitioning> of(const Schema& schema, std::string_view partition_by);
};

}  // namespace tickerlake::pipeline
