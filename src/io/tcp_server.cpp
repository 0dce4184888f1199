#include "io/tcp_server.h"

namespace tickerlake::io {

TcpServer::TcpServer(Listener listener, Options options, Log log, Serve serve)
    : listener_(std::move(listener)),
      options_(options),
      log_(std::move(log)),
      serve_(std::move(serve)),
      acceptor_([this] { accept_all(); }) {}

TcpServer::~TcpServer() { stop(); }

int TcpServer::connections() const {
  MutexLock lock(mutex_);
  return static_cast<int>(connections_.size());
}

void TcpServer::accept_all() {
  while (!stopping_) {
    auto accepted = listener_.accept();
    if (!accepted) {
      if (accepted.error().code == ErrorCode::cancelled || stopping_) return;
      // Out of descriptors, most likely: let some connections end instead of spinning.
      log_.warning("{}", accepted.error().message);
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      continue;
    }
    reap();
    accepted->set_timeout(options_.read_timeout, options_.write_timeout);
    MutexLock lock(mutex_);
    if (static_cast<int>(connections_.size()) >= options_.max_connections) {
      log_.warning("refused {}: {} connections are open", accepted->peer(), connections_.size());
      continue;
    }
    Connection& connection = connections_.emplace_back();
    connection.socket = std::move(*accepted);
    connection.thread = std::thread([this, &connection] {
      serve_(connection.socket);
      connection.socket.shut_down();
      MutexLock done_lock(mutex_);
      connection.done = true;
    });
  }
}

void TcpServer::reap() {
  std::list<Connection> ended;
  {
    MutexLock lock(mutex_);
    for (auto it = connections_.begin(); it != connections_.end();) {
      const auto next = std::next(it);
      if (it->done) ended.splice(ended.end(), connections_, it);
      it = next;
    }
  }
  for (Connection& connection : ended) connection.thread.join();
}

void TcpServer::stop() {
  if (stopping_.exchange(true)) return;
  listener_.shut_down();
  acceptor_.join();
  std::list<Connection> all;
  {
    MutexLock lock(mutex_);
    for (Connection& connection : connections_) connection.socket.shut_down();
  }
  // The threads take mutex_ to say that they are done, so they are joined without it; nobody adds any more.
  while (true) {
    {
      MutexLock lock(mutex_);
      if (connections_.empty()) return;
      all.splice(all.end(), connections_, connections_.begin());
    }
    all.back().thread.join();
  }
}

}  // namespace tickerlake::io
