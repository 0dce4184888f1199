// ApiVersions: the dispatch table, told to a client. No features: without a finalized transaction.version, clients keep
// to the first version of transactions, which is not advertised either.
#include "services/broker/api/handlers.h"
#include "services/broker/dispatch.h"

namespace tickerlake::broker {

kafka::ApiVersionsResponse handle(Broker&, const Caller&, const kafka::ApiVersionsRequest&) {
  kafka::ApiVersionsResponse response;
  for (const Route& route : routes()) {
    response.api_keys.push_back({route.api.key, route.api.versions.first, route.api.versions.last});
  }
  return response;
}

}  // namespace tickerlake::broker
