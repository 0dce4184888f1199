#include "app/output.h"

#include <fmt/core.h>
#include <unistd.h>

#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <cstdlib>

namespace tickerlake::app {
namespace {

/// Columns a text takes on a terminal: UTF-8 code points, near enough for what we print.
std::size_t width(std::string_view text) {
  std::size_t count = 0;
  for (char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return count;
}

void print_aligned(const Table& table) {
  std::vector<std::size_t> widths;
  for (const auto& column : table.columns) widths.push_back(width(column.name));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i].value_or("")));
  }
  const auto line = [&](auto&& cell_text) {
    std::string text;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const std::string_view cell = cell_text(i);
      const std::string padding(widths[i] - width(cell), ' ');
      const bool last = i + 1 == table.columns.size();
      text += table.columns[i].numeric ? padding : "";
      text += cell;
      if (!last) text += (table.columns[i].numeric ? "" : padding) + "  ";
    }
    fmt::print("{}\n", text);
  };
  line([&](std::size_t i) -> std::string_view { return table.columns[i].name; });
  std::vector<std::string> rules;
  for (std::size_t w : widths) rules.emplace_back(w, '-');
  line([&](std::size_t i) -> std::string_view { return rules[i]; });
  for (const auto& row : table.rows) {
    line([&](std::size_t i) -> std::string_view { return row[i] ? std::string_view(*row[i]) : std::string_view(); });
  }
}

std::string csv_cell(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos && !text.empty()) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

void print_csv(const Table& table) {
  std::string line;
  for (const auto& column : table.columns) line += (line.empty() ? "" : ",") + csv_cell(column.name);
  fmt::print("{}\n", line);
  for (const auto& row : table.rows) {
    line.clear();
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i > 0) line += ',';
      if (row[i]) line += csv_cell(*row[i]);
    }
    fmt::print("{}\n", line);
  }
}

void print_json(const Table& table) {
  fmt::print("[");
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    std::string line = r == 0 ? "\n  {" : ",\n  {";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (i > 0) line += ", ";
      line += boost::json::serialize(boost::json::string(table.columns[i].name)) + ": ";
      const auto& cell = table.rows[r][i];
      if (!cell) {
        line += "null";
      } else if (table.columns[i].numeric && !cell->empty()) {
        line += *cell;
      } else {
        line += boost::json::serialize(boost::json::string(*cell));
      }
    }
    fmt::print("{}}}", line);
  }
  fmt::print("{}]\n", table.rows.empty() ? "" : "\n");
}

}  // namespace

void print(const Table& table, OutputFormat format) {
  switch (format) {
    case OutputFormat::table:
      return print_aligned(table);
    case OutputFormat::csv:
      return print_csv(table);
    case OutputFormat::json:
      return print_json(table);
  }
}

std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string human_bytes(std::int64_t bytes) {
  static constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  double amount = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; amount >= 1024 && unit + 1 < std::size(units); ++unit) amount /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", amount, units[unit]);
}

bool colours_wanted() { return isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr; }

}  // namespace tickerlake::app
