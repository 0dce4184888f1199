#pragma once
// The crawlers of a catalog: their definitions, their state, and the threads they run on.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "base/time.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/crawler/definition.h"
#include "services/objects.h"

namespace tickerlake::glue {

enum class CrawlerState { ready, running, stopping };
enum class CrawlOutcome { running, completed, failed, stopped };

/// One run of a crawler.
struct Crawl {
  std::string id;  // a UUID
  CrawlOutcome outcome = CrawlOutcome::running;
  TimestampMs start_time = 0;
  TimestampMs end_time = 0;
  std::string error_message;
  std::string summary;  // JSON text, as Glue's CrawlerHistory has it
  std::int64_t tables_created = 0;
  std::int64_t tables_updated = 0;
  std::int64_t tables_deleted = 0;
};

struct CrawlerStatus {
  CrawlerDefinition definition;
  CrawlerState state = CrawlerState::ready;
  TimestampMs creation_time = 0;
  TimestampMs last_updated = 0;
  std::int64_t version = 1;
  std::int64_t elapsed_ms = 0;      // of the crawl that runs, 0 otherwise
  std::optional<Crawl> last_crawl;  // the last that ended
};

struct CrawlerMetrics {
  std::string name;
  double last_runtime_seconds = 0;
  double median_runtime_seconds = 0;
  double time_left_seconds = 0;
  bool still_estimating = false;
  std::int64_t tables_created = 0;
  std::int64_t tables_updated = 0;
  std::int64_t tables_deleted = 0;
};

/// Thread-safe. Definitions and history last; a crawl that a stop of the process interrupts is found again as FAILED,
/// its crawler READY. Errors: not_found, already_exists, invalid_argument; conflict while the crawler runs or stops;
/// unavailable from stop() of one that does not run.
class Crawlers {
 public:
  Crawlers(Catalog& catalog, services::Objects& objects, Log log, Metrics metrics = {});
  /// Stops what runs and waits for it.
  ~Crawlers();
  Crawlers(const Crawlers&) = delete;
  Crawlers& operator=(const Crawlers&) = delete;

  Result<void> create(CrawlerDefinition definition);
  Result<void> update(CrawlerDefinition definition);
  Result<void> remove(std::string_view name);
  Result<CrawlerStatus> get(std::string_view name) const;
  /// By name, in the order of their bytes; those after start_after.
  std::vector<CrawlerStatus> list(std::string_view start_after, std::size_t limit) const;

  /// Begins a crawl on a thread of its own.
  Result<void> start(std::string_view name);
  /// Asks the crawl to end; it does within one file's inference.
  Result<void> stop(std::string_view name);
  /// Waits until the crawler is READY. For tests.
  void wait(std::string_view name);

  /// How many crawl now.
  std::size_t running() const;
  Result<CrawlerMetrics> metrics(std::string_view name) const;
  /// Newest first; the last max_history of them.
  Result<std::vector<Crawl>> history(std::string_view name) const;

  static constexpr std::size_t max_crawlers = 1'000;  // AWS's quota
  static constexpr std::size_t max_history = 100;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tickerlake::glue
