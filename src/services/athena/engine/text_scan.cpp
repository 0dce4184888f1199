#include "services/athena/engine/text_scan.h"

namespace tickerlake::athena {
namespace {

using Kind = sql::Type::Kind;

/// Hive's text of a value as the declared type; an empty text of anything but a string is NULL, as is NULL itself.
std::string convert(const sql::Column& column, std::size_t index, FileFormat format, const ScanGroup& group) {
  const auto field = "c" + std::to_string(index);
  const auto& type = column.type;
  if (type.is_text()) return field;
  const auto wanted = sql::to_duckdb(type);
  if (type.is(Kind::varbinary)) return "encode(" + field + ")";
  if (!type.children.empty()) {
    return raise("Column " + column.name + " of type " + sql::to_string(type) + " cannot be read from text in " +
                     group.files.front()->uri,
                 wanted);
  }
  auto text = field;
  if (type.is(Kind::date) && format == FileFormat::quoted_csv) {
    // OpenCSVSerde counts dates in days since 1970; what is written as a date is read as one too.
    text = "coalesce(CAST(DATE '1970-01-01' + TRY_CAST(" + field + " AS INTEGER) AS VARCHAR), " + field + ")";
  }
  const auto cast = "TRY_CAST(" + text + " AS " + wanted + ")";
  const auto message = "'HIVE_BAD_DATA: Error parsing field value ''' || " + field + " || ''' for field " +
                       std::to_string(index) + ": " + "cannot be read as " + sql::to_string(type) + "'";
  return "CASE WHEN " + field + " IS NULL OR " + field + " = '' THEN NULL WHEN " + cast + " IS NULL THEN CAST(error(" +
         message + ") AS " + wanted + ") ELSE " + cast + " END";
}

}  // namespace

GroupScan scan_text(const std::vector<sql::Column>& declared, const ScanGroup& group) {
  const auto& format = group.format;
  std::string fields;
  GroupScan scan;
  for (std::size_t i = 0; i < declared.size(); ++i) {
    fields += (i > 0 ? ", 'c" : "'c") + std::to_string(i) + "': 'VARCHAR'";
    scan.columns += (i > 0 ? ", " : "") + convert(declared[i], i, format.format, group) + " AS " +
                    sql::quote_identifier(declared[i].name);
  }
  // strict_mode and null_padding: as in Hive, fields beyond the declared ones are ignored, missing ones are NULL.
  const auto null_text = format.null_text.empty() ? std::string("\001\002") : format.null_text;
  scan.source = "read_csv(" + path_list(group) + ", columns={" + fields +
                "}, auto_detect=false, header=false, skip=" + std::to_string(format.header_lines) +
                ", delim=" + sql::quote_string(format.delimiter) + ", quote=" + sql::quote_string(format.quote) +
                ", escape=" + sql::quote_string(format.escape) + ", nullstr=" + sql::quote_string(null_text) +
                ", strict_mode=false, null_padding=true, compression='" + group.compression + "')";
  return scan;
}

}  // namespace tickerlake::athena
