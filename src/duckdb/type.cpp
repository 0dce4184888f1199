#include "duckdb/type.h"

#include "duckdb/api.h"

namespace tickerlake::duckdb {
namespace {

const char* scalar_name(TypeId id) {
  switch (id) {
    case TypeId::boolean:
      return "BOOLEAN";
    case TypeId::tinyint:
      return "TINYINT";
    case TypeId::smallint:
      return "SMALLINT";
    case TypeId::integer:
      return "INTEGER";
    case TypeId::bigint:
      return "BIGINT";
    case TypeId::utinyint:
      return "UTINYINT";
    case TypeId::usmallint:
      return "USMALLINT";
    case TypeId::uinteger:
      return "UINTEGER";
    case TypeId::ubigint:
      return "UBIGINT";
    case TypeId::real:
      return "FLOAT";
    case TypeId::float64:
      return "DOUBLE";
    case TypeId::timestamp:
      return "TIMESTAMP";
    case TypeId::date:
      return "DATE";
    case TypeId::time:
      return "TIME";
    case TypeId::interval:
      return "INTERVAL";
    case TypeId::hugeint:
      return "HUGEINT";
    case TypeId::varchar:
      return "VARCHAR";
    case TypeId::blob:
      return "BLOB";
    case TypeId::timestamp_s:
      return "TIMESTAMP_S";
    case TypeId::timestamp_ms:
      return "TIMESTAMP_MS";
    case TypeId::timestamp_ns:
      return "TIMESTAMP_NS";
    case TypeId::uuid:
      return "UUID";
    case TypeId::bit:
      return "BIT";
    case TypeId::time_tz:
      return "TIME WITH TIME ZONE";
    case TypeId::timestamp_tz:
      return "TIMESTAMP WITH TIME ZONE";
    case TypeId::uhugeint:
      return "UHUGEINT";
    case TypeId::bignum:
      return "BIGNUM";
    case TypeId::null:
      return "\"NULL\"";
    case TypeId::time_ns:
      return "TIME_NS";
    case TypeId::enumeration:
      return "ENUM";
    case TypeId::union_of:
      return "UNION";
    default:
      return "INVALID";
  }
}

std::string quoted(const std::string& name) {
  std::string text = "\"";
  for (const char c : name) text.append(c == '"' ? 2 : 1, c);
  return text + '"';
}

std::string take_text(const Api& api, char* text) {
  std::string copy = text != nullptr ? text : "";
  api.free(text);
  return copy;
}

}  // namespace

std::string to_string(const Type& type) {
  switch (type.id) {
    case TypeId::decimal:
      return "DECIMAL(" + std::to_string(type.width) + "," + std::to_string(type.scale) + ")";
    case TypeId::list:
      return to_string(type.children[0]) + "[]";
    case TypeId::array:
      return to_string(type.children[0]) + "[" + std::to_string(type.array_size) + "]";
    case TypeId::map:
      return "MAP(" + to_string(type.children[0]) + ", " + to_string(type.children[1]) + ")";
    case TypeId::structure: {
      std::string text = "STRUCT(";
      for (std::size_t i = 0; i < type.children.size(); ++i) {
        text += (i > 0 ? ", " : "") + quoted(type.field_names[i]) + " " + to_string(type.children[i]);
      }
      return text + ")";
    }
    default:
      return scalar_name(type.id);
  }
}

Type take_type(const Api& api, duckdb_logical_type type) {
  auto result = read_type(api, type);
  api.destroy_logical_type(&type);
  return result;
}

Type read_type(const Api& api, duckdb_logical_type type) {
  Type result;
  result.id = static_cast<TypeId>(api.get_type_id(type));
  switch (result.id) {
    case TypeId::decimal:
      result.width = api.decimal_width(type);
      result.scale = api.decimal_scale(type);
      break;
    case TypeId::list:
      result.children.push_back(take_type(api, api.list_type_child_type(type)));
      break;
    case TypeId::array:
      result.children.push_back(take_type(api, api.array_type_child_type(type)));
      result.array_size = api.array_type_array_size(type);
      break;
    case TypeId::map:
      result.children.push_back(take_type(api, api.map_type_key_type(type)));
      result.children.push_back(take_type(api, api.map_type_value_type(type)));
      break;
    case TypeId::structure:
      for (idx_t i = 0; i < api.struct_type_child_count(type); ++i) {
        result.children.push_back(take_type(api, api.struct_type_child_type(type, i)));
        result.field_names.push_back(take_text(api, api.struct_type_child_name(type, i)));
      }
      break;
    case TypeId::enumeration:
      for (idx_t i = 0; i < api.enum_dictionary_size(type); ++i) {
        result.field_names.push_back(take_text(api, api.enum_dictionary_value(type, i)));
      }
      break;
    default:
      break;
  }
  return result;
}

}  // namespace tickerlake::duckdb
