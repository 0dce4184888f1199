#include "services/glue/crawler/crawlers.h"

#include <algorithm>
#include <atomic>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <map>
#include <thread>

#include "base/digest.h"
#include "base/mutex.h"
#include "base/panic.h"
#include "services/glue/catalog/json.h"
#include "services/glue/crawler/classifiers.h"
#include "services/glue/crawler/crawl.h"

namespace tickerlake::glue {
namespace {

using boost::json::object;

constexpr const char* crawler_kind = "crawler";  // of Documents; a document is a crawler with its history

object to_json(const Crawl& crawl) {
  return {{"id", crawl.id},
          {"outcome", static_cast<int>(crawl.outcome)},
          {"start", crawl.start_time},
          {"end", crawl.end_time},
          {"error", crawl.error_message},
          {"summary", crawl.summary},
          {"created", crawl.tables_created},
          {"updated", crawl.tables_updated},
          {"deleted", crawl.tables_deleted}};
}

Crawl crawl_from(const Fields& fields) {
  constexpr auto most = std::numeric_limits<std::int64_t>::max();
  Crawl crawl;
  crawl.id = fields.text("id");
  crawl.outcome = static_cast<CrawlOutcome>(fields.integer("outcome", 0, 0, 3));
  crawl.start_time = fields.integer("start", 0, 0, most);
  crawl.end_time = fields.integer("end", 0, 0, most);
  crawl.error_message = fields.text("error");
  crawl.summary = fields.text("summary");
  crawl.tables_created = fields.integer("created", 0, 0, most);
  crawl.tables_updated = fields.integer("updated", 0, 0, most);
  crawl.tables_deleted = fields.integer("deleted", 0, 0, most);
  return crawl;
}

std::string summary_text(const CrawlSummary& summary) {
  return boost::json::serialize(object{
      {"TABLE",
       {{"ADD", summary.tables_created}, {"UPDATE", summary.tables_updated}, {"DELETE", summary.tables_deleted}}},
      {"PARTITION",
       {{"ADD", summary.partitions_created},
        {"UPDATE", summary.partitions_updated},
        {"DELETE", summary.partitions_deleted}}}});
}

double seconds(const Crawl& crawl) { return static_cast<double>(crawl.end_time - crawl.start_time) / 1000; }

/// One crawler with its thread.
struct Entry {
  CrawlerStatus status;
  std::vector<Crawl> history;  // oldest first
  std::thread thread;          // joinable while it runs, and until the next start
  std::atomic<bool> should_stop = false;
};

Result<void> fail_running(const std::string& name, CrawlerState state) {
  return fail(ErrorCode::conflict, "Crawler with name " + name + " is " +
                                       (state == CrawlerState::stopping ? "stopping." : "already running."));
}

}  // namespace

struct Crawlers::Impl {
  Impl(Catalog& given_catalog, services::Objects& given_objects, Log given_log, Metrics given_metrics)
      : catalog(given_catalog),
        objects(given_objects),
        log(std::move(given_log)),
        metrics(std::move(given_metrics)),
        documents(catalog.documents()) {}

  Catalog& catalog;
  services::Objects& objects;
  const Log log;
  const Metrics metrics;
  Documents documents;
  const SystemClock clock;

  // Before the catalog's mutex. Crawls run without it.
  mutable Mutex mutex;
  Condition changed;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries TL_GUARDED_BY(mutex);

  Result<Entry*> find(std::string_view name) const TL_REQUIRES(mutex) {
    const auto found = entries.find(name);
    if (found == entries.end()) {
      return fail(ErrorCode::not_found, "Crawler with name " + std::string(name) + " does not exist.");
    }
    return found->second.get();
  }

  Result<void> save(const Entry& entry) TL_REQUIRES(mutex) {
    boost::json::array history;
    for (const auto& crawl : entry.history) history.push_back(to_json(crawl));
    return documents.put(crawler_kind, entry.status.definition.name,
                         {{"definition", glue::to_json(entry.status.definition)},
                          {"created", entry.status.creation_time},
                          {"updated", entry.status.last_updated},
                          {"version", entry.status.version},
                          {"history", std::move(history)}});
  }

  void load() TL_EXCLUDES(mutex) {
    MutexLock lock(mutex);
    const auto stored = documents.list(crawler_kind, "", max_crawlers);
    if (!stored) {
      log.error("crawlers cannot be read: {}", stored.error().message);
      return;
    }
    for (const auto& [name, body] : *stored) {
      auto entry = std::make_unique<Entry>();
      if (const auto loaded = load(body, *entry); !loaded) {
        log.error("crawler {} cannot be read: {}", name, loaded.error().message);
        continue;
      }
      entries.emplace(name, std::move(entry));
    }
  }

