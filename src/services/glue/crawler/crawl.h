#pragma once
// One run of a crawler: lists, samples, decides, writes to the catalog.
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/crawler/definition.h"
#include "services/glue/crawler/sample.h"
#include "services/objects.h"

namespace tickerlake::glue {

/// What a crawl changed.
struct CrawlSummary {
  std::int64_t tables_created = 0;
  std::int64_t tables_updated = 0;
  std::int64_t tables_deleted = 0;  // deprecated ones too
  std::int64_t partitions_created = 0;
  std::int64_t partitions_updated = 0;
  std::int64_t partitions_deleted = 0;
};

struct CrawlContext {
  Catalog& catalog;
  services::Objects& objects;
  const CrawlerDefinition& crawler;
  std::vector<CustomClassifier> classifiers;
  const std::atomic<bool>& should_stop;  // looked at before every file
  const Log& log;
  TimestampMs now = 0;
};

/// Errors: cancelled (should_stop), not_found (bucket), exhausted (too many objects), io. Summary tells what was done
/// until then.
Result<void> crawl(const CrawlContext& context, CrawlSummary& summary);

constexpr std::size_t max_objects_per_target = 1'000'000;
/// Text that a crawl reads of one folder at full sample sizes; later files of the folder get small samples.
constexpr std::int64_t full_sample_bytes_per_folder = 16_MiB;

}  // namespace tickerlake::glue
