#pragma once
// Forms of crawlers that two files of operations share.
#include <boost/json/object.hpp>

#include "aws/json_service.h"
#include "services/glue/crawler/crawlers.h"

namespace tickerlake::glue {

/// Glue's Crawler structure.
boost::json::object to_json(const CrawlerStatus& status);

/// glue_error(), with conflict as CrawlerRunningException.
aws::JsonError crawler_error(Error error);

}  // namespace tickerlake::glue