  Result<void> load(const object& body, Entry& entry) TL_REQUIRES(mutex) {
    Fields::FirstError error;
    const Fields fields(body, error);
    auto definition = fields.required_object("definition", crawler_from);
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    entry.status.creation_time = fields.integer("created", 0, 0, most);
    entry.status.last_updated = fields.integer("updated", 0, 0, most);
    entry.status.version = fields.integer("version", 1, 1, most);
    entry.history = fields.objects("history", crawl_from);
    if (error) return fail(ErrorCode::corrupt, error->message);
    if (!*definition) return fail(ErrorCode::corrupt, definition->error().message);
    entry.status.definition = **std::move(definition);
    if (!entry.history.empty() && entry.history.back().outcome == CrawlOutcome::running) {
      auto& crawl = entry.history.back();
      crawl.outcome = CrawlOutcome::failed;
      crawl.end_time = crawl.start_time;
      crawl.error_message = "The server stopped while the crawler ran.";
      CHECK(save(entry));
    }
    if (!entry.history.empty()) entry.status.last_crawl = entry.history.back();
    return {};
  }

  /// The body of a crawl's thread.
  void run(Entry& entry, const CrawlerDefinition& definition) TL_EXCLUDES(mutex) {
    CrawlSummary summary;
    Result<void> result;
    auto classifiers = read_classifiers(documents, definition.classifiers);
    if (classifiers) {
      const CrawlContext context{catalog,           objects, definition,    *std::move(classifiers),
                                 entry.should_stop, log,     clock.now_ms()};
      result = crawl(context, summary);
    } else {
      result = std::unexpected(std::move(classifiers).error());
    }
    MutexLock lock(mutex);
    auto& crawl = entry.history.back();
    crawl.end_time = clock.now_ms();
    crawl.outcome = CrawlOutcome::completed;
    if (!result) {
      crawl.outcome = result.error().code == ErrorCode::cancelled ? CrawlOutcome::stopped : CrawlOutcome::failed;
      crawl.error_message = result.error().message;
      log.warning("crawler {}: {}", definition.name, crawl.error_message);
    }
    crawl.summary = summary_text(summary);
    count(crawl);
    crawl.tables_created = summary.tables_created;
    crawl.tables_updated = summary.tables_updated;
    crawl.tables_deleted = summary.tables_deleted;
    log.info("crawler {} took {:.3f} s: {}", definition.name, seconds(crawl), crawl.summary);
    entry.status.last_crawl = crawl;
    entry.status.state = CrawlerState::ready;
    if (const auto saved = save(entry); !saved) log.error("crawler {}: {}", definition.name, saved.error().message);
    changed.notify_all();
  }

  void count(const Crawl& ended) const {
    const char* outcome = ended.outcome == CrawlOutcome::completed ? "completed"
                          : ended.outcome == CrawlOutcome::stopped ? "stopped"
                                                                   : "failed";
    metrics.counter("tickerlake_glue_crawls_total", "Crawls ended, by outcome.", {{"outcome", outcome}}).add();
    metrics.histogram("tickerlake_glue_crawl_seconds", "How long crawls took.")
        .observe(std::chrono::milliseconds(ended.end_time - ended.start_time));
  }

  CrawlerStatus describe(const Entry& entry) const TL_REQUIRES(mutex) {
    auto status = entry.status;
    if (status.state != CrawlerState::ready) status.elapsed_ms = clock.now_ms() - entry.history.back().start_time;
    return status;
  }
};

Crawlers::Crawlers(Catalog& catalog, services::Objects& objects, Log log, Metrics metrics)
    : impl_(std::make_unique<Impl>(catalog, objects, std::move(log), std::move(metrics))) {
  impl_->load();
}

Crawlers::~Crawlers() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(impl_->mutex);
    for (auto& [name, entry] : impl_->entries) {
      entry->should_stop = true;
      if (entry->thread.joinable()) threads.push_back(std::move(entry->thread));
    }
  }
  for (auto& thread : threads) thread.join();
}

Result<void> Crawlers::create(CrawlerDefinition definition) {
  CHECK(read_classifiers(impl_->documents, definition.classifiers));
  MutexLock lock(impl_->mutex);
  const auto name = definition.name;
  if (impl_->entries.contains(name)) return fail(ErrorCode::already_exists, name + " already exists.");
  if (impl_->entries.size() >= max_crawlers) {
    return fail(ErrorCode::exhausted, "There are " + std::to_string(max_crawlers) + " crawlers already.");
  }
  auto entry = std::make_unique<Entry>();
  entry->status.definition = std::move(definition);
  entry->status.creation_time = entry->status.last_updated = impl_->clock.now_ms();
  CHECK(impl_->save(*entry));
  impl_->entries.emplace(name, std::move(entry));
  return {};
}

Result<void> Crawlers::update(CrawlerDefinition definition) {
  CHECK(read_classifiers(impl_->documents, definition.classifiers));
  MutexLock lock(impl_->mutex);
  TRY(auto* entry, impl_->find(definition.name));
  if (entry->status.state != CrawlerState::ready) return fail_running(definition.name, entry->status.state);
  entry->status.definition = std::move(definition);
  entry->status.last_updated = impl_->clock.now_ms();
  ++entry->status.version;
  return impl_->save(*entry);
}

