#include "io/tcp_server.h"

#include <algorithm>
#include <system_error>

namespace tickerlake::io {

TcpServer::TcpServer(Listener listener, Options options, const Log& log, Serve serve)
    : listener_(std::move(listener)),
      options_(std::move(options)),
      log_(log.limited()),
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
    if (accepted) {
      start(*std::move(accepted));
      continue;
    }
    if (accepted.error().code == ErrorCode::cancelled || stopping_) return;
    // Out of descriptors, most likely: let some connections end instead of spinning.
    log_.warning("{}", accepted.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void TcpServer::start(Socket socket) {
  socket.set_timeout(options_.read_timeout, options_.write_timeout);
  std::string address = socket.peer();
  address.resize(std::min(address.rfind(':'), address.size()));
  MutexLock lock(mutex_);
  const int open = static_cast<int>(connections_.size());
  if (open >= options_.max_connections) return refuse(socket, open, "in all");
  if (open >= options_.max_connections_per_address) {
    const int from_there = connections_from(address);
    if (from_there >= options_.max_connections_per_address) return refuse(socket, from_there, "from its address");
  }
  const auto self = connections_.emplace(connections_.end());
  self->socket = std::move(socket);
  self->address = std::move(address);
  try {
    self->thread = std::thread([this, self] { run(self); });
  } catch (const std::system_error& error) {
    log_.warning("a connection is closed: no thread for it: {}", error.what());
    connections_.erase(self);
  }
}

int TcpServer::connections_from(std::string_view address) const {
  return static_cast<int>(std::ranges::count(connections_, address, &Connection::address));
}

void TcpServer::refuse(Socket& socket, int open, std::string_view where) {
  log_.warning("refused {}: {} connections are open {}", socket.peer(), open, where);
  // A new connection's send buffer is empty, so this does not block; and whether it arrives changes nothing.
  if (!options_.refusal.empty()) (void)socket.write(as_bytes(options_.refusal));
}

void TcpServer::run(Connections::iterator self) {
  serve_(self->socket);
  Connections before;
  {
    MutexLock lock(mutex_);
    self->socket = Socket();
    before.swap(ended_);
    ended_.splice(ended_.end(), connections_, self);
    ended_one_.notify_all();
  }
  for (Connection& connection : before) connection.thread.join();
}

void TcpServer::stop() {
  if (stopping_.exchange(true)) return;
  listener_.shut_down();
  acceptor_.join();
  Connections last;
  {
    const auto deadline = std::chrono::steady_clock::now() + options_.stop_grace;
    MutexLock lock(mutex_);
    if (options_.stop_grace.count() > 0) {
      for (Connection& connection : connections_) connection.socket.shut_down_reading();
      while (!connections_.empty() && ended_one_.wait_until(mutex_, deadline)) {
      }
    }
    for (Connection& connection : connections_) connection.socket.shut_down();
    while (!connections_.empty()) ended_one_.wait(mutex_);
    last.swap(ended_);
  }
  for (Connection& connection : last) connection.thread.join();
}

}  // namespace tickerlake::io
