// ApiVersions: the dispatch table, told to a client, and the features that clients look for: with transaction.version 2
// (KIP-890) they let Produce add partitions to transactions and take their next epoch from EndTxn, with group.version 1
// (KIP-848) they may let the broker assign partitions, with share.version 1 (KIP-932) they may share them.
#include "services/broker/api/handlers.h"
#include "services/broker/dispatch.h"

namespace tickerlake::broker {

namespace {

struct Feature {
  const char* name;
  std::int16_t highest;
};
constexpr Feature features[] = {{"group.version", 1}, {"share.version", 1}, {"transaction.version", 2}};

}  // namespace

kafka::ApiVersionsResponse handle(Broker&, const Caller& caller, const kafka::ApiVersionsRequest&) {
  kafka::ApiVersionsResponse response;
  for (const Route& route : routes()) {
    response.api_keys.push_back({route.api.key, route.api.versions.first, route.api.versions.last});
  }
  // Clients of versions below 4 take a feature that begins with 0 for malformed (KIP-1022): they are told of 1 on.
  const std::int16_t lowest = caller.version >= 4 ? 0 : 1;
  response.finalized_features_epoch = 0;
  for (const auto& [name, highest] : features) {
    response.supported_features.push_back({name, lowest, highest});
    response.finalized_features.push_back({name, highest, highest});
  }
  return response;
}

}  // namespace tickerlake::broker
