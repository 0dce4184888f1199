#include "services/glue/crawler/definition.h"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include "services/glue/catalog/catalog.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using boost::json::object;

aws::JsonError unsupported(std::string what) { return {"OperationNotSupportedException", std::move(what)}; }

/// One of a member's names, by index; 0 when absent.
std::size_t choice(const Fields& fields, std::string_view member, std::initializer_list<std::string_view> names) {
  const auto text = fields.text(member);
  if (text.empty()) return 0;
  std::size_t index = 0;
  for (const auto name : names) {
    if (text == name) return index;
    ++index;
  }
  std::string list;
  for (const auto name : names) list += (list.empty() ? "" : ", ") + std::string(name);
  fields.violation(member, text, "Member must satisfy enum value set: [" + list + "]");
  return 0;
}

S3Target target_from(const Fields& fields) {
  S3Target target;
  target.path = fields.required_text("Path");
  target.exclusions = fields.texts("Exclusions", {0, 100}, {0, 1024});
  target.sample_size = fields.integer("SampleSize", 0, 1, 249);
  return target;
}

}  // namespace

Result<S3Path> parse_s3_path(std::string_view text) {
  for (const std::string_view scheme : {"s3://", "s3a://", "s3n://"}) {
    if (!text.starts_with(scheme)) continue;
    const auto rest = text.substr(scheme.size());
    const auto slash = rest.find('/');
    S3Path path{std::string(rest.substr(0, slash)), {}};
    if (slash != std::string_view::npos) path.key = rest.substr(slash + 1);
    if (path.bucket.empty()) break;
    return path;
  }
  return fail(ErrorCode::invalid_argument,
              "The S3 path " + std::string(text) + " is not of the form s3://bucket/path.");
}

Result<OutputConfiguration> parse_configuration(std::string_view text) {
  OutputConfiguration configuration;
  if (text.empty()) return configuration;
  boost::system::error_code error;
  const auto parsed = boost::json::parse(text, error);
  if (error || !parsed.is_object()) {
    return fail(ErrorCode::invalid_argument, "Configuration is not a JSON object: " + error.message());
  }
  Fields::FirstError first_error;
  const Fields fields(parsed.get_object(), first_error, "configuration.");
  configuration.create_partition_index = fields.boolean("CreatePartitionIndex");
  (void)fields.object("Grouping", [&](const Fields& grouping) {
    configuration.combine_compatible_schemas =
        choice(grouping, "TableGroupingPolicy", {"", "CombineCompatibleSchemas"}) == 1;
    configuration.table_level = grouping.integer("TableLevelConfiguration", 0, 1, 1000);
    return true;
  });
  (void)fields.object("CrawlerOutput", [&](const Fields& output) {
    (void)output.object("Tables", [&](const Fields& tables) {
      configuration.merge_new_columns = choice(tables, "AddOrUpdateBehavior", {"", "MergeNewColumns"}) == 1;
      return true;
    });
    (void)output.object("Partitions", [&](const Fields& partitions) {
      // Partitions take the table's columns in any case: drifting ones are what this setting exists against.
      return choice(partitions, "AddOrUpdateBehavior", {"", "InheritFromTable"});
    });
    return true;
  });
  if (first_error) return fail(ErrorCode::invalid_argument, first_error->message);
  return configuration;
}

