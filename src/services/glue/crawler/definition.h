#pragma once
// What a crawler is told to do, typed, and its JSON form (CreateCrawler's).
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/glue/catalog/fields.h"

namespace tickerlake::glue {

/// "s3://bucket/some/prefix", taken apart.
struct S3Path {
  std::string bucket;
  std::string key;  // without a leading '/'; empty for the bucket
};
/// Errors: invalid_argument for anything that isn't s3://bucket[/key].
Result<S3Path> parse_s3_path(std::string_view text);

struct S3Target {
  std::string path;                     // as given
  std::vector<std::string> exclusions;  // glob patterns relative to the path
  std::int64_t sample_size = 0;         // files read of a leaf folder; 0: all
};

enum class UpdateBehavior { update_in_database, log };
enum class DeleteBehavior { deprecate_in_database, delete_from_database, log };
enum class RecrawlBehavior { everything, new_folders_only };

/// The JSON text in Configuration, of version 1.0.
struct OutputConfiguration {
  bool combine_compatible_schemas = false;  // Grouping.TableGroupingPolicy
  std::int64_t table_level = 0;             // Grouping.TableLevelConfiguration: 1 is the bucket; 0: not given
  bool merge_new_columns = false;           // CrawlerOutput.Tables.AddOrUpdateBehavior
  bool create_partition_index = false;
};
/// Errors: invalid_argument.
Result<OutputConfiguration> parse_configuration(std::string_view text);

struct CrawlerDefinition {
  std::string name;
  std::string role;
  std::string database;
  std::string description;
  std::vector<S3Target> targets;
  std::string table_prefix;
  std::vector<std::string> classifiers;
  UpdateBehavior update_behavior = UpdateBehavior::update_in_database;
  DeleteBehavior delete_behavior = DeleteBehavior::deprecate_in_database;
  RecrawlBehavior recrawl_behavior = RecrawlBehavior::everything;
  std::string configuration_text;  // as given
  OutputConfiguration configuration;
  boost::json::object other;  // members that nothing here interprets
};

/// Of CreateCrawler's input, or of what to_json() gave. Targets of other kinds than S3, schedules and event mode are
/// refused by name; other errors are violations of fields.
std::expected<CrawlerDefinition, aws::JsonError> crawler_from(const Fields& fields);
boost::json::object to_json(const CrawlerDefinition& definition);

}  // namespace tickerlake::glue
