#pragma once
// One client's connection: frames in, handlers run, answers out in order.
#include "base/log.h"
#include "base/result.h"
#include "io/socket.h"
#include "services/broker/answer_queue.h"

namespace tickerlake::broker {

class Broker;

/// The largest request: Kafka's socket.request.max.bytes for Produce; all others are far smaller.
inline constexpr std::int64_t max_produce_request = 100_MiB;
inline constexpr std::int64_t max_other_request = 8_MiB;

/// Lives on its connection's thread.
class Connection {
 public:
  Connection(Broker& broker, io::Socket& socket, const Log& log);
  /// Returns when the peer has closed, broke the protocol, or the socket was shut down.
  void serve();

 private:
  /// The next request's bytes, valid until the next call; empty when the peer has closed between two requests.
  Result<ByteView> read_frame();
  Result<void> handle_frame(ByteView frame);

  Broker& broker_;
  io::Socket& socket_;
  const std::string peer_;
  const Log log_;
  Buffer buffer_;
  AnswerQueue answers_;
};

}  // namespace tickerlake::broker
