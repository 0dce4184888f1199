#pragma once
// The Data Catalog: databases, tables with their versions, partitions; one SQLite file.
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "services/glue/catalog/documents.h"
#include "services/glue/catalog/types.h"

namespace tickerlake::glue {

/// One page of a list. An empty next_token means that it is the last; tokens are opaque and stay valid.
template <class T>
struct Page {
  std::vector<T> items;
  std::string next_token;
};

struct PageRequest {
  std::string token;        // a previous page's next_token; empty for the first
  std::size_t limit = 100;  // items at most
};

struct PartitionQuery {
  std::string expression;  // Glue's grammar over the partition keys ("year >= '2015' AND symbol = 'aapl'"); empty: all
  /// One of total slices of the partitions, for parallel readers.
  struct Segment {
    std::int32_t number = 0;
    std::int32_t total = 1;
  };
  std::optional<Segment> segment;
  bool exclude_column_schema = false;  // leaves out StorageDescriptor.columns
};

/// The outcome of one item of a batch, in the order of the input; nothing where it succeeded.
using BatchOutcome = std::vector<std::optional<Error>>;

/// Thread-safe. A change is durable when the function returns (WAL with synchronous=FULL). Names of databases and
/// tables are folded to lower case on every way in.
/// Errors: not_found (EntityNotFoundException), already_exists (AlreadyExistsException), invalid_argument
/// (InvalidInputException), conflict (VersionMismatchException), io and corrupt (the file).
class Catalog {
 public:
  /// Opens the file, and makes it where it is missing. A clock other than the system's is for tests.
  static Result<Catalog> open(const std::filesystem::path& file, std::shared_ptr<const Clock> clock = nullptr);
  ~Catalog();
  Catalog(Catalog&&) noexcept;
  Catalog& operator=(Catalog&&) noexcept;

  Result<void> create_database(Database database);
  Result<Database> get_database(std::string_view name) const;
  Result<Page<Database>> get_databases(const PageRequest& page) const;
  /// Replaces everything but create_time. The database may not change its name.
  Result<void> update_database(std::string_view name, Database database);
  /// With all its tables and their partitions.
  Result<void> delete_database(std::string_view name);

  Result<void> create_table(Table table);
  Result<Table> get_table(std::string_view database, std::string_view name) const;
  /// By name; pattern is a regular expression of the whole name, as GetTables takes it; empty: all.
  Result<Page<Table>> get_tables(std::string_view database, std::string_view pattern, const PageRequest& page) const;
  /// All tables of all databases, by database and name.
  Result<Page<Table>> get_all_tables(const PageRequest& page) const;
  /// Replaces everything but create_time and created_by; the version before is kept unless skip_archive. When
  /// expected_version is given and isn't the current one: conflict.
  Result<void> update_table(Table table, bool skip_archive = false,
                            std::optional<std::int64_t> expected_version = std::nullopt);
  /// With its partitions and versions.
  Result<void> delete_table(std::string_view database, std::string_view name);

  /// The current version first, then those archived, newest first.
  Result<Page<TableVersion>> get_table_versions(std::string_view database, std::string_view name,
                                                const PageRequest& page) const;
  Result<TableVersion> get_table_version(std::string_view database, std::string_view name,
                                         std::optional<std::int64_t> version) const;
  Result<void> delete_table_version(std::string_view database, std::string_view name, std::int64_t version);

  Result<void> create_partition(Partition partition);
  /// All in one transaction; an item that fails leaves the others to succeed. Fails as a whole without the table.
  Result<BatchOutcome> create_partitions(std::string_view database, std::string_view table,
                                         std::vector<Partition> partitions);
  Result<Partition> get_partition(std::string_view database, std::string_view table,
                                  std::span<const std::string> values) const;
  /// In the order of their values.
  Result<Page<Partition>> get_partitions(std::string_view database, std::string_view table, const PartitionQuery& query,
                                         const PageRequest& page) const;
  /// The same without pages: everything that matches.
  Result<std::vector<Partition>> get_partitions(std::string_view database, std::string_view table,
                                                const PartitionQuery& query) const;
  /// values names the partition; partition.values are its new values.
  struct PartitionUpdate {
    std::vector<std::string> values;
    Partition partition;
  };
  Result<BatchOutcome> update_partitions(std::string_view database, std::string_view table,
                                         std::vector<PartitionUpdate> updates);
  Result<BatchOutcome> delete_partitions(std::string_view database, std::string_view table,
                                         std::span<const std::vector<std::string>> values);

  /// How much there is, for metrics.
  struct Counts {
    std::int64_t databases = 0, tables = 0, partitions = 0;
  };
  Result<Counts> counts() const;

  /// Named JSON documents in the same file, for what belongs to the catalog but isn't a table: crawlers, tags.
  Documents documents();

  struct Impl;

 private:
  explicit Catalog(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// ASCII lower case, as Glue folds names.
std::string fold_name(std::string_view name);

}  // namespace tickerlake::glue
