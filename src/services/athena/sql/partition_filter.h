#pragma once
// What a query's WHERE says for certain about a table's partition keys: rows of other partitions cannot reach the
// result.
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "services/athena/sql/ast.h"

namespace tickerlake::athena::sql {

/// A constant: exactly one text form, and the type it was written in.
struct FilterValue {
  enum class Kind { null, boolean, integer, decimal, text, date, timestamp } kind;
  std::string text;  // "2016", "AAPL", "2016-01-31", "true"
};

/// A condition over partition keys. Evaluating it with SQL's three values: a partition is read unless it is false or
/// null.
struct PartitionFilter {
  enum class Kind { constant_true, constant_false, and_, or_, not_, compare, in, like, is_null };
  Kind kind = Kind::constant_true;
  std::vector<PartitionFilter> terms;  // and_, or_, not_
  std::string key;                     // compare, in, like, is_null
  Type cast;                           // the key is cast to this first; unknown: as it is
  ComparisonOperator op{};             // compare
  std::vector<FilterValue> values;     // compare: 1; in: all; like: pattern [, escape]

  bool always_true() const { return kind == Kind::constant_true; }
};

/// A partition's keys: name, type as the catalog has it, and value (nullopt: __HIVE_DEFAULT_PARTITION__).
struct PartitionValue {
  std::string key;
  Type type;
  std::optional<std::string> value;
};

/// What is certain for one mention of a table (a pointer out of tables_of) in the query. Terms about other columns are
/// left out, which only widens the filter. An outer join's null-supplied side and ORs across tables give no filter.
PartitionFilter partition_filter(const Query&, const TableName& mention, const std::vector<std::string>& keys);

/// Whether the partition can hold rows that the filter lets through. Unclear values (a cast that fails) count as yes.
bool may_match(const PartitionFilter&, const std::vector<PartitionValue>&);

/// Glue's expression language for GetPartitions: "year = '2016' AND (month IN ('01', '02'))"; "" if it is always true
/// or cannot be said so.
std::string to_glue_expression(const PartitionFilter&, const std::vector<PartitionValue>& key_types);

}  // namespace tickerlake::athena::sql
