#include "services/athena/engine/parquet_scan.h"

#include <map>
#include <optional>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::athena {
namespace {

using duckdb::TypeId;
using Kind = sql::Type::Kind;

/// Parquet's name of what DuckDB read, as Trino's message has it.
const char* physical_name(const duckdb::Type& type) {
  switch (type.id) {
    case TypeId::boolean:
      return "BOOLEAN";
    case TypeId::tinyint:
    case TypeId::smallint:
    case TypeId::integer:
    case TypeId::utinyint:
    case TypeId::usmallint:
    case TypeId::uinteger:
    case TypeId::date:
      return "INT32";
    case TypeId::bigint:
    case TypeId::ubigint:
    case TypeId::time:
    case TypeId::timestamp:
    case TypeId::timestamp_tz:
    case TypeId::timestamp_ns:
      return "INT64";
    case TypeId::real:
      return "FLOAT";
    case TypeId::float64:
      return "DOUBLE";
    case TypeId::decimal:
      return type.width <= 9 ? "INT32" : type.width <= 18 ? "INT64" : "FIXED_LEN_BYTE_ARRAY";
    case TypeId::list:
    case TypeId::structure:
    case TypeId::map:
      return "group";
    default:
      return "BINARY";
  }
}

int integer_bytes(TypeId id) {
  switch (id) {
    case TypeId::tinyint:
      return 1;
    case TypeId::utinyint:
    case TypeId::smallint:
      return 2;
    case TypeId::usmallint:
    case TypeId::integer:
      return 4;
    case TypeId::uinteger:
    case TypeId::bigint:
      return 8;
    default:
      return 0;
  }
}

bool is_timestamp(TypeId id) {
  return id == TypeId::timestamp || id == TypeId::timestamp_tz || id == TypeId::timestamp_ns ||
         id == TypeId::timestamp_ms || id == TypeId::timestamp_s;
}

bool reads_children(const duckdb::Type& file, const sql::Type& declared) {
  if (file.children.size() != declared.children.size()) return false;
  for (std::size_t i = 0; i < file.children.size(); ++i) {
    if (!reads_as(file.children[i], declared.children[i])) return false;
  }
  return true;
}

/// Fields by name: those that the file lacks are NULL.
bool reads_row(const duckdb::Type& file, const sql::Type& declared) {
  for (std::size_t i = 0; i < declared.children.size(); ++i) {
    for (std::size_t j = 0; j < file.children.size(); ++j) {
      if (glue::fold_name(file.field_names[j]) == declared.field_names[i] &&
          !reads_as(file.children[j], declared.children[i])) {
        return false;
      }
    }
  }
  return true;
}

std::string convert(const std::string& name, const duckdb::Type& file, const sql::Type& declared) {
  const auto column = sql::quote_identifier(name);
  const auto wanted = sql::to_duckdb(declared);
  if (duckdb::to_string(file) == wanted) return column;
  if (file.id == TypeId::blob && declared.is_text()) return "decode(" + column + ")";
  if (file.id == TypeId::varchar && declared.is(Kind::varbinary)) return "encode(" + column + ")";
  return "CAST(" + column + " AS " + wanted + ")";
}

/// What one file holds: its columns in order.
Outcome<std::vector<duckdb::Column>> columns_of(const ScanFile& file, duckdb::Connection& connection) {
  const auto path = sql::quote_string(file.object.path.string());
  TRY(const auto described, told(connection.prepare("SELECT * FROM read_parquet([" + path + "])"), failure_of_engine));
  return described.columns();
}

/// Files by what they hold, as a text that is equal for equal schemas.
Outcome<std::map<std::string, std::string>> signatures(const ScanGroup& group, duckdb::Connection& connection) {
  const std::string query =
      "SELECT file_name, string_agg(name || ':' || coalesce(duckdb_type, type, '') || ':' || coalesce(num_children, 0),"
      " ',' ORDER BY column_id) FROM parquet_schema(" +
      path_list(group) + ") WHERE column_id > 0 GROUP BY file_name";
  TRY(auto rows, told(connection.query(query), failure_of_engine));
  TRY(const auto texts, told(duckdb::read_text(rows, max_files_per_scan), failure_of_engine));
  std::map<std::string, std::string> found;
  for (const auto& row : texts) found[row[0].value_or("")] = row[1].value_or("");
  return found;
}

GroupScan scan_alike(const std::vector<sql::Column>& declared, const ScanGroup& group,
                     const std::vector<duckdb::Column>& held) {
  GroupScan scan;
  scan.source = "read_parquet(" + path_list(group) + ")";
  for (const auto& column : declared) {
    const duckdb::Column* match = nullptr;
    for (const auto& candidate : held) {
      if (glue::fold_name(candidate.name) == column.name) match = &candidate;
    }
    const auto wanted = sql::to_duckdb(column.type);
    std::string expression = "CAST(NULL AS " + wanted + ")";
    if (match != nullptr && reads_as(match->type, column.type)) {
      expression = convert(match->name, match->type, column.type);
    } else if (match != nullptr) {
      expression = raise("Field " + match->name + "'s type " + physical_name(match->type) + " in parquet file " +
                             group.files.front()->uri + " is incompatible with type " + sql::to_string(column.type) +
                             " defined in table schema",
                         wanted);
    }
    scan.columns += (scan.columns.empty() ? "" : ", ") + expression + " AS " + sql::quote_identifier(column.name);
  }
  return scan;
}

}  // namespace

