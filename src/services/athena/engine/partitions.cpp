#include "services/athena/engine/partitions.h"

#include <charconv>

#include "services/athena/engine/projection.h"
#include "services/glue/catalog/expression.h"

namespace tickerlake::athena {

Outcome<std::vector<PartitionPlace>> places_of(const glue::Catalog& catalog, const glue::Table& table,
                                               const std::vector<sql::Column>& keys,
                                               const sql::PartitionFilter& filter) {
  if (keys.empty()) return std::vector{PartitionPlace{{}, table.storage.value_or(glue::StorageDescriptor{})}};
  if (is_projected(table)) return project(table, keys, filter);

  std::vector<sql::PartitionValue> values;
  for (const auto& key : keys) values.push_back({key.name, key.type, std::nullopt});
  glue::PartitionQuery query;
  query.expression = sql::to_glue_expression(filter, values);
  auto partitions = catalog.get_partitions(table.database, table.name, query);
  if (!partitions && !query.expression.empty()) {
    // A filter that the catalog does not take only costs reading all of them.
    partitions = catalog.get_partitions(table.database, table.name, glue::PartitionQuery{});
  }
  TRY(auto found, told(std::move(partitions), failure_of_service));
  std::vector<PartitionPlace> places;
  for (auto& partition : found) {
    PartitionPlace place;
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto& text = i < partition.values.size() ? partition.values[i] : std::string(glue::hive_null_partition);
      values[i].value = text == glue::hive_null_partition ? std::nullopt : std::optional(text);
      place.values.push_back(values[i].value);
    }
    if (!sql::may_match(filter, values)) continue;
    place.storage = partition.storage.value_or(table.storage.value_or(glue::StorageDescriptor{}));
    if (place.storage.location.empty() && table.storage) {
      place.storage.location = table.storage->location + (table.storage->location.ends_with('/') ? "" : "/") +
                               partition_path(table.partition_keys, partition.values);
    }
    // Registrations by hand often carry a location alone.
    if (table.storage && !place.storage.serde) place.storage.serde = table.storage->serde;
    places.push_back(std::move(place));
  }
  return places;
}

std::string partition_path(const std::vector<glue::Column>& keys, const std::vector<std::string>& values) {
  constexpr std::string_view escaped = "\"#%'*/:=?\\{[]^\x7f";
  std::string path;
  for (std::size_t i = 0; i < keys.size() && i < values.size(); ++i) {
    path += (i > 0 ? "/" : "") + keys[i].name + "=";
    for (const char c : values[i]) {
      if (static_cast<unsigned char>(c) >= 0x20 && escaped.find(c) == std::string_view::npos) {
        path += c;
        continue;
      }
      constexpr const char* digits = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      path += {'%', digits[byte >> 4], digits[byte & 15]};
    }
  }
  return path;
}

std::string unescape_path(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    unsigned code = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, code, 16).ptr == text.data() + i + 3) {
      plain += static_cast<char>(code);
      i += 2;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace tickerlake::athena
