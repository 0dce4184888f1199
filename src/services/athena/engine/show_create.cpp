// SHOW CREATE TABLE: the catalog's description as a statement that makes it again.
#include "services/athena/engine/execution.h"
#include "services/athena/engine/pattern.h"

namespace tickerlake::athena {
namespace {

std::string text_literal(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += '\\';
    result += c;
  }
  return result + "'";
}

std::string columns_text(const std::vector<glue::Column>& columns) {
  std::string text;
  for (const auto& column : columns) {
    text += (text.empty() ? "  `" : ", \n  `") + column.name + "` " + column.type;
    if (!column.comment.empty()) text += " COMMENT " + text_literal(column.comment);
  }
  return text;
}

std::string properties_text(const glue::Parameters& properties) {
  std::string text;
  for (const auto& [key, value] : properties) {
    text += (text.empty() ? "  " : ", \n  ") + text_literal(key) + "=" + text_literal(value);
  }
  return text;
}

}  // namespace

Outcome<TextAnswer> answer(Execution& execution, const sql::ShowCreateTable& statement) {
  TRY(const auto table, execution.table(statement.table));
  if (table.table_type == "VIRTUAL_VIEW") {
    return fail_query(error_type::execution,
                      "'" + table.database + "." + table.name + "' is a view; use SHOW CREATE VIEW");
  }
  const auto storage = table.storage.value_or(glue::StorageDescriptor{});
  std::string text = "CREATE EXTERNAL TABLE `" + table.name + "`(\n" + columns_text(storage.columns) + ")\n";
  if (!table.description.empty()) text += "COMMENT " + text_literal(table.description) + "\n";
  if (!table.partition_keys.empty()) text += "PARTITIONED BY ( \n" + columns_text(table.partition_keys) + ")\n";
  if (storage.serde) {
    text += "ROW FORMAT SERDE \n  " + text_literal(storage.serde->library) + " \n";
    if (!storage.serde->parameters.empty()) {
      text += "WITH SERDEPROPERTIES ( \n" + properties_text(storage.serde->parameters) + ") \n";
    }
  }
  text += "STORED AS INPUTFORMAT \n  " + text_literal(storage.input_format) + " \nOUTPUTFORMAT \n  " +
          text_literal(storage.output_format) + "\nLOCATION\n  " + text_literal(storage.location);
  if (!table.parameters.empty()) text += "\nTBLPROPERTIES (\n" + properties_text(table.parameters) + ")";
  return TextAnswer{{text_column("createtab_stmt")}, lines_of(text)};
}

}  // namespace tickerlake::athena
