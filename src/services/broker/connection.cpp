#include "services/broker/connection.h"

#include <poll.h>

#include "io/tls.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/message.h"
#include "kafka/wire/sasl.h"
#include "services/broker/broker.h"
#include "services/broker/dispatch.h"
#include "services/broker/security/security.h"
#include "services/broker/share/share_sessions.h"
#include "services/broker/share/share_states.h"
#include "services/broker/throttle.h"

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

/// A token as clients of a version-0 handshake expect it: its size, then it alone.
kafka::Frame bare(const Buffer& token) {
  kafka::Frame frame;
  frame.bytes = token;
  return frame;
}

/// What ended a connection: a peer that goes away is everyday; one that breaks the protocol is worth a line.
void note_end(Broker& broker, const Log& log, const Error& error, bool timeout_is_ordinary) {
  const bool ordinary =
      error.code == ErrorCode::unavailable || (timeout_is_ordinary && error.code == ErrorCode::timeout);
  if (error.code == ErrorCode::unauthorized) {
    broker.metrics().failed_authentications.add();
  } else if (!ordinary) {
    broker.metrics().bad_requests.add();
  }
  log.write(ordinary ? Severity::debug : Severity::warning, error.message);
}

/// Reads nothing for that long, or until the connection ends.
void rest(const io::Socket& socket, std::chrono::milliseconds time) {
  if (time <= std::chrono::milliseconds(0)) return;
  pollfd waited{.fd = socket.descriptor(), .events = POLLRDHUP, .revents = 0};
  poll(&waited, 1, static_cast<int>(time.count()));
}

/// By TLS alone: who shows no certificate is nobody in particular.
Result<std::string> user_of(const io::TlsStream& stream, const PrincipalRules& rules) {
  const auto subject = stream.peer_subject();
  if (!subject) return "ANONYMOUS";
  auto user = rules.apply(*subject);
  if (!user) return fail(ErrorCode::unauthorized, "no rule of ssl.principal.mapping.rules is for " + *subject);
  return *std::move(user);
}

}  // namespace

void serve_connection(Broker& broker, const ListenerSettings& listener, io::Socket& socket, const Log& log) {
  Session session{broker.security(), listener, host_of(socket.peer())};
  if (const auto pause = broker.quotas().connect(session.host, std::chrono::steady_clock::now());
      pause > std::chrono::milliseconds(0)) {
    log.debug("refused: too many new connections of that address");
    return rest(socket, pause);
  }
  auto place = broker.admission().enter(session.host);
  if (!place) {
    log.warning("refused: too many connections of that address, or without authentication");
    return;
  }
  std::unique_ptr<io::TlsStream> tls;
  if (uses_tls(listener.protocol)) {
    const auto deadline = std::chrono::steady_clock::now() + authentication_timeout;
    auto accepted = io::TlsStream::accept(broker.security().tls(), socket, deadline);
    if (!accepted) return note_end(broker, log, accepted.error(), false);
    tls = *std::move(accepted);
  }
  if (uses_sasl(listener.protocol)) {
    session.sasl = std::make_unique<SaslExchange>(broker.security().settings(), broker.security().store());
  } else if (tls) {
    auto user = user_of(*tls, broker.security().principal_rules());
    if (!user) return note_end(broker, log, user.error(), false);
    session.user = *std::move(user);
  }
  io::PlainStream plain(socket);
  io::Stream& stream = tls ? static_cast<io::Stream&>(*tls) : plain;
  Connection(broker, session, *place, stream, socket, log).serve();
  // What its share consumers have not acknowledged is the others' at once.
  for (const ShareMember& member : broker.share_sessions().disconnected(&session)) {
    broker.shares().release(member.group, member.id);
  }
}

