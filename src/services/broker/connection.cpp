#include "services/broker/connection.h"

#include <algorithm>
#include <array>

#include "kafka/wire/api_versions.h"
#include "kafka/wire/message.h"
#include "kafka/wire/produce.h"
#include "services/broker/broker.h"
#include "services/broker/dispatch.h"

namespace tickerlake::broker {
namespace {

constexpr std::size_t kept_buffer = 1 << 20;  // a larger one is given back after its request
constexpr std::size_t read_step = 1 << 20;    // memory grows with what has come, not with what was announced

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
    : broker_(broker), socket_(socket), peer_(socket.peer()), log_(log), answers_(socket, log) {}

void Connection::serve() {
  while (true) {
    const auto frame = read_frame();
    if (!frame) {
      // A peer that goes away is everyday; one that breaks the protocol is worth a line.
      const bool ordinary = frame.error().code == ErrorCode::unavailable || frame.error().code == ErrorCode::timeout;
      log_.write(ordinary ? Severity::debug : Severity::warning, peer_ + ": " + frame.error().message);
      return;
    }
    if (frame->empty()) return;
    if (const auto handled = handle_frame(*frame); !handled) {
      log_.warning("{}: {}", peer_, handled.error().message);
      return;
    }
    if (!answers_.flush()) return;
  }
}

Result<ByteView> Connection::read_frame() {
  std::array<std::byte, 6> prefix;  // the size and, of the frame itself, the API key
  TRY(const std::size_t first, socket_.read(prefix));
  if (first == 0) return ByteView{};
  CHECK(socket_.read_exactly(std::span(prefix).subspan(first)));
  const std::int64_t size = load_big_endian<std::int32_t>(prefix.data());
  const auto api_key = load_big_endian<std::int16_t>(prefix.data() + 4);
  const std::int64_t limit = api_key == kafka::ProduceRequest::api.key ? max_produce_request : max_other_request;
  if (size < 8 || size > limit) {
    return fail(ErrorCode::corrupt, "a request of " + std::to_string(size) + " bytes (API key " +
                                        std::to_string(api_key) + ", at most " + std::to_string(limit) + ")");
  }
  if (buffer_.size() > kept_buffer && static_cast<std::size_t>(size) <= kept_buffer) {
    buffer_ = Buffer(kept_buffer);
  }
  std::size_t filled = 2;
  const auto wanted = static_cast<std::size_t>(size);
  while (true) {
    const std::size_t until = std::min(wanted, std::max(buffer_.size(), filled + read_step));
    if (buffer_.size() < until) buffer_.resize(std::min(wanted, until * 2));
    if (filled == 2) std::copy(prefix.begin() + 4, prefix.end(), buffer_.begin());
    CHECK(socket_.read_exactly(std::span(buffer_).subspan(filled, until - filled)));
    filled = until;
    if (filled == wanted) return ByteView(buffer_).first(wanted);
  }
}

Result<void> Connection::handle_frame(ByteView frame) {
  ByteView body;
  TRY(kafka::RequestHeader header, kafka::parse_request_header(frame, body));
  const Route* route = find_route(header.api_key);
  if (route == nullptr) {
    return fail(ErrorCode::unsupported, "API key " + std::to_string(header.api_key) + " is not supported");
  }
  const std::string what = std::string(route->api.name) + " v" + std::to_string(header.api_version);
  auto slot = answers_.add();
  if (!slot) return fail(ErrorCode::unavailable, "the connection is broken");
  if (!route->api.versions.contains(header.api_version)) {
    if (header.api_key == kafka::api_versions_key) {
      slot->complete(unsupported_api_versions(header.correlation_id));
      return {};
    }
    return fail(ErrorCode::unsupported, what + " is not supported");
  }
  log_.debug("{}: {} #{}", peer_, what, header.correlation_id);
  const Caller caller{header.api_version, std::move(header.client_id).value_or(""), host_of(peer_)};
  auto done = route->run(broker_, caller, header.correlation_id, body, std::move(slot));
  if (!done) return std::unexpected(std::move(done.error()).within(what));
  return {};
}

}  // namespace tickerlake::broker
