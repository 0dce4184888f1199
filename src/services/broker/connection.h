#pragma once
// One client's connection: TLS where its listener has it, frames in, handlers run, answers out in order.
#include "base/log.h"
#include "base/result.h"
#include "io/socket.h"
#include "services/broker/answer_queue.h"
#include "services/broker/frame_reader.h"
#include "services/broker/security/admission.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {

class Broker;

/// A client's whole stay, on its connection's thread.
void serve_connection(Broker& broker, const ListenerSettings& listener, io::Socket& socket, const Log& log);

/// Lives on its connection's thread.
class Connection {
 public:
  /// stream: the socket itself, or TLS over it.
  Connection(Broker& broker, Session& session, Admission::Place& place, io::Stream& stream, const io::Socket& socket,
             const Log& log);
  /// Returns when the peer has closed, broke the protocol, or the socket was shut down.
  void serve();

 private:
  Result<ByteView> next_frame();
  Result<void> handle_frame(ByteView frame);
  Result<void> handle_token(ByteView token);
  /// What follows from a step of the SASL exchange.
  Result<void> look_at_sasl();
  /// The connection's own, made anew when the client has changed its name.
  const std::shared_ptr<const Requester>& requester(const std::string& client_id);

  Broker& broker_;
  Session& session_;
  Admission::Place& place_;
  const io::Socket& socket_;
  const Log log_;
  FrameReader frames_;
  AnswerQueue answers_;
  std::shared_ptr<const Requester> requester_;
  std::chrono::steady_clock::time_point authenticate_until_;
  bool is_stranger_;  // until it has authenticated
};

}  // namespace tickerlake::broker
