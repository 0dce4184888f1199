#pragma once
// The Glue API: JSON 1.1 operations over the catalog and the crawlers.
#include "aws/json_service.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/crawler/crawlers.h"

namespace tickerlake::glue {

/// Thread-safe. The catalog and the crawlers must outlive it.
class Service {
 public:
  Service(Catalog& catalog, Crawlers& crawlers, const Metrics& metrics = {});
  /// Answers one request whose signature is verified.
  void handle(const aws::Caller& caller, http::Request& request, http::Response& response) const {
    operations_.handle(caller, request, response);
  }

 private:
  aws::JsonService operations_;
};

}  // namespace tickerlake::glue