std::expected<CrawlerDefinition, aws::JsonError> crawler_from(const Fields& fields) {
  CrawlerDefinition crawler;
  crawler.name = fields.required_text("Name");
  crawler.role = fields.required_text("Role", {});
  crawler.database = fold_name(fields.text("DatabaseName", {0, 255}));
  crawler.description = fields.text("Description", description_length);
  std::string foreign_target;
  (void)fields.required_object("Targets", [&](const Fields& targets) {
    crawler.targets = targets.objects("S3Targets", target_from, {0, 100});
    for (const auto* kind : {"JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets", "DeltaTargets",
                             "IcebergTargets", "HudiTargets"}) {
      if (!targets.objects(kind, [](const Fields&) { return 0; }).empty()) foreign_target = kind;
    }
    return true;
  });
  crawler.table_prefix = fields.text("TablePrefix", {0, 128});
  crawler.classifiers = fields.texts("Classifiers", {0, 100}, name_length);
  (void)fields.object("SchemaChangePolicy", [&](const Fields& policy) {
    crawler.update_behavior =
        static_cast<UpdateBehavior>(choice(policy, "UpdateBehavior", {"UPDATE_IN_DATABASE", "LOG"}));
    crawler.delete_behavior = static_cast<DeleteBehavior>(
        choice(policy, "DeleteBehavior", {"DEPRECATE_IN_DATABASE", "DELETE_FROM_DATABASE", "LOG"}));
    return true;
  });
  std::size_t recrawl = 0;
  (void)fields.object("RecrawlPolicy", [&](const Fields& policy) {
    recrawl = choice(policy, "RecrawlBehavior", {"CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY", "CRAWL_EVENT_MODE"});
    return true;
  });
  const auto schedule = fields.text("Schedule");
  crawler.configuration_text = fields.text("Configuration");
  crawler.other = fields.only({"LineageConfiguration", "LakeFormationConfiguration", "CrawlerSecurityConfiguration"});
  if (fields.error()) return std::unexpected(*fields.error());

  if (!foreign_target.empty())
    return std::unexpected(unsupported(foreign_target + " are not supported; S3Targets are."));
  if (recrawl == 2) return std::unexpected(unsupported("RecrawlBehavior CRAWL_EVENT_MODE is not supported."));
  if (!schedule.empty()) {
    return std::unexpected(unsupported("Schedule is not supported: start the crawler with StartCrawler."));
  }
  crawler.recrawl_behavior = static_cast<RecrawlBehavior>(recrawl);
  const auto invalid = [](std::string message) {
    return std::unexpected(aws::JsonError{"InvalidInputException", std::move(message)});
  };
  if (crawler.targets.empty()) return invalid("A crawler needs at least one target.");
  if (crawler.database.empty()) return invalid("A crawler of S3 targets needs a DatabaseName.");
  for (const auto& target : crawler.targets) {
    if (const auto path = parse_s3_path(target.path); !path) return invalid(path.error().message);
  }
  auto configuration = parse_configuration(crawler.configuration_text);
  if (!configuration) return invalid(std::move(configuration).error().message);
  crawler.configuration = *configuration;
  if (crawler.recrawl_behavior == RecrawlBehavior::new_folders_only) {
    crawler.update_behavior = UpdateBehavior::log;  // as AWS does for this policy
    crawler.delete_behavior = DeleteBehavior::log;
  }
  return crawler;
}

object to_json(const CrawlerDefinition& crawler) {
  boost::json::array s3_targets;
  for (const auto& target : crawler.targets) {
    object json{{"Path", target.path}, {"Exclusions", to_json(target.exclusions)}};
    if (target.sample_size != 0) json.emplace("SampleSize", target.sample_size);
    s3_targets.push_back(std::move(json));
  }
  object targets{{"S3Targets", std::move(s3_targets)}};
  for (const auto* kind : {"JdbcTargets", "MongoDBTargets", "DynamoDBTargets", "CatalogTargets", "DeltaTargets",
                           "IcebergTargets", "HudiTargets"}) {
    targets.emplace(kind, boost::json::array());
  }
  constexpr const char* update_names[] = {"UPDATE_IN_DATABASE", "LOG"};
  constexpr const char* delete_names[] = {"DEPRECATE_IN_DATABASE", "DELETE_FROM_DATABASE", "LOG"};
  constexpr const char* recrawl_names[] = {"CRAWL_EVERYTHING", "CRAWL_NEW_FOLDERS_ONLY"};
  object json{{"Name", crawler.name},
              {"Role", crawler.role},
              {"Targets", std::move(targets)},
              {"DatabaseName", crawler.database},
              {"Classifiers", to_json(crawler.classifiers)},
              {"RecrawlPolicy", {{"RecrawlBehavior", recrawl_names[static_cast<int>(crawler.recrawl_behavior)]}}},
              {"SchemaChangePolicy",
               {{"UpdateBehavior", update_names[static_cast<int>(crawler.update_behavior)]},
                {"DeleteBehavior", delete_names[static_cast<int>(crawler.delete_behavior)]}}}};
  if (!crawler.description.empty()) json.emplace("Description", crawler.description);
  if (!crawler.table_prefix.empty()) json.emplace("TablePrefix", crawler.table_prefix);
  if (!crawler.configuration_text.empty()) json.emplace("Configuration", crawler.configuration_text);
  for (const auto& member : crawler.other) json.emplace(member.key(), member.value());
  if (!json.contains("LineageConfiguration")) {
    json.emplace("LineageConfiguration", object{{"CrawlerLineageSettings", "DISABLE"}});
  }
  if (!json.contains("LakeFormationConfiguration")) {
    json.emplace("LakeFormationConfiguration", object{{"UseLakeFormationCredentials", false}, {"AccountId", ""}});
  }
  return json;
}

}  // namespace tickerlake::glue