Result<void> Crawlers::remove(std::string_view name) {
  MutexLock lock(impl_->mutex);
  TRY(auto* entry, impl_->find(name));
  if (entry->status.state != CrawlerState::ready) return fail_running(std::string(name), entry->status.state);
  CHECK(impl_->documents.remove(crawler_kind, name));
  if (entry->thread.joinable()) entry->thread.join();  // it has left the lock for good
  impl_->entries.erase(impl_->entries.find(name));
  return {};
}

Result<CrawlerStatus> Crawlers::get(std::string_view name) const {
  MutexLock lock(impl_->mutex);
  TRY(const auto* entry, impl_->find(name));
  return impl_->describe(*entry);
}

std::vector<CrawlerStatus> Crawlers::list(std::string_view start_after, std::size_t limit) const {
  std::vector<CrawlerStatus> statuses;
  MutexLock lock(impl_->mutex);
  auto entry = start_after.empty() ? impl_->entries.begin() : impl_->entries.upper_bound(start_after);
  for (; entry != impl_->entries.end() && statuses.size() < limit; ++entry) {
    statuses.push_back(impl_->describe(*entry->second));
  }
  return statuses;
}

Result<void> Crawlers::start(std::string_view name) {
  MutexLock lock(impl_->mutex);
  TRY(auto* entry, impl_->find(name));
  if (entry->status.state != CrawlerState::ready) return fail_running(std::string(name), entry->status.state);
  if (entry->thread.joinable()) entry->thread.join();  // the crawl before, which has ended
  Crawl crawl;
  crawl.id = random_uuid();
  crawl.start_time = impl_->clock.now_ms();
  entry->history.push_back(std::move(crawl));
  if (entry->history.size() > max_history) entry->history.erase(entry->history.begin());
  if (auto saved = impl_->save(*entry); !saved) {
    entry->history.pop_back();
    return saved;
  }
  entry->should_stop = false;
  entry->status.state = CrawlerState::running;
  entry->thread = std::thread(
      [impl = impl_.get(), entry, definition = entry->status.definition] { impl->run(*entry, definition); });
  return {};
}

Result<void> Crawlers::stop(std::string_view name) {
  MutexLock lock(impl_->mutex);
  TRY(auto* entry, impl_->find(name));
  if (entry->status.state == CrawlerState::ready) {
    return fail(ErrorCode::unavailable, "Crawler with name " + std::string(name) + " isn't running.");
  }
  if (entry->status.state == CrawlerState::stopping) return fail_running(std::string(name), entry->status.state);
  entry->status.state = CrawlerState::stopping;
  entry->should_stop = true;
  return {};
}

void Crawlers::wait(std::string_view name) {
  MutexLock lock(impl_->mutex);
  for (;;) {
    const auto entry = impl_->find(name);
    if (!entry || (*entry)->status.state == CrawlerState::ready) return;
    impl_->changed.wait(impl_->mutex);
  }
}

std::size_t Crawlers::running() const {
  MutexLock lock(impl_->mutex);
  return static_cast<std::size_t>(std::ranges::count_if(
      impl_->entries, [](const auto& entry) { return entry.second->status.state != CrawlerState::ready; }));
}

Result<CrawlerMetrics> Crawlers::metrics(std::string_view name) const {
  MutexLock lock(impl_->mutex);
  TRY(const auto* entry, impl_->find(name));
  CrawlerMetrics metrics;
  metrics.name = name;
  std::vector<double> runtimes;
  for (const auto& crawl : entry->history) {
    if (crawl.outcome == CrawlOutcome::running) continue;
    metrics.tables_created += crawl.tables_created;
    metrics.tables_updated += crawl.tables_updated;
    metrics.tables_deleted += crawl.tables_deleted;
    metrics.last_runtime_seconds = seconds(crawl);
    runtimes.push_back(seconds(crawl));
  }
  if (!runtimes.empty()) {
    const auto middle = runtimes.begin() + static_cast<std::ptrdiff_t>(runtimes.size() / 2);
    std::ranges::nth_element(runtimes, middle);
    metrics.median_runtime_seconds = *middle;
  }
  if (entry->status.state != CrawlerState::ready) {
    metrics.still_estimating = runtimes.empty();
    const double elapsed = static_cast<double>(impl_->clock.now_ms() - entry->history.back().start_time) / 1000;
    metrics.time_left_seconds = std::max(0.0, metrics.median_runtime_seconds - elapsed);
  }
  return metrics;
}

Result<std::vector<Crawl>> Crawlers::history(std::string_view name) const {
  MutexLock lock(impl_->mutex);
  TRY(const auto* entry, impl_->find(name));
  return std::vector<Crawl>(entry->history.rbegin(), entry->history.rend());
}

}  // namespace tickerlake::glue
