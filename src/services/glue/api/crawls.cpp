// StartCrawler, StopCrawler, GetCrawlerMetrics, ListCrawls.
#include <boost/json/array.hpp>
#include <charconv>

#include "services/glue/api/crawler_json.h"
#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"
#include "services/glue/crawler/crawlers.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

JsonResult start_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  auto started = crawlers.start(name);
  if (!started) return std::unexpected(crawler_error(std::move(started).error()));
  return object();
}

JsonResult stop_crawler(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  auto stopped = crawlers.stop(name);
  if (stopped) return object();
  auto& error = stopped.error();
  if (error.code == ErrorCode::unavailable) return aws::json_fail("CrawlerNotRunningException", error.message);
  if (error.code == ErrorCode::conflict) return aws::json_fail("CrawlerStoppingException", error.message);
  return std::unexpected(glue_error(std::move(error)));
}

JsonResult get_crawler_metrics(Crawlers& crawlers, const Caller&, const Fields& input) {
  auto names = input.texts("CrawlerNameList", {0, 100}, name_length);
  const auto page = page_from(input, 1000, 100);
  CHECK(valid(input));
  std::string next_token;
  if (names.empty()) {
    for (const auto& status : crawlers.list(page.token, page.limit + 1)) names.push_back(status.definition.name);
    if (names.size() > page.limit) {
      names.resize(page.limit);
      next_token = names.back();
    }
  }
  boost::json::array list;
  for (const auto& name : names) {
    const auto metrics = crawlers.metrics(name);
    if (!metrics) continue;  // AWS leaves out unknown names
    list.push_back(object{{"CrawlerName", metrics->name},
                          {"TimeLeftSeconds", metrics->time_left_seconds},
                          {"StillEstimating", metrics->still_estimating},
                          {"LastRuntimeSeconds", metrics->last_runtime_seconds},
                          {"MedianRuntimeSeconds", metrics->median_runtime_seconds},
                          {"TablesCreated", metrics->tables_created},
                          {"TablesUpdated", metrics->tables_updated},
                          {"TablesDeleted", metrics->tables_deleted}});
  }
  object json{{"CrawlerMetricsList", std::move(list)}};
  add_token(json, next_token);
  return json;
}

const char* state_of(const Crawl& crawl) {
  switch (crawl.outcome) {
    case CrawlOutcome::running:
      return "RUNNING";
    case CrawlOutcome::completed:
      return "COMPLETED";
    case CrawlOutcome::failed:
      return "FAILED";
    case CrawlOutcome::stopped:
      break;
  }
  return "STOPPED";
}

/// One of ListCrawls' filters.
struct Filter {
  std::string field;
  std::string comparison;
  std::string value;

  bool holds(const Crawl& crawl) const {
    if (field == "START_TIME" || field == "END_TIME") {
      std::int64_t wanted = 0;
      std::from_chars(value.data(), value.data() + value.size(), wanted);
      const auto time = field == "START_TIME" ? crawl.start_time : crawl.end_time;
      return holds(time <=> wanted);
    }
    return holds((field == "STATE" ? std::string(state_of(crawl)) : crawl.id) <=> value);
  }
  bool holds(std::strong_ordering order) const {
    if (comparison == "GT") return order > 0;
    if (comparison == "GE") return order >= 0;
    if (comparison == "LT") return order < 0;
    if (comparison == "LE") return order <= 0;
    return (order == 0) == (comparison == "EQ");
  }
};

object describe(const Crawl& crawl) {
  object json{{"CrawlId", crawl.id},
              {"State", state_of(crawl)},
              {"StartTime", to_json_time(crawl.start_time)},
              {"DPUHour", 0.0}};
  if (crawl.end_time != 0) json.emplace("EndTime", to_json_time(crawl.end_time));
  if (!crawl.summary.empty()) json.emplace("Summary", crawl.summary);
  if (!crawl.error_message.empty()) json.emplace("ErrorMessage", crawl.error_message);
  return json;
}

JsonResult list_crawls(Crawlers& crawlers, const Caller&, const Fields& input) {
  const auto name = input.required_text("CrawlerName");
  const auto filters = input.objects("Filters", [](const Fields& filter) {
    return Filter{filter.text("FieldName"), filter.text("FilterOperator"), filter.text("FieldValue")};
  });
  auto page = page_from(input, 1000, 20);
  CHECK(valid(input));
  TRY(const auto crawls, answer(crawlers.history(name)));
  boost::json::array list;
  std::string next_token;
  bool is_before_page = !page.token.empty();
  const Crawl* last = nullptr;
  for (const auto& crawl : crawls) {
    if (is_before_page) {
      is_before_page = crawl.id != page.token;
      continue;
    }
    if (!std::ranges::all_of(filters, [&](const Filter& filter) { return filter.holds(crawl); })) continue;
    if (list.size() == page.limit) {
      next_token = last->id;
      break;
    }
    list.push_back(describe(crawl));
    last = &crawl;
  }
  object json{{"Crawls", std::move(list)}};
  add_token(json, next_token);
  return json;
}

}  // namespace

void add_crawl_operations(aws::JsonService& service, Crawlers& crawlers) {
  add(service, "StartCrawler", crawlers, start_crawler);
  add(service, "StopCrawler", crawlers, stop_crawler);
  add(service, "GetCrawlerMetrics", crawlers, get_crawler_metrics);
  add(service, "ListCrawls", crawlers, list_crawls);
}

}  // namespace tickerlake::glue
