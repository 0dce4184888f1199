#include "services/broker/dispatch.h"

#include <algorithm>
#include <array>
#include <type_traits>

#include "kafka/wire/requests.h"
#include "services/broker/api/handlers.h"
#include "services/broker/throttle.h"

namespace tickerlake::broker {
namespace {

template <class Request>
Result<void> run(Broker& broker, const Caller& caller, std::int32_t correlation_id, ByteView body,
                 std::shared_ptr<AnswerSlot> slot) {
  using Response = typename Request::Response;
  TRY(const Request request, kafka::decode<Request>(body, caller.version));
  if constexpr (std::is_same_v<Request, kafka::ProduceRequest>) {
    handle(broker, caller, request, Responder<Response>(std::move(slot), Request::api, caller.version, correlation_id));
  } else {
    Response response = handle(broker, caller, request);
    // A throttled fetch gives nothing, so it has asked itself.
    if constexpr (!std::is_same_v<Request, kafka::FetchRequest> && requires { response.throttle_time_ms; })
      response.throttle_time_ms = throttle(broker, caller, std::chrono::milliseconds(response.throttle_time_ms));
    slot->complete(kafka::encode_response(Request::api, caller.version, correlation_id, response));
  }
  return {};
}

template <class... Request>
constexpr auto table(kafka::RequestList<Request...>) {
  std::array routes = {Route{Request::api, run<Request>}...};
  std::ranges::sort(routes, {}, [](const Route& route) { return route.api.key; });
  return routes;
}

constexpr auto all_routes = table(kafka::AllRequests());

}  // namespace

std::span<const Route> routes() { return all_routes; }

const Route* find_route(std::int16_t api_key) {
  const auto at = std::ranges::lower_bound(all_routes, api_key, {}, [](const Route& route) { return route.api.key; });
  return at != all_routes.end() && at->api.key == api_key ? &*at : nullptr;
}

}  // namespace tickerlake::broker
