// CreateCrawler, UpdateCrawler, DeleteCrawler, GetCrawler, GetCrawlers, ListCrawlers, BatchGetCrawlers.
#include "services/glue/crawler/crawlers.h"

#include <boost/json/array.hpp>

#include "services/glue/api/crawler_json.h"
#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {

boost::json::object to_json(const CrawlerStatus& status) {
  constexpr const char* states[] = {"READY", "RUNNING", "STOPPING"};
  auto json = to_json(status.definition);
  json.emplace("State", states[static_cast<int>(status.state)]);
  json.emplace("CrawlElapsedTime", status.elapsed_ms);
  json.emplace("CreationTime", to_json_time(status.creation_time));
  json.emplace("LastUpdated", to_json_time(status.last_updated));
  json.emplace("Version", status.version);
  if (status.last_crawl) {
    const auto& crawl = *status.last_crawl;
    const char* outcome = crawl.outcome == CrawlOutcome::completed ? "SUCCEEDED"
                          : crawl.outcome == CrawlOutcome::stopped ? "CANCELLED"
                                                                   : "FAILED";
    boost::json::object last{{"Status", outcome}, {"StartTime", to_json_time(crawl.start_time)}};
    if (!crawl.error_message.empty()) last.emplace("ErrorMessage", crawl.error_message);
    json.emplace("LastCrawl", std::move(last));
  }
  return json;
}

aws::JsonError crawler_error(Error error) {
  // The one code that means something of its own for crawlers.
  if (error.code == ErrorCode::conflict) return {"CrawlerRunningException", std::move(error.message)};
  return glue_error(std::move(error));
}

namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

JsonResult create_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  TRY(auto definition, crawler_from(input));
  CHECK(answer(crawlers.create(std::move(definition))));
  return object();
}

/// Members that are given replace those of the crawler; the others stay.
JsonResult update_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  TRY(const auto status, answer(crawlers.get(name)));
  auto merged = to_json(status.definition);
  const auto changes =
      input.only({"Role", "DatabaseName", "Description", "Targets", "Schedule", "Classifiers", "TablePrefix",
                  "SchemaChangePolicy", "RecrawlPolicy", "Configuration", "LineageConfiguration",
                  "LakeFormationConfiguration", "CrawlerSecurityConfiguration"});
  for (const auto& change : changes) merged[change.key()] = change.value();
  Fields::FirstError error;
  TRY(auto definition, crawler_from(Fields(merged, error)));
  auto updated = crawlers.update(std::move(definition));
  if (!updated) return std::unexpected(crawler_error(std::move(updated).error()));
  return object();
}

JsonResult delete_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  auto removed = crawlers.remove(name);
  if (!removed) return std::unexpected(crawler_error(std::move(removed).error()));
  return object();
}

JsonResult get_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  TRY(const auto status, answer(crawlers.get(name)));
  return object{{"Crawler", to_json(status)}};
}

/// A page of crawlers: one more than the limit tells whether there is another page.
struct CrawlerPage {
  std::vector<CrawlerStatus> items;
  std::string next_token;
};
CrawlerPage read_page(const Crawlers& crawlers, const PageRequest& page) {
  CrawlerPage result{crawlers.list(page.token, page.limit + 1), {}};
  if (result.items.size() > page.limit) {
    result.items.resize(page.limit);
    result.next_token = result.items.back().definition.name;
  }
  return result;
}

JsonResult get_crawlers(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto page = page_from(input, 1000, 100);
  CHECK(valid(input));
  const auto found = read_page(crawlers, page);
  boost::json::array list;
  for (const auto& status : found.items) list.push_back(to_json(status));
  object json{{"Crawlers", std::move(list)}};
  add_token(json, found.next_token);
  return json;
}

JsonResult list_crawlers(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto page = page_from(input, 1000, 100);
  const auto tags = input.texts_by_name("Tags");
  CHECK(valid(input));
  if (!tags.empty()) return aws::json_fail("OperationNotSupportedException", "ListCrawlers by Tags is not supported.");
  const auto found = read_page(crawlers, page);
  boost::json::array names;
  for (const auto& status : found.items) names.emplace_back(status.definition.name);
  object json{{"CrawlerNames", std::move(names)}};
  add_token(json, found.next_token);
  return json;
}

JsonResult batch_get_crawlers(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto names = input.required_texts("CrawlerNames", {0, 100}, name_length);
  CHECK(valid(input));
  boost::json::array found;
  boost::json::array missing;
  for (const auto& name : names) {
    if (const auto status = crawlers.get(name)) {
      found.push_back(to_json(*status));
    } else {
      missing.emplace_back(name);
    }
  }
  return object{{"Crawlers", std::move(found)}, {"CrawlersNotFound", std::move(missing)}};
}

}  // namespace

void add_crawler_operations(aws::JsonService& service, Crawlers& crawlers) {
  add(service, "CreateCrawler", crawlers, create_crawler);
  add(service, "UpdateCrawler", crawlers, update_crawler);
  add(service, "DeleteCrawler", crawlers, delete_crawler);
  add(service, "GetCrawler", crawlers, get_crawler);
  add(service, "GetCrawlers", crawlers, get_crawlers);
  add(service, "ListCrawlers", crawlers, list_crawlers);
  add(service, "BatchGetCrawlers", crawlers, batch_get_crawlers);
}

}  // namespace tickerlake::glue
