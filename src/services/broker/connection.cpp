#include "services/broker/connection.h"

#include "kafka/wire/api_versions.h"
#include "kafka/wire/message.h"
#include "services/broker/broker.h"
#include "services/broker/dispatch.h"

namespace tickerlake::broker {
namespace {

std::string host_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

/// What a client newer than this broker gets: the ranges, in the oldest form, with the error that makes it ask again.
kafka::Frame unsupported_api_versions(std::int32_t correlation_id) {
  kafka::ApiVersionsResponse response;
  response.error_code = kafka::KafkaError::unsupported_version;
  for (const Route& route : routes()) {
    response.api_keys.push_back({route.api.key, route.api.versions.first, route.api.versions.last});
  }
  return kafka::encode_response(kafka::ApiVersionsRequest::api, 0, correlation_id, response);
}

}  // namespace

Connection::Connection(Broker& broker, io::Socket& socket, const Log& log)
    : broker_(broker),
      socket_(socket),
      peer_(socket.peer()),
      log_(log),
      frames_(socket, broker.request_memory(), broker.options().idle_timeout),
      answers_(socket, log) {}

void Connection::serve() {
  while (true) {
    const auto frame = frames_.next();
    if (!frame) {
      // A peer that goes away is everyday; one that breaks the protocol is worth a line.
      const bool ordinary = frame.error().code == ErrorCode::unavailable || frame.error().code == ErrorCode::timeout;
      if (!ordinary) broker_.metrics().bad_requests.add();
      log_.write(ordinary ? Severity::debug : Severity::warning, frame.error().message);
      return;
    }
    if (frame->empty()) return;
    if (const auto handled = handle_frame(*frame); !handled) {
      const bool ordinary = handled.error().code == ErrorCode::unavailable;
      if (!ordinary) broker_.metrics().bad_requests.add();
      log_.write(ordinary ? Severity::debug : Severity::warning, handled.error().message);
      return;
    }
    if (!answers_.flush()) return;
  }
}

Result<void> Connection::handle_frame(ByteView frame) {
  ByteView body;
  const std::int16_t api_key = frame.size() < 2 ? std::int16_t{-1} : load_big_endian<std::int16_t>(frame.data());
  const RequestTimer timer(broker_.metrics(), api_key);
  TRY(kafka::RequestHeader header, kafka::parse_request_header(frame, body));
  const Route* route = find_route(header.api_key);
  if (route == nullptr) {
    return fail(ErrorCode::unsupported, "API key " + std::to_string(header.api_key) + " is not supported");
  }
  const std::string what = std::string(route->api.name) + " v" + std::to_string(header.api_version);
  auto slot = answers_.add(timer);
  if (!slot) return fail(ErrorCode::unavailable, "the connection is broken");
  if (!route->api.versions.contains(header.api_version)) {
    if (header.api_key == kafka::api_versions_key) {
      slot->complete(unsupported_api_versions(header.correlation_id));
      return {};
    }
    return fail(ErrorCode::unsupported, what + " is not supported");
  }
  log_.debug("{} #{}", what, header.correlation_id);
  const Caller caller{header.api_version, std::move(header.client_id).value_or(""), host_of(peer_), &socket_};
  auto done = route->run(broker_, caller, header.correlation_id, body, std::move(slot));
  if (!done) return std::unexpected(std::move(done.error()).within(what));
  return {};
}

}  // namespace tickerlake::broker
