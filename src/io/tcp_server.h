#pragma once
// An accept thread and a thread a connection, with a cap; the broker and the HTTP server both stand on it.
#include <atomic>
#include <functional>
#include <list>
#include <string>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "io/socket.h"

namespace tickerlake::io {

/// Of one listener. Further connections are closed at once.
inline constexpr int max_connections = 4096;
/// Of those, from one address: a single machine can't keep all others out.
inline constexpr int max_connections_per_address = 2048;

/// Thread-safe. stop() (or the destructor) ends every connection and joins every thread. What a connection held is
/// free as soon as it ends, also when no other one comes.
class TcpServer {
 public:
  struct Options {
    int max_connections = io::max_connections;
    int max_connections_per_address = io::max_connections_per_address;
    std::chrono::milliseconds read_timeout{600'000};
    std::chrono::milliseconds write_timeout{60'000};
    std::chrono::milliseconds stop_grace{0};  // how long stop() waits for requests that have arrived already
    std::string refusal{};                    // sent to connections beyond a cap, before they are closed
  };
  /// Serves one connection until it ends; runs on that connection's own thread.
  using Serve = std::function<void(Socket&)>;

  /// Starts at once.
  TcpServer(Listener listener, Options options, const Log& log, Serve serve);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  const Endpoint& endpoint() const { return listener_.endpoint(); }
  int connections() const;
  void stop();

 private:
  struct Connection {
    Socket socket;
    std::string address;  // the peer's, without its port
    std::thread thread;
  };
  using Connections = std::list<Connection>;
  void accept_all();
  void start(Socket socket) TL_EXCLUDES(mutex_);
  int connections_from(std::string_view address) const TL_REQUIRES(mutex_);
  void refuse(Socket& socket, int open, std::string_view where);
  void run(Connections::iterator self) TL_EXCLUDES(mutex_);

  // constant after construction
  Listener listener_;
  const Options options_;
  const Log log_;
  const Serve serve_;

  std::atomic<bool> stopping_ = false;
  mutable Mutex mutex_;
  Condition ended_one_;
  Connections connections_ TL_GUARDED_BY(mutex_);
  Connections ended_ TL_GUARDED_BY(mutex_);  // at most one thread, on its last steps: the next to end joins it
  std::thread acceptor_;                     // last: starts when all else is there
};

}  // namespace tickerlake::io
