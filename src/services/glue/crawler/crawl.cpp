#include "services/glue/crawler/crawl.h"

#include <algorithm>
#include <map>
#include <set>

#include "services/glue/crawler/glob.h"
#include "services/glue/crawler/grouping.h"
#include "services/glue/crawler/tables.h"

namespace tickerlake::glue {
namespace {

constexpr SampleSizes full_samples;
constexpr SampleSizes small_samples{.head = 16_KiB, .part = 8_KiB, .parts = 2};
constexpr std::size_t list_page = 1'000;

/// Parts of a path that begin with '_' or '.' are hidden, as for Hive and Athena; so are markers of folders.
bool is_visible(std::string_view path) {
  if (path.ends_with('/') || path.ends_with("_$folder$")) return false;
  for (std::size_t start = 0; start < path.size();) {
    if (path[start] == '_' || path[start] == '.') return false;
    const auto slash = path.find('/', start);
    if (slash == std::string_view::npos) break;
    start = slash + 1;
  }
  return true;
}

std::string_view folder_of(std::string_view key) { return key.substr(0, key.rfind('/') + 1); }

/// A target's path as a place in a bucket.
struct Root {
  std::string bucket;
  std::string folder;  // "a/b/" or empty; a key where the target is one object
};

/// Crawls one target after the other into one set of tables.
class Crawling {
 public:
  Crawling(const CrawlContext& context, CrawlSummary& summary) : context_(context), summary_(summary) {}

  Result<void> run() {
    CHECK(ensure_database());
    CHECK(read_existing());
    for (const auto& target : context_.crawler.targets) CHECK(crawl_target(target));
    return retire_missing();
  }

 private:
  /// AWS's crawler makes the database when it is missing.
  Result<void> ensure_database() {
    const auto found = context_.catalog.get_database(context_.crawler.database);
    if (found) return {};
    if (found.error().code != ErrorCode::not_found) return std::unexpected(found.error());
    Database database;
    database.name = context_.crawler.database;
    auto created = context_.catalog.create_database(std::move(database));
    if (!created && created.error().code == ErrorCode::already_exists) return {};
    return created;
  }

  Result<void> read_existing() {
    PageRequest page;
    do {
      TRY(auto tables, context_.catalog.get_tables(context_.crawler.database, "", page));
      page.token = std::move(tables.next_token);
      for (auto& table : tables.items) {
        taken_.insert(table.name);
        if (!table.storage) continue;
        // Of two tables at one place the crawler's own is the one to keep up to date.
        if (is_own(table)) {
          locations_[table.storage->location] = table.name;
          own_.emplace(table.name, table.storage->location);
        } else {
          locations_.emplace(table.storage->location, table.name);
        }
      }
    } while (!page.token.empty());
    return {};
  }

  bool is_own(const Table& table) const {
    const auto crawler = table.parameters.find(updated_by_crawler);
    return crawler != table.parameters.end() && crawler->second == context_.crawler.name;
  }

  Result<void> crawl_target(const S3Target& target) {
    TRY(auto path, parse_s3_path(target.path));
    Root root{std::move(path.bucket), std::move(path.key)};
    TRY(auto files, list_files(root, target));
    CHECK(sample_files(root, target, files));
    const GroupingOptions options{root.bucket, root.folder, context_.crawler.configuration.combine_compatible_schemas,
                                  context_.crawler.configuration.table_level};
    for (const auto& found : group_files(files, options)) {
      CHECK(check_stop());
      CHECK(write_table(found, root.bucket));
    }
    roots_.push_back(location_of(root.bucket, root.folder));
    return {};
  }

  /// The visible objects of the target that aren't excluded. Sets root.folder to what the path turned out to be.
  Result<std::vector<FileFinding>> list_files(Root& root, const S3Target& target) {
    std::vector<FileFinding> files;
    if (!root.folder.empty() && !root.folder.ends_with('/')) {
      TRY(const auto exact, context_.objects.list(root.bucket, root.folder, "", 1));
      if (!exact.empty() && exact.front().key == root.folder) {
        files.push_back({root.folder, exact.front().size, std::nullopt});
        return files;
      }
      root.folder += '/';
    }
    std::string last;
    for (;;) {
      CHECK(check_stop());
      TRY(const auto page, context_.objects.list(root.bucket, root.folder, last, list_page));
      for (const auto& object : page) {
        const auto below = std::string_view(object.key).substr(root.folder.size());
        const auto excludes = [&](const std::string& pattern) { return glob_matches(pattern, below); };
        if (object.size == 0 || !is_visible(below) || std::ranges::any_of(target.exclusions, excludes)) continue;
        files.push_back({object.key, object.size, std::nullopt});
      }
      if (files.size() > max_objects_per_target) {
        return fail(ErrorCode::exhausted, target.path + " holds more than " + std::to_string(max_objects_per_target) +
                                              " objects, this crawler's limit.");
      }
      if (page.size() < list_page) return files;
      last = page.back().key;
    }
  }

