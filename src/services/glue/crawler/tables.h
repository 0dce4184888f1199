#pragma once
// From what was found to what the catalog shall hold: names, tables, partitions, changes. Without I/O.
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "services/glue/catalog/catalog.h"
#include "services/glue/crawler/definition.h"
#include "services/glue/crawler/grouping.h"

namespace tickerlake::glue {

/// The parameter that names the crawler of a table.
constexpr const char* updated_by_crawler = "UPDATED_BY_CRAWLER";
constexpr const char* deprecated_by_crawler = "DEPRECATED_BY_CRAWLER";

/// "s3://bucket/folder/".
std::string location_of(const std::string& bucket, const std::string& folder);

/// The table's name: that of the existing table at this location (locations: location to name), otherwise made of
/// prefix and the path's last part, with a hash of the location behind it where taken holds the name already.
std::string choose_name(const FoundTable& found, const std::string& location, const std::string& prefix,
                        const std::map<std::string, std::string>& locations, const std::set<std::string>& taken);

/// The table as it would be made anew.
Table make_table(const FoundTable& found, const CrawlerDefinition& crawler, const std::string& bucket,
                 const std::string& name);
/// Its partitions; their columns are the table's wherever the files can be read by these.
std::vector<Partition> make_partitions(const FoundTable& found, const Table& table, const std::string& bucket);

/// What to do about one table.
struct TableChange {
  enum class Kind { create, update, keep };
  Kind kind = Kind::keep;
  Table table;
  bool is_structural = false;  // an update of more than counts and sizes: it gets a version of its own
  std::vector<Partition> new_partitions;
  std::vector<Catalog::PartitionUpdate> changed_partitions;
  std::vector<std::vector<std::string>> removed_partitions;
};

/// existing: the table of that name, with its partitions, if there is one. now: for DEPRECATED_BY_CRAWLER.
TableChange plan_table(Table found, std::vector<Partition> found_partitions, const std::optional<Table>& existing,
                       const std::vector<Partition>& existing_partitions, const CrawlerDefinition& crawler,
                       TimestampMs now);

}  // namespace tickerlake::glue
