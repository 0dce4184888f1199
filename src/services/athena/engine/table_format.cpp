#include "services/athena/engine/table_format.h"

#include <charconv>

#include "services/glue/catalog/catalog.h"

namespace tickerlake::athena {
namespace {

constexpr const char* text_input = "org.apache.hadoop.mapred.TextInputFormat";
constexpr const char* text_output = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";

std::optional<std::string> find(const glue::Parameters& parameters, const std::string& name) {
  const auto found = parameters.find(name);
  if (found == parameters.end()) return std::nullopt;
  return found->second;
}

/// A delimiter as Hive stores it: the character itself, an escape, or its number.
std::string character(const std::string& text) {
  if (text.size() <= 1) return text;
  if (text == "\\t") return "\t";
  if (text == "\\n") return "\n";
  if (text == "\\\\") return "\\";
  std::string_view digits = text;
  int base = 10;
  if (digits.starts_with("\\u")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.starts_with('\\')) {
    digits.remove_prefix(1);
    base = 8;
  }
  int code = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, base);
  if (error == std::errc() && end == digits.data() + digits.size() && code > 0 && code < 128) {
    return std::string(1, static_cast<char>(code));
  }
  return text;
}

std::int64_t count_of(const std::optional<std::string>& text) {
  std::int64_t count = 0;
  if (text) std::from_chars(text->data(), text->data() + text->size(), count);
  return std::max<std::int64_t>(count, 0);
}

void read_delimited(const glue::Parameters& serde, TableFormat& format) {
  format.delimiter = "\001";
  if (const auto code = find(serde, "serialization.format")) format.delimiter = character(*code);
  if (const auto delimiter = find(serde, "field.delim")) format.delimiter = character(*delimiter);
  if (const auto escape = find(serde, "escape.delim")) format.escape = character(*escape);
  if (const auto null = find(serde, "serialization.null.format")) format.null_text = *null;
}

void read_quoted(const glue::Parameters& serde, TableFormat& format) {
  format.delimiter = character(find(serde, "separatorChar").value_or(","));
  format.quote = character(find(serde, "quoteChar").value_or("\""));
  format.escape = character(find(serde, "escapeChar").value_or("\\"));
  format.null_text = "";
}

void read_json(const glue::Parameters& serde, TableFormat& format) {
  format.skips_malformed = find(serde, "ignore.malformed.json") == "true";
  std::string paths = find(serde, "paths").value_or("");  // the crawler's list of top-level keys, in their own case
  for (std::size_t start = 0; start < paths.size();) {
    const auto comma = std::min(paths.find(',', start), paths.size());
    const auto key = paths.substr(start, comma - start);
    if (!key.empty()) format.key_of[glue::fold_name(key)] = key;
    start = comma + 1;
  }
  constexpr std::string_view mapping = "mapping.";
  for (const auto& [name, key] : serde) {
    if (name.starts_with(mapping)) format.key_of[glue::fold_name(name.substr(mapping.size()))] = key;
  }
}

}  // namespace

Outcome<TableFormat> table_format(const glue::StorageDescriptor& storage, const glue::Parameters& table_parameters) {
  TableFormat format;
  const auto serde = storage.serde.value_or(glue::SerDeInfo{});
  const auto says = [&](std::string_view part) { return serde.library.find(part) != std::string::npos; };
  const auto classification = find(table_parameters, "classification").value_or("");
  const bool unnamed = serde.library.empty();
  if (find(table_parameters, "table_type") == "ICEBERG") {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: Iceberg tables are not supported");
  }
  if (says("ParquetHiveSerDe") || (unnamed && classification == "parquet")) {
    format.format = FileFormat::parquet;
  } else if (says("LazySimpleSerDe") || (unnamed && classification == "csv")) {
    format.format = FileFormat::delimited;
    read_delimited(serde.parameters, format);
    if (unnamed && !find(serde.parameters, "field.delim")) format.delimiter = ",";
  } else if (says("OpenCSVSerde")) {
    format.format = FileFormat::quoted_csv;
    read_quoted(serde.parameters, format);
  } else if (says("JsonSerDe") || (unnamed && classification == "json")) {
    format.format = FileFormat::json;
    read_json(serde.parameters, format);
  } else {
    return fail_query(error_type::unsupported,
                      "NOT_SUPPORTED: tables of the SerDe '" + serde.library + "' are not supported");
  }
  format.header_lines = std::max({count_of(find(table_parameters, "skip.header.line.count")),
                                  count_of(find(serde.parameters, "skip.header.line.count")),
                                  count_of(find(storage.parameters, "skip.header.line.count"))});
  return format;
}

void set_format(glue::StorageDescriptor& storage, FileFormat format, const std::string& delimiter) {
  glue::SerDeInfo serde;
  switch (format) {
    case FileFormat::parquet:
      storage.input_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat";
      storage.output_format = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat";
      serde.library = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe";
      serde.parameters["serialization.format"] = "1";
      break;
    case FileFormat::delimited:
    case FileFormat::quoted_csv:
      storage.input_format = text_input;
      storage.output_format = text_output;
      serde.library = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";
      serde.parameters["field.delim"] = delimiter;
      serde.parameters["serialization.format"] = delimiter;
      break;
    case FileFormat::json:
      storage.input_format = text_input;
      storage.output_format = text_output;
      serde.library = "org.openx.data.jsonserde.JsonSerDe";
      serde.parameters["serialization.format"] = "1";
      break;
  }
  storage.serde = std::move(serde);
}

}  // namespace tickerlake::athena