Connection::Connection(Broker& broker, Session& session, Admission::Place& place, io::Stream& stream,
                       const io::Socket& socket, const Log& log)
    : broker_(broker),
      session_(session),
      place_(place),
      socket_(socket),
      log_(log),
      frames_(stream, broker.request_memory(), broker.options().idle_timeout),
      answers_(stream, log),
      authenticate_until_(std::chrono::steady_clock::now() + authentication_timeout),
      is_stranger_(session.sasl != nullptr) {
  if (is_stranger_) {
    frames_.limit_to(max_unauthenticated_request, authentication_timeout);
  } else {
    place_.authenticated();
  }
}

void Connection::serve() {
  while (true) {
    const auto frame = next_frame();
    if (!frame) return note_end(broker_, log_, frame.error(), true);
    if (frame->empty()) return;
    const bool is_token = session_.sasl && session_.sasl->expects_bare_token();
    if (const auto handled = is_token ? handle_token(*frame) : handle_frame(*frame); !handled)
      return note_end(broker_, log_, handled.error(), false);
    if (!answers_.flush()) return;
    rest(socket_, std::exchange(session_.pause, {}));
    if (const auto good = look_at_sasl(); !good) return note_end(broker_, log_, good.error(), false);
  }
}

Result<ByteView> Connection::next_frame() {
  if (is_stranger_ && std::chrono::steady_clock::now() > authenticate_until_)
    return fail(ErrorCode::unauthorized, "the client took too long to authenticate");
  return session_.sasl && session_.sasl->expects_bare_token() ? frames_.next_token() : frames_.next();
}

Result<void> Connection::look_at_sasl() {
  if (!session_.sasl) return {};
  if (session_.sasl->has_failed()) return fail(ErrorCode::unauthorized, "authentication failed");
  if (is_stranger_ && session_.sasl->is_authenticated()) {
    is_stranger_ = false;
    session_.user = session_.sasl->user();
    requester_.reset();
    frames_.limit_to(max_produce_request, broker_.options().idle_timeout);
    place_.authenticated();
    log_.debug("authenticated as {}", session_.principal());
  }
  return {};
}

const std::shared_ptr<const Requester>& Connection::requester(const std::string& client_id) {
  if (requester_ == nullptr || requester_->client_id != client_id)
    requester_ = std::make_shared<const Requester>(Requester{client_id, session_.principal()});
  return requester_;
}

Result<void> Connection::handle_token(ByteView token) {
  const RequestTimer timer(broker_.metrics(), kafka::SaslAuthenticateRequest::api.key, token.size());
  auto answer = session_.sasl->bare_token(token);
  if (!answer) {
    std::this_thread::sleep_for(broker_.security().settings().failed_authentication);
    return std::unexpected(Error{ErrorCode::unauthorized, answer.error().message});
  }
  auto slot = answers_.add(timer);
  if (!slot) return fail(ErrorCode::unavailable, "the connection is broken");
  slot->complete(bare(*answer));
  return {};
}

Result<void> Connection::handle_frame(ByteView frame) {
  ByteView body;
  const std::int16_t api_key = frame.size() < 2 ? std::int16_t{-1} : load_big_endian<std::int16_t>(frame.data());
  RequestTimer timer(broker_.metrics(), api_key, frame.size());
  TRY(kafka::RequestHeader header, kafka::parse_request_header(frame, body));
  const Route* route = find_route(header.api_key);
  if (route == nullptr) {
    return fail(ErrorCode::unsupported, "API key " + std::to_string(header.api_key) + " is not supported");
  }
  if (session_.sasl && !session_.sasl->permits(header.api_key, std::chrono::steady_clock::now()))
    return fail(ErrorCode::unauthorized, std::string(route->api.name) + " without authentication");
  timer.set_requester(requester(header.client_id.value_or("")));
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
  const Caller caller{.version = header.api_version,
                      .client_id = std::move(header.client_id).value_or(""),
                      .client_host = session_.host,
                      .socket = &socket_,
                      .session = &session_,
                      .request_bytes = frame.size(),
                      .thread_time = clock_request(broker_.quotas())};
  auto done = route->run(broker_, caller, header.correlation_id, body, std::move(slot));
  if (!done) return std::unexpected(std::move(done.error()).within(what));
  return {};
}

}  // namespace tickerlake::broker
