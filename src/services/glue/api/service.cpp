#include "services/glue/api/service.h"

#include "services/glue/api/operation.h"

namespace tickerlake::glue {

Service::Service(Catalog& catalog, Crawlers& crawlers, const Metrics& metrics)
    : operations_("AWSGlue", "glue", metrics) {
  add_database_operations(operations_, catalog);
  add_table_operations(operations_, catalog);
  add_table_version_operations(operations_, catalog);
  add_search_operations(operations_, catalog);
  add_partition_operations(operations_, catalog);
  add_partition_batch_operations(operations_, catalog);
  add_partition_index_operations(operations_, catalog);
  add_statistics_operations(operations_, catalog);
  add_classifier_operations(operations_, catalog);
  add_tag_operations(operations_, catalog);
  add_account_operations(operations_, catalog);
  add_crawler_operations(operations_, crawlers);
  add_crawl_operations(operations_, crawlers);
}

}  // namespace tickerlake::glue