  Result<void> sample_files(const Root& root, const S3Target& target, std::vector<FileFinding>& files) {
    std::string_view folder;
    std::int64_t sampled_files = 0;
    std::int64_t sampled_bytes = 0;
    for (auto& file : files) {
      CHECK(check_stop());
      if (folder_of(file.key) != folder) {
        folder = folder_of(file.key);
        sampled_files = sampled_bytes = 0;
      }
      if (target.sample_size > 0 && sampled_files >= target.sample_size) continue;
      const auto& sizes = sampled_bytes < full_sample_bytes_per_folder ? full_samples : small_samples;
      auto pinned = context_.objects.pin(root.bucket, file.key);
      if (!pinned && pinned.error().code == ErrorCode::not_found) continue;  // deleted since it was listed
      if (!pinned) return std::unexpected(std::move(pinned).error());
      auto schema = infer_file(*pinned, context_.classifiers, sizes);
      if (schema) {
        file.schema = *std::move(schema);
        sampled_bytes += std::min(file.size, sizes.head);
        ++sampled_files;
      } else if (schema.error().code == ErrorCode::unsupported || schema.error().code == ErrorCode::corrupt) {
        context_.log.warning("crawler {}: s3://{}/{} is left out: {}", context_.crawler.name, root.bucket, file.key,
                             schema.error().message);
        file.schema.emplace();  // unknown
      } else {
        return std::unexpected(std::move(schema).error());
      }
    }
    return {};
  }

  Result<void> write_table(const FoundTable& found, const std::string& bucket) {
    const auto& crawler = context_.crawler;
    const auto location = location_of(bucket, found.folder);
    const auto name = choose_name(found, location, crawler.table_prefix, locations_, taken_);
    if (!written_.insert(name).second) return {};  // targets overlap
    taken_.insert(name);
    locations_[location] = name;
    auto table = make_table(found, crawler, bucket, name);
    auto partitions = make_partitions(found, table, bucket);

    std::optional<Table> existing;
    std::vector<Partition> existing_partitions;
    if (auto read = context_.catalog.get_table(crawler.database, name)) {
      existing = *std::move(read);
      TRY(existing_partitions, context_.catalog.get_partitions(crawler.database, name, PartitionQuery{}));
    } else if (read.error().code != ErrorCode::not_found) {
      return std::unexpected(std::move(read).error());
    }
    auto change =
        plan_table(std::move(table), std::move(partitions), existing, existing_partitions, crawler, context_.now);
    return apply(name, std::move(change));
  }

  Result<void> apply(const std::string& name, TableChange change) {
    auto& catalog = context_.catalog;
    const auto& database = context_.crawler.database;
    if (change.kind == TableChange::Kind::create) {
      CHECK(catalog.create_table(std::move(change.table)));
      ++summary_.tables_created;
    } else if (change.kind == TableChange::Kind::update) {
      CHECK(catalog.update_table(std::move(change.table), !change.is_structural));
      summary_.tables_updated += change.is_structural ? 1 : 0;
    }
    if (!change.removed_partitions.empty()) {
      CHECK(catalog.delete_partitions(database, name, change.removed_partitions));
      summary_.partitions_deleted += static_cast<std::int64_t>(change.removed_partitions.size());
    }
    if (!change.changed_partitions.empty()) {
      summary_.partitions_updated += static_cast<std::int64_t>(change.changed_partitions.size());
      CHECK(catalog.update_partitions(database, name, std::move(change.changed_partitions)));
    }
    if (!change.new_partitions.empty()) {
      summary_.partitions_created += static_cast<std::int64_t>(change.new_partitions.size());
      CHECK(catalog.create_partitions(database, name, std::move(change.new_partitions)));
    }
    return {};
  }

  /// This crawler's tables under its targets that were not found again.
  Result<void> retire_missing() {
    const auto behavior = context_.crawler.delete_behavior;
    if (behavior == DeleteBehavior::log) return {};
    for (const auto& [name, location] : own_) {
      const auto is_below = [&](const std::string& root) { return location.starts_with(root); };
      if (written_.contains(name) || std::ranges::none_of(roots_, is_below)) continue;
      if (behavior == DeleteBehavior::delete_from_database) {
        CHECK(context_.catalog.delete_table(context_.crawler.database, name));
        ++summary_.tables_deleted;
        continue;
      }
      TRY(auto table, context_.catalog.get_table(context_.crawler.database, name));
      if (table.parameters.contains(deprecated_by_crawler)) continue;
      table.parameters[deprecated_by_crawler] = std::to_string(context_.now);
      CHECK(context_.catalog.update_table(std::move(table)));
      ++summary_.tables_deleted;
    }
    return {};
  }

  Result<void> check_stop() const {
    if (context_.should_stop) return fail(ErrorCode::cancelled, "The crawler was stopped.");
    return {};
  }

  const CrawlContext& context_;
  CrawlSummary& summary_;
  std::map<std::string, std::string> locations_;  // of the tables that are there: location to name
  std::map<std::string, std::string> own_;        // this crawler's: name to location
  std::set<std::string> taken_;                   // names in the database
  std::set<std::string> written_;                 // tables of this crawl
  std::vector<std::string> roots_;
};

}  // namespace

Result<void> crawl(const CrawlContext& context, CrawlSummary& summary) { return Crawling(context, summary).run(); }

}  // namespace tickerlake::glue
