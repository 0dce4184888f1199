#include "services/athena/sql/duckdb_writer.h"

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

std::string quoted(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  return out + quote;
}

/// DuckDB's name of an unnamed column whose index is not known while writing.
constexpr std::string_view unnamed_prefix = "_col$";

}  // namespace

std::string quote_identifier(std::string_view text) { return quoted(text, '"'); }
std::string quote_string(std::string_view text) { return quoted(text, '\''); }

std::string output_name(const std::string& duckdb_name, std::size_t index) {
  if (duckdb_name.starts_with(unnamed_prefix)) return "_col" + std::to_string(index);
  // A second column of the same name within a subquery: name$2.
  if (const auto mark = duckdb_name.rfind("$dup"); mark != std::string::npos && mark > 0)
    return duckdb_name.substr(0, mark);
  return duckdb_name;
}

Result<WrittenQuery, SyntaxError> write(const Query& query, TableResolver& resolver, const WriteOptions& options) {
  Writer writer(resolver, options);
  TRY(auto text, writer.query(query, nullptr, true));
  WrittenQuery out;
  out.sql = std::move(text.sql);
  out.columns_known = text.known;
  if (!text.known) return out;
  for (std::size_t i = 0; i < text.columns.size(); ++i) {
    auto& column = text.columns[i];
    out.columns.push_back({output_name(column.name, i), std::move(column.type), false});
    out.unnamed.push_back(column.unnamed);
  }
  return out;
}

std::unexpected<SyntaxError> Writer::error(Position where, std::string message, SyntaxErrorKind kind) {
  return std::unexpected(SyntaxError{where.line, where.column, std::move(message), kind});
}

std::string Writer::raise(std::string_view message) const {
  return trying_ > 0 ? "NULL" : "error(" + quote_string(message) + ")";
}

}  // namespace tickerlake::athena::sql
