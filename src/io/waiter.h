#pragma once
// One thread that waits for several sockets at once, and for other threads that want something of it.
#include <chrono>
#include <span>

#include "io/socket.h"

namespace tickerlake::io {

/// wake() may be called by any thread; the rest belongs to the thread that waits.
class Waiter {
 public:
  struct Interest {
    const Socket* socket = nullptr;
    bool read = false;
    bool write = false;
    bool is_ready = false;  // set by wait(): it can be read or written, or is broken
  };

  Waiter();
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter();

  /// Until a socket is ready, somebody calls wake() (also before: one wake-up is kept), or the time is over.
  void wait(std::span<Interest> interests, std::chrono::milliseconds timeout);
  void wake();

 private:
  int event_;
};

}  // namespace tickerlake::io
