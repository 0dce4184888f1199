#include "duckdb/chunk.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/time.h"
#include "duckdb/api.h"

namespace tickerlake::duckdb {
namespace {

constexpr std::int64_t micros_per_second = 1'000'000;
constexpr std::int64_t micros_per_day = 86'400 * micros_per_second;

std::int64_t floor_divide(std::int64_t a, std::int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

std::string int128_text(Int128 value) {
  if (value == 0) return "0";
  const bool negative = value < 0;
  // Magnitudes below zero: the smallest value has no positive counterpart.
  std::string digits;
  for (; value != 0; value /= 10) digits += static_cast<char>('0' + (value % 10 < 0 ? -(value % 10) : value % 10));
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

std::string time_text(std::int64_t micros) {
  const auto seconds = micros / micros_per_second;
  auto text = fmt::format("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
  if (const auto fraction = micros % micros_per_second; fraction != 0) {
    auto digits = fmt::format(".{:06}", fraction);
    digits.erase(digits.find_last_not_of('0') + 1);
    text += digits;
  }
  return text;
}

std::string timestamp_text(std::int64_t micros) {
  const auto day = floor_divide(micros, micros_per_day);
  return format_date(static_cast<std::int32_t>(day)) + " " + time_text(micros - day * micros_per_day);
}

std::string enum_text(const Vector& vector, std::size_t row) {
  const auto& names = vector.type().field_names;
  if (names.size() <= 0xff) return names[vector.at<std::uint8_t>(row)];
  if (names.size() <= 0xffff) return names[vector.at<std::uint16_t>(row)];
  return names[vector.at<std::uint32_t>(row)];
}

std::string element_text(const Vector& vector, std::size_t row) { return to_text(vector, row).value_or("NULL"); }

std::string nested_text(const Vector& vector, std::size_t row) {
  std::string text;
  const auto& children = vector.children();
  if (vector.type().id == TypeId::structure) {
    for (std::size_t i = 0; i < children.size(); ++i) {
      text += (i > 0 ? ", '" : "'") + vector.type().field_names[i] + "': " + element_text(children[i], row);
    }
    return "{" + text + "}";
  }
  const auto [offset, length] = vector.span(row);
  const bool is_map = vector.type().id == TypeId::map;
  for (std::uint64_t i = offset; i < offset + length; ++i) {
    text += (i > offset ? ", " : "") + element_text(children[0], i);
    if (is_map) text += "=" + element_text(children[1], i);
  }
  return is_map ? "{" + text + "}" : "[" + text + "]";
}

}  // namespace

Int128 Vector::decimal(std::size_t row) const {
  if (type_->width <= 4) return at<std::int16_t>(row);
  if (type_->width <= 9) return at<std::int32_t>(row);
  if (type_->width <= 18) return at<std::int64_t>(row);
  return at<Int128>(row);
}

std::string decimal_text(Int128 unscaled, int scale) {
  auto text = int128_text(unscaled);
  if (scale == 0) return text;
  const std::size_t sign = unscaled < 0 ? 1 : 0;
  const auto digits = static_cast<std::size_t>(scale);
  if (text.size() - sign <= digits) text.insert(sign, digits + 1 - (text.size() - sign), '0');
  text.insert(text.size() - digits, 1, '.');
  return text;
}

std::optional<std::string> to_text(const Vector& vector, std::size_t row) {
  if (vector.is_null(row)) return std::nullopt;
  switch (vector.type().id) {
    case TypeId::boolean:
      return vector.at<bool>(row) ? "true" : "false";
    case TypeId::tinyint:
      return std::to_string(vector.at<std::int8_t>(row));
    case TypeId::smallint:
      return std::to_string(vector.at<std::int16_t>(row));
    case TypeId::integer:
      return std::to_string(vector.at<std::int32_t>(row));
    case TypeId::bigint:
      return std::to_string(vector.at<std::int64_t>(row));
    case TypeId::utinyint:
      return std::to_string(vector.at<std::uint8_t>(row));
    case TypeId::usmallint:
      return std::to_string(vector.at<std::uint16_t>(row));
    case TypeId::uinteger:
      return std::to_string(vector.at<std::uint32_t>(row));
    case TypeId::ubigint:
      return std::to_string(vector.at<std::uint64_t>(row));
    case TypeId::hugeint:
      return int128_text(vector.at<Int128>(row));
    case TypeId::real:
      return fmt::format("{}", vector.at<float>(row));
    case TypeId::float64:
      return fmt::format("{}", vector.at<double>(row));
    case TypeId::decimal:
      return decimal_text(vector.decimal(row), vector.type().scale);
    case TypeId::varchar:
    case TypeId::blob:
      return std::string(vector.text(row));
    case TypeId::date:
      return format_date(vector.at<std::int32_t>(row));
    case TypeId::time:
      return time_text(vector.at<std::int64_t>(row));
    case TypeId::timestamp:
      return timestamp_text(vector.at<std::int64_t>(row));
    case TypeId::timestamp_tz:
      return timestamp_text(vector.at<std::int64_t>(row)) + "+00";
    case TypeId::timestamp_s:
      return timestamp_text(vector.at<std::int64_t>(row) * micros_per_second);
    case TypeId::timestamp_ms:
      return timestamp_text(vector.at<std::int64_t>(row) * 1000);
    case TypeId::timestamp_ns:
      return timestamp_text(floor_divide(vector.at<std::int64_t>(row), 1000));
    case TypeId::enumeration:
      return enum_text(vector, row);
    case TypeId::interval: {
      const auto interval = vector.at<Interval>(row);
      return fmt::format("{} months {} days {} microseconds", interval.months, interval.days, interval.micros);
    }
    case TypeId::list:
    case TypeId::array:
    case TypeId::map:
    case TypeId::structure:
      return nested_text(vector, row);
    default:
      return "<" + to_string(vector.type()) + ">";
  }
}

void ChunkReader::fill(const Api& api, Vector& into, const Type& type, duckdb_vector vector) {
  into.type_ = &type;
  into.data_ = api.vector_get_data(vector);
  into.validity_ = api.vector_get_validity(vector);
  into.children_.resize(type.children.size());
  switch (type.id) {
    case TypeId::list:
      fill(api, into.children_[0], type.children[0], api.list_vector_get_child(vector));
      break;
    case TypeId::array:
      fill(api, into.children_[0], type.children[0], api.array_vector_get_child(vector));
      break;
    case TypeId::map: {  // stored as a list of structures (key, value)
      const auto entries = api.list_vector_get_child(vector);
      for (idx_t i = 0; i < 2; ++i) {
        fill(api, into.children_[i], type.children[i], api.struct_vector_get_child(entries, i));
      }
      break;
    }
    case TypeId::structure:
      for (idx_t i = 0; i < type.children.size(); ++i) {
        fill(api, into.children_[i], type.children[i], api.struct_vector_get_child(vector, i));
      }
      break;
    default:
      break;
  }
}

Chunk ChunkReader::read(std::shared_ptr<const Api> api, std::shared_ptr<const std::vector<Column>> columns,
                        duckdb_data_chunk chunk) {
  Chunk result;
  result.rows_ = api->data_chunk_get_size(chunk);
  result.columns_.resize(columns->size());
  for (std::size_t i = 0; i < columns->size(); ++i) {
    fill(*api, result.columns_[i], (*columns)[i].type, api->data_chunk_get_vector(chunk, i));
  }
  // The deleter keeps the types alive that the vectors point to.
  result.handle_ = std::shared_ptr<void>(chunk, [api, columns](void* handle) {
    auto owned = static_cast<duckdb_data_chunk>(handle);
    api->destroy_data_chunk(&owned);
  });
  return result;
}

}  // namespace tickerlake::duckdb
