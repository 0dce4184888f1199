#pragma once
// One client's connection: frames in, handlers run, answers out in order.
#include "base/log.h"
#include "base/result.h"
#include "io/socket.h"
#include "services/broker/answer_queue.h"
#include "services/broker/frame_reader.h"

namespace tickerlake::broker {

class Broker;

/// Lives on its connection's thread.
class Connection {
 public:
  Connection(Broker& broker, io::Socket& socket, const Log& log);
  /// Returns when the peer has closed, broke the protocol, or the socket was shut down.
  void serve();

 private:
  Result<void> handle_frame(ByteView frame);

  Broker& broker_;
  io::Socket& socket_;
  const std::string peer_;
  const Log log_;
  FrameReader frames_;
  AnswerQueue answers_;
};

}  // namespace tickerlake::broker
