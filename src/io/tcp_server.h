#pragma once
// An accept thread and a thread a connection, with a cap; the broker and the HTTP server both stand on it.
#include <atomic>
#include <functional>
#include <list>
#include <thread>

#include "base/log.h"
#include "base/mutex.h"
#include "io/socket.h"

namespace tickerlake::io {

/// Thread-safe. stop() (or the destructor) shuts every connection down and joins every thread.
class TcpServer {
 public:
  struct Options {
    int max_connections = 4096;  // further ones are closed at once
    std::chrono::milliseconds read_timeout{600'000};
    std::chrono::milliseconds write_timeout{60'000};
  };
  /// Serves one connection until it ends; runs on that connection's own thread.
  using Serve = std::function<void(Socket&)>;

  /// Starts at once.
  TcpServer(Listener listener, Options options, Log log, Serve serve);
  ~TcpServer();
  TcpServer(const TcpServer&) = delete;
  TcpServer& operator=(const TcpServer&) = delete;

  const Endpoint& endpoint() const { return listener_.endpoint(); }
  int connections() const;
  void stop();

 private:
  struct Connection {
    Socket socket;
    std::thread thread;
    bool done = false;  // protected by mutex_
  };
  void accept_all();
  void reap() TL_EXCLUDES(mutex_);

  // constant after construction
  Listener listener_;
  const Options options_;
  const Log log_;
  const Serve serve_;

  std::atomic<bool> stopping_ = false;
  mutable Mutex mutex_;
  std::list<Connection> connections_ TL_GUARDED_BY(mutex_);
  std::thread acceptor_;  // last: starts when all else is there
};

}  // namespace tickerlake::io
