#include <boost/json.hpp>

#include "base/digest.h"
#include "services/athena/engine/resolver.h"

namespace tickerlake::athena {
namespace {

constexpr std::string_view mark = "/* Presto View: ";
constexpr std::string_view end_mark = " */";

}  // namespace

std::string encode_view(const std::string& query_text, const std::string& database,
                        const std::vector<sql::Column>& columns) {
  boost::json::array described;
  for (const auto& column : columns) {
    described.push_back(boost::json::object{{"name", column.name}, {"type", sql::to_string(column.type)}});
  }
  const boost::json::object view{
      {"originalSql", query_text}, {"catalog", catalog_name}, {"schema", database}, {"columns", described}};
  return std::string(mark) + base64(as_bytes(boost::json::serialize(view))) + std::string(end_mark);
}

Outcome<ViewText> decode_view(const glue::Table& view) {
  const auto broken = [&] {
    return fail_query(error_type::storage,
                      "INVALID_VIEW: the text of view " + view.database + "." + view.name + " is not in Presto's form");
  };
  std::string_view text = view.view_original_text;
  if (!text.starts_with(mark) || !text.ends_with(end_mark)) return broken();
  text = text.substr(mark.size(), text.size() - mark.size() - end_mark.size());
  const auto bytes = unbase64(text);
  if (!bytes) return broken();
  boost::system::error_code error;
  const auto document = boost::json::parse(boost::json::string_view(as_text(*bytes)), error);
  const auto* object = document.if_object();
  if (error || object == nullptr) return broken();
  const auto* query = object->if_contains("originalSql");
  const auto* schema = object->if_contains("schema");
  if (query == nullptr || !query->is_string()) return broken();
  ViewText result{std::string(query->get_string()), view.database};
  if (schema != nullptr && schema->is_string()) result.database = schema->get_string();
  return result;
}

}  // namespace tickerlake::athena