bool reads_as(const duckdb::Type& file, const sql::Type& declared) {
  switch (declared.kind) {
    case Kind::boolean:
      return file.id == TypeId::boolean;
    case Kind::tinyint:
      return integer_bytes(file.id) == 1;
    case Kind::smallint:
      return integer_bytes(file.id) >= 1 && integer_bytes(file.id) <= 2;
    case Kind::integer:
      return integer_bytes(file.id) >= 1 && integer_bytes(file.id) <= 4;
    case Kind::bigint:
      return integer_bytes(file.id) >= 1;
    case Kind::real:
      return file.id == TypeId::real;
    case Kind::double_:
      return file.id == TypeId::real || file.id == TypeId::float64;
    case Kind::decimal:
      return file.id == TypeId::decimal || integer_bytes(file.id) >= 1;
    case Kind::varchar:
    case Kind::char_:
      return file.id == TypeId::varchar || file.id == TypeId::blob || file.id == TypeId::enumeration;
    case Kind::varbinary:
      return file.id == TypeId::blob || file.id == TypeId::varchar;
    case Kind::date:
      return file.id == TypeId::date;
    case Kind::time:
      return file.id == TypeId::time;
    case Kind::timestamp:
    case Kind::timestamp_with_zone:
      return is_timestamp(file.id);
    case Kind::array:
      return (file.id == TypeId::list || file.id == TypeId::array) && reads_children(file, declared);
    case Kind::map:
      return file.id == TypeId::map && reads_children(file, declared);
    case Kind::row:
      return file.id == TypeId::structure && reads_row(file, declared);
    default:
      return duckdb::to_string(file) == sql::to_duckdb(declared);
  }
}

Outcome<std::vector<std::pair<ScanGroup, GroupScan>>> scan_parquet(const std::vector<sql::Column>& declared,
                                                                   const ScanGroup& group,
                                                                   duckdb::Connection& connection) {
  TRY(const auto signature_of, signatures(group, connection));
  std::vector<std::string> order;
  std::map<std::string, ScanGroup> alike;
  for (const auto* file : group.files) {
    const auto found = signature_of.find(file->object.path.string());
    const auto& signature = found == signature_of.end() ? std::string() : found->second;
    auto [place, added] = alike.try_emplace(signature, ScanGroup{group.format, group.compression, {}});
    if (added) order.push_back(signature);
    place->second.files.push_back(file);
  }
  std::vector<std::pair<ScanGroup, GroupScan>> scans;
  for (const auto& signature : order) {
    auto& part = alike.at(signature);
    TRY(const auto held, columns_of(*part.files.front(), connection));
    auto scan = scan_alike(declared, part, held);
    scans.emplace_back(std::move(part), std::move(scan));
  }
  return scans;
}

}  // namespace tickerlake::athena
