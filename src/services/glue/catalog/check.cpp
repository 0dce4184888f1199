#include "services/glue/catalog/check.h"

#include <set>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/json.h"
#include "services/glue/catalog/sqlite_check.h"
#include "services/glue/catalog/store.h"

namespace tickerlake::glue {
namespace {

using Problem = std::optional<std::string>;

/// What rows of later tables must refer to.
struct Known {
  std::set<std::string, std::less<>> databases;
  std::set<std::string> broken_databases, missing_databases;
  std::map<std::pair<std::string, std::string>, std::size_t> tables;  // → number of partition keys
};

Problem check_database(const Statement& row, Known& known) {
  const auto name = known.databases.emplace(row.text(0)).first;
  known.broken_databases.insert(*name);
  const auto body = parse_body(row.text(1));
  if (!body) return body.error().message;
  const auto database = stored_database(*body);
  if (!database) return database.error().message;
  if (database->name != row.text(0)) return "its body is that of database " + database->name;
  known.broken_databases.erase(*name);
  return std::nullopt;
}

Problem check_table(const Statement& row, Known& known) {
  const std::pair<std::string, std::string> name(row.text(0), row.text(1));
  // Partitions of a table that is wrong itself are not wrong for that.
  std::size_t& keys = known.tables[name];
  keys = std::string::npos;
  const auto body = parse_body(row.text(3));
  if (!body) return body.error().message;
  const auto table = stored_table(*body);
  if (!table) return table.error().message;
  if (table->database != name.first || table->name != name.second) {
    return "its body is that of " + table->database + "." + table->name;
  }
  keys = table->partition_keys.size();
  if (!known.databases.contains(name.first)) known.missing_databases.insert(name.first);
  return std::nullopt;
}

Problem check_version(const Statement& row, const Known& known) {
  const auto body = parse_body(row.text(3));
  if (!body) return body.error().message;
  if (const auto table = stored_table(*body); !table) return table.error().message;
  if (!known.tables.contains({std::string(row.text(0)), std::string(row.text(1))})) return "there is no such table";
  return std::nullopt;
}

Problem check_partition(const Statement& row, const Known& known) {
  const auto table = known.tables.find({std::string(row.text(0)), std::string(row.text(1))});
  if (table == known.tables.end()) return "there is no such table";
  const auto values = decode_key(row.text(2));
  if (!values) return values.error().message;
  const auto body = parse_body(row.text(3));
  if (!body) return body.error().message;
  const auto partition = stored_partition(*body);
  if (!partition) return partition.error().message;
  if (partition->values != *values) return "its values are not those of its key";
  return std::nullopt;
}

Problem check_document(const Statement& row) {
  const auto body = parse_body(row.text(2));
  if (!body) return body.error().message;
  return std::nullopt;
}

/// So that its tables can be reached again.
Result<void> make_database(const io::Path& file, const std::string& name) {
  TRY(Catalog catalog, Catalog::open(file));
  Database database;
  database.name = name;
  return catalog.create_database(std::move(database));
}

void check_missing_databases(services::Fsck& fsck, const io::Path& file, const Known& known) {
  for (const std::string& name : known.missing_databases) {
    fsck.say({.place = fsck.shown(file) + ", databases " + name,
              .problem = "there are tables of this database, but not the database",
              .lost = "the database's description",
              .remedy = "make it anew"},
             [&] { return make_database(file, name); });
  }
  if (!fsck.repair) return;
  for (const std::string& name : known.broken_databases) {
    if (const auto made = make_database(file, name); !made) {
      fsck.say({.place = fsck.shown(file) + ", databases " + name,
                .problem = made.error().message,
                .lost = "the way to its tables",
                .remedy = "create the database"});
    }
  }
}

}  // namespace

void check_catalog(services::Fsck& fsck, const io::Path& file) {
  Known known;
  FileCheck check;
  check.path = file;
  check.create = [](const io::Path& path) -> Result<void> {
    CHECK(open_store(path, nullptr));
    return {};
  };
  check.lost =
      "databases, tables, partitions and crawlers on the pages that can't be read; crawling brings tables back";
  check.tables = {
      {.select = "SELECT name, body FROM databases",
       .remove = "DELETE FROM databases WHERE name=?",
       .columns = 2,
       .keys = 1,
       .name = "databases",
       .problem_of = [&](const Statement& row) { return check_database(row, known); },
       .lost = "the database's description; it is made anew without"},
      {.select = "SELECT db, name, version, body FROM tables",
       .remove = "DELETE FROM tables WHERE db=? AND name=?",
       .columns = 4,
       .keys = 2,
       .name = "tables",
       .problem_of = [&](const Statement& row) { return check_table(row, known); },
       .lost = "the table's definition; crawling its location brings it back"},
      {.select = "SELECT db, name, version, body FROM table_versions",
       .remove = "DELETE FROM table_versions WHERE db=? AND name=? AND version=?",
       .columns = 4,
       .keys = 3,
       .last_key_is_number = true,
       .name = "table_versions",
       .problem_of = [&](const Statement& row) { return check_version(row, known); },
       .lost = "an earlier version of the table's definition"},
      {.select = "SELECT db, name, partition_values, body FROM partitions",
       .remove = "DELETE FROM partitions WHERE db=? AND name=? AND partition_values=?",
       .columns = 4,
       .keys = 3,
       .name = "partitions",
       .problem_of = [&](const Statement& row) { return check_partition(row, known); },
       .lost = "the partition's entry; crawling or MSCK REPAIR TABLE brings it back"},
      {.select = "SELECT kind, name, body FROM documents",
       .remove = "DELETE FROM documents WHERE kind=? AND name=?",
       .columns = 3,
       .keys = 2,
       .name = "documents",
       .problem_of = check_document,
       .lost = "a crawler, classifier, tag or statistic"},
  };
  check_sqlite(fsck, check);
  check_missing_databases(fsck, file, known);
}

}  // namespace tickerlake::glue
