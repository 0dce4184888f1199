#pragma once
// Lists for people and for programs: --output table|csv|json.
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickerlake::app {

enum class OutputFormat { table, csv, json };

struct Table {
  struct Column {
    std::string name;
    bool numeric = false;  // right-aligned in a table, without quotes in JSON
  };
  using Cell = std::optional<std::string>;  // nothing is SQL's NULL
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
};

/// Writes the table to stdout: aligned columns, RFC 4180 CSV with a header, or one JSON array of objects.
void print(const Table& table, OutputFormat format);

/// 1234567 -> "1,234,567".
std::string grouped(std::int64_t number);
/// 1536 -> "1.5 KiB".
std::string human_bytes(std::int64_t bytes);

/// Whether stderr is a terminal that takes colours (NO_COLOR is honoured).
bool colours_wanted();

}  // namespace tickerlake::app
