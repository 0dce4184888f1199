// Filters of GetPartitions. A filter either matches a row, or its negation does, or neither (unknown); never both.
#include "services/glue/catalog/expression.h"
#include "services/glue/catalog/key_value.h"
#include "target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  using namespace tickerlake::glue;
  static const std::vector<Column> keys = {{"year", "string"},  {"day", "int"},      {"price", "decimal(18,6)"},
                                           {"on", "date"},      {"at", "timestamp"}, {"ratio", "double"},
                                           {"Symbol", "string"}};
  static const std::vector<std::vector<std::string>> rows = {
      {"2016", "9", "10.50", "2016-02-29", "2016-02-29 14:05:06", "0.5", "brk_b"},
      {"", "-1", "0", "1970-01-01", "1970-01-01 00:00:00", "nan", "%"},
      std::vector<std::string>(7, std::string(hive_null_partition)),
      std::vector<std::string>(7, "9'9\\x")};
  const std::string text(as_text(fuzz::as_input(data, size)));
  for (const char* type : {"int", "decimal(18,6)", "double", "date", "timestamp", "string"}) {
    const auto value = parse_key_value(key_kind(type), text);
    if (value && std::string_view(type) != "double") {
      fuzz::require(compare(*value, *value) == std::partial_ordering::equivalent, "a value is equal to itself");
    }
  }
  const auto filter = PartitionFilter::parse(text, keys);
  const auto negation = PartitionFilter::parse("NOT (" + text + ")", keys);
  if (!filter) return 0;
  for (const auto& row : rows) {
    const bool matches = filter->matches(row);
    if (negation) fuzz::require(!(matches && negation->matches(row)), "no row matches a filter and its negation");
  }
  return 0;
}
