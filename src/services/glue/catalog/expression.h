#pragma once
// The filter of GetPartitions: a boolean expression over partition keys in SQL's words, compared by the keys' types.
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "services/glue/catalog/types.h"

namespace tickerlake::glue {

/// A parsed filter. Immutable; thread-safe. Literals and values compare as the key's declared type says: integers,
/// decimals and floats as numbers, dates and timestamps as times, everything else as bytes.
class PartitionFilter {
 public:
  /// Understands =, ==, <>, !=, <, <=, >, >=, AND, OR, NOT, IN, BETWEEN, LIKE, IS [NOT] NULL and parentheses. Errors:
  /// invalid_argument with the place in the text, unknown keys, literals that aren't of the key's type.
  static Result<PartitionFilter> parse(std::string_view text, const std::vector<Column>& keys);
  ~PartitionFilter();
  PartitionFilter(PartitionFilter&&) noexcept;
  PartitionFilter& operator=(PartitionFilter&&) noexcept;

  /// values: one for each key, in their order. A comparison with NULL (__HIVE_DEFAULT_PARTITION__), or with a value
  /// that isn't of the key's type, is unknown, and what is unknown does not match.
  bool matches(std::span<const std::string> values) const;

  struct Node;

 private:
  explicit PartitionFilter(std::unique_ptr<const Node> root);
  std::unique_ptr<const Node> root_;
};

/// Hive's name for a partition value that is NULL.
constexpr std::string_view hive_null_partition = "__HIVE_DEFAULT_PARTITION__";

}  // namespace tickerlake::glue
