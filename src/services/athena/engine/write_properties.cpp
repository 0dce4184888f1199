// WITH (format = 'PARQUET', partitioned_by = ARRAY['year'], …) of CTAS and UNLOAD.
#include <algorithm>

#include "services/athena/engine/write_data.h"

namespace tickerlake::athena {
namespace {

std::optional<std::string> literal(const sql::Expression& expression) {
  if (const auto* text = expression.as<sql::StringLiteral>()) return text->value;
  if (const auto* number = expression.as<sql::IntegerLiteral>()) return number->digits;
  if (const auto* boolean = expression.as<sql::BooleanLiteral>()) return boolean->value ? "true" : "false";
  return std::nullopt;
}

}  // namespace

Outcome<WriteProperties> WriteProperties::read(const std::vector<std::pair<sql::Name, sql::ExpressionPtr>>& properties,
                                               const std::vector<std::string>& known) {
  WriteProperties result;
  for (const auto& [name, value] : properties) {
    const auto place = "line " + std::to_string(name.position.line) + ":" + std::to_string(name.position.column) + ": ";
    if (std::find(known.begin(), known.end(), name.text) == known.end()) {
      return fail_query(error_type::syntax, "INVALID_TABLE_PROPERTY: " + place + "table property '" + name.text +
                                                "' does not exist or is not supported");
    }
    auto& texts = result.values_[name.text];
    const auto invalid = [&] {
      return fail_query(error_type::syntax,
                        "INVALID_TABLE_PROPERTY: " + place + "the value of '" + name.text + "' is no literal");
    };
    if (const auto* array = value->as<sql::Array>()) {
      for (const auto& item : array->items) {
        const auto text = literal(*item);
        if (!text) return invalid();
        texts.push_back(*text);
      }
    } else {
      const auto text = literal(*value);
      if (!text) return invalid();
      texts.push_back(*text);
    }
  }
  return result;
}

std::optional<std::string> WriteProperties::text(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return std::nullopt;
  return found->second.front();
}

std::vector<std::string> WriteProperties::list(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

Outcome<WriteTarget> write_target(const WriteProperties& properties, const std::string& default_format) {
  WriteTarget target;
  auto format = properties.text("format").value_or(default_format);
  for (char& c : format) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  if (format.empty()) return fail_query(error_type::syntax, "SYNTAX_ERROR: UNLOAD needs the property 'format'");
  if (format == "PARQUET") {
    target.format = FileFormat::parquet;
  } else if (format == "JSON") {
    target.format = FileFormat::json;
  } else if (format == "TEXTFILE") {
    target.format = FileFormat::delimited;
  } else {
    return fail_query(error_type::unsupported, "NOT_SUPPORTED: the format " + format + " is not supported");
  }
  if (const auto delimiter = properties.text("field_delimiter"); delimiter && !delimiter->empty()) {
    target.delimiter = *delimiter;
  }
  for (const char* name : {"write_compression", "compression", "parquet_compression"}) {
    if (const auto compression = properties.text(name)) target.compression = *compression;
  }
  target.partition_by = properties.list("partitioned_by");
  for (auto& name : target.partition_by) name = glue::fold_name(name);
  return target;
}

}  // namespace tickerlake::athena
