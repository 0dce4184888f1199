#include <fmt/core.h>

#include <algorithm>
#include <thread>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "aws/glue_client.h"

namespace tickerlake::app {
namespace {

/// A crawler's name for a target, the same each time: it may hold what a prefix may.
std::string crawler_name(const CrawlOptions& options, const S3Url& target) {
  std::string name = "tickerlake-" + options.database + "-" + target.bucket + "-" + target.prefix;
  std::ranges::replace(name, '/', '-');
  return name;
}

Result<void> wait_for_end(aws::GlueClient& glue, const std::string& name, Context& context) {
  auto pause = std::chrono::milliseconds(10);
  constexpr std::chrono::milliseconds longest_pause{2000};
  while (true) {
    TRY(const auto status, glue.crawler(name));
    if (status.ready()) {
      if (status.last_status == "SUCCEEDED") return {};
      return fail(ErrorCode::internal, "the crawl ended as " + status.last_status + ": " + status.last_error);
    }
    if (context.interrupt.requested()) {
      (void)glue.stop_crawler(name);
      return fail(ErrorCode::cancelled, "interrupted; the crawler was told to stop");
    }
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 3 / 2, longest_pause);
  }
}

Result<void> crawl(const CrawlOptions& options, Context& context) {
  const auto started = std::chrono::steady_clock::now();
  TRY(const S3Url target, parse_s3_url(options.target));
  TRY(const auto config, aws_config(options.data, options.aws));
  http::Client http(config.http);
  aws::GlueClient glue(http, config.glue);
  aws::CrawlerDefinition crawler;
  crawler.name = options.crawler.empty() ? crawler_name(options, target) : options.crawler;
  crawler.database = options.database;
  crawler.paths = {"s3://" + target.bucket + "/" + (target.prefix.empty() ? "" : target.prefix + "/")};
  crawler.table_prefix = options.table_prefix;
  if (!options.role.empty()) crawler.role = options.role;
  if (options.crawler.empty()) {
    if (options.role.empty() && config.glue.endpoint.empty())
      return fail(ErrorCode::invalid_argument,
                  "AWS Glue wants a role for a new crawler: give --role ARN, or --crawler NAME of one that is there");
    CHECK(glue.create_database(options.database));
    CHECK(glue.put_crawler(crawler));
  }
  // One that runs already does the same work: wait for it.
  if (auto begun = glue.start_crawler(crawler.name); !begun && begun.error().code != ErrorCode::conflict) return begun;
  CHECK(wait_for_end(glue, crawler.name, context));

  TRY(const auto metrics, glue.crawler_metrics(crawler.name));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print(stderr, "{:<8}{:>12} tables made, {} changed  in {:.2f} s\n", "crawl", metrics.tables_created,
             metrics.tables_updated, seconds);
  TRY(const auto tables, glue.tables(options.database));
  for (const auto& table : tables) {
    if (!table.location.starts_with(crawler.paths[0].substr(0, crawler.paths[0].size() - 1))) continue;
    TRY(const auto partitions, glue.partitions(options.database, table.name));
    fmt::print(stderr, "        {}.{}: {} columns, {} partitions\n", options.database, table.name, table.columns.size(),
               partitions.size());
  }
  return {};
}

}  // namespace

int run_crawl(const CrawlOptions& options, Context& context) {
  const auto outcome = crawl(options, context);
  return outcome ? static_cast<int>(ExitCode::done) : report("crawl", outcome.error());
}

}  // namespace tickerlake::app
