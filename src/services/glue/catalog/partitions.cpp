// Partitions: their part of Catalog.
#include <boost/json/serialize.hpp>
#include <functional>
#include <limits>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/expression.h"
#include "services/glue/catalog/impl.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

Result<void> check_values(const Table& table, std::span<const std::string> values) {
  if (values.size() != table.partition_keys.size()) {
    return fail(ErrorCode::invalid_argument,
                "The number of partition keys do not match the number of partition values: " +
                    std::to_string(table.partition_keys.size()) + " and " + std::to_string(values.size()) + ".");
  }
  for (const auto& value : values) {
    if (value.empty()) return fail(ErrorCode::invalid_argument, "A partition value cannot be empty.");
  }
  return {};
}

bool in_segment(std::string_view key, const std::optional<PartitionQuery::Segment>& segment) {
  if (!segment || segment->total <= 1) return true;
  // FNV-1a: the same slices whatever the standard library.
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  return hash % static_cast<std::uint64_t>(segment->total) == static_cast<std::uint64_t>(segment->number);
}

Error partition_exists() { return {ErrorCode::already_exists, "Partition already exists."}; }
Error partition_missing() { return {ErrorCode::not_found, "Cannot find partition."}; }

}  // namespace

Result<void> Catalog::create_partition(Partition partition) {
  const auto database = partition.database;
  const auto table = partition.table;
  std::vector<Partition> one;
  one.push_back(std::move(partition));
  TRY(auto outcome, create_partitions(database, table, std::move(one)));
  if (outcome.front()) return std::unexpected(*std::move(outcome.front()));
  return {};
}

Result<BatchOutcome> Catalog::create_partitions(std::string_view database, std::string_view table,
                                                std::vector<Partition> partitions) {
  const auto folded_database = fold_name(database);
  const auto folded_table = fold_name(table);
  BatchOutcome outcome(partitions.size());
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  TRY(const auto described, impl_->read_table(folded_database, folded_table));
  const auto now = impl_->now();
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    auto& partition = partitions[i];
    if (auto valid = check_values(described, partition.values); !valid) {
      outcome[i] = std::move(valid).error();
      continue;
    }
    partition.database = folded_database;
    partition.table = folded_table;
    partition.creation_time = now;
    const auto key = encode_key(partition.values);
    const auto body = boost::json::serialize(to_json(partition));
    CHECK(db.prepare("INSERT OR IGNORE INTO partitions VALUES(?,?,?,?)")
              .bind(folded_database, folded_table, key, body)
              .run());
    if (db.changes() == 0) outcome[i] = partition_exists();
  }
  CHECK(transaction.commit());
  return outcome;
}

Result<Partition> Catalog::get_partition(std::string_view database, std::string_view table,
                                         std::span<const std::string> values) const {
  const auto folded_database = fold_name(database);
  const auto folded_table = fold_name(table);
  const auto key = encode_key(values);
  MutexLock lock(impl_->store->mutex);
  auto statement = impl_->store->db.prepare("SELECT body FROM partitions WHERE db=? AND name=? AND partition_values=?");
  TRY(const bool found, statement.bind(folded_database, folded_table, key).step());
  if (!found) {
    TRY(const auto described, impl_->read_table(folded_database, folded_table));
    CHECK(check_values(described, values));
    return std::unexpected(partition_missing());
  }
  TRY(const auto body, parse_body(statement.text(0)));
  return stored_partition(body);
}

