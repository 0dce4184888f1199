// ApiVersions: the dispatch table, told to a client, and the one feature that clients look for: with
// transaction.version 2 (KIP-890) they let Produce add partitions to transactions and take their next epoch from
// EndTxn.
#include "services/broker/api/handlers.h"
#include "services/broker/dispatch.h"

namespace tickerlake::broker {

namespace {
constexpr const char* transaction_version = "transaction.version";
constexpr std::int16_t highest_transaction_version = 2;
}  // namespace

kafka::ApiVersionsResponse handle(Broker&, const Caller& caller, const kafka::ApiVersionsRequest&) {
  kafka::ApiVersionsResponse response;
  for (const Route& route : routes()) {
    response.api_keys.push_back({route.api.key, route.api.versions.first, route.api.versions.last});
  }
  // Clients of versions below 4 take a feature that begins with 0 for malformed (KIP-1022): they are told of 1 to 2.
  const std::int16_t lowest = caller.version >= 4 ? 0 : 1;
  response.supported_features.push_back({transaction_version, lowest, highest_transaction_version});
  response.finalized_features_epoch = 0;
  response.finalized_features.push_back(
      {transaction_version, highest_transaction_version, highest_transaction_version});
  return response;
}

}  // namespace tickerlake::broker