Result<Page<Partition>> Catalog::get_partitions(std::string_view database, std::string_view table,
                                                const PartitionQuery& query, const PageRequest& page) const {
  const auto folded_database = fold_name(database);
  const auto folded_table = fold_name(table);
  TRY(const auto after, decode_token(page.token));
  Page<Partition> result;
  std::string last_key;
  MutexLock lock(impl_->store->mutex);
  TRY(const auto described, impl_->read_table(folded_database, folded_table));
  std::optional<PartitionFilter> filter;
  if (query.expression.find_first_not_of(" \t\r\n") != std::string::npos) {
    TRY(filter, PartitionFilter::parse(query.expression, described.partition_keys));
  }
  auto statement = impl_->store->db.prepare(
      "SELECT partition_values, body FROM partitions WHERE db=? AND name=? AND partition_values>? "
      "ORDER BY partition_values");
  statement.bind(folded_database, folded_table, after);
  for (;;) {
    TRY(const bool row, statement.step());
    if (!row) return result;
    const auto key = statement.text(0);
    if (!in_segment(key, query.segment)) continue;
    if (filter) {
      TRY(const auto values, decode_key(key));
      if (!filter->matches(values)) continue;
    }
    if (result.items.size() == page.limit) {
      result.next_token = encode_token(last_key);
      return result;
    }
    last_key = key;
    TRY(const auto body, parse_body(statement.text(1)));
    TRY(auto partition, stored_partition(body));
    if (query.exclude_column_schema && partition.storage) partition.storage->columns.clear();
    result.items.push_back(std::move(partition));
  }
}

Result<std::vector<Partition>> Catalog::get_partitions(std::string_view database, std::string_view table,
                                                       const PartitionQuery& query) const {
  TRY(auto page, get_partitions(database, table, query, PageRequest{{}, std::numeric_limits<std::size_t>::max()}));
  return std::move(page.items);
}

Result<BatchOutcome> Catalog::update_partitions(std::string_view database, std::string_view table,
                                                std::vector<PartitionUpdate> updates) {
  const auto folded_database = fold_name(database);
  const auto folded_table = fold_name(table);
  BatchOutcome outcome(updates.size());
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  TRY(const auto described, impl_->read_table(folded_database, folded_table));
  for (std::size_t i = 0; i < updates.size(); ++i) {
    auto& [values, partition] = updates[i];
    if (auto valid = check_values(described, partition.values); !valid) {
      outcome[i] = std::move(valid).error();
      continue;
    }
    const auto old_key = encode_key(values);
    {
      auto before = db.prepare("SELECT body FROM partitions WHERE db=? AND name=? AND partition_values=?");
      TRY(const bool found, before.bind(folded_database, folded_table, old_key).step());
      if (!found) {
        outcome[i] = partition_missing();
        continue;
      }
      TRY(const auto body, parse_body(before.text(0)));
      TRY(const auto stored, stored_partition(body));
      partition.creation_time = stored.creation_time;
    }
    partition.database = folded_database;
    partition.table = folded_table;
    const auto new_key = encode_key(partition.values);
    const auto body = boost::json::serialize(to_json(partition));
    CHECK(db.prepare("UPDATE OR IGNORE partitions SET partition_values=?, body=? "
                     "WHERE db=? AND name=? AND partition_values=?")
              .bind(new_key, body, folded_database, folded_table, old_key)
              .run());
    if (db.changes() == 0) outcome[i] = partition_exists();
  }
  CHECK(transaction.commit());
  return outcome;
}

Result<BatchOutcome> Catalog::delete_partitions(std::string_view database, std::string_view table,
                                                std::span<const std::vector<std::string>> values) {
  const auto folded_database = fold_name(database);
  const auto folded_table = fold_name(table);
  BatchOutcome outcome(values.size());
  MutexLock lock(impl_->store->mutex);
  auto& db = impl_->store->db;
  TRY(auto transaction, Transaction::begin(db));
  TRY(const auto described, impl_->read_table(folded_database, folded_table));
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto key = encode_key(values[i]);
    CHECK(db.prepare("DELETE FROM partitions WHERE db=? AND name=? AND partition_values=?")
              .bind(folded_database, folded_table, key)
              .run());
    if (db.changes() == 0) outcome[i] = partition_missing();
  }
  CHECK(transaction.commit());
  return outcome;
}

}  // namespace tickerlake::glue
