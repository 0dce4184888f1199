#pragma once
// Ctrl-C and SIGTERM as a stop token: the first asks for a clean stop, the second ends the process at once.
#include <csignal>
#include <stop_token>
#include <thread>

namespace tickerlake::app {

/// Construct it in main before any other thread, so that all of them inherit the blocked signals.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  bool requested() const { return source_.stop_requested(); }
  /// Blocks until a signal comes.
  void wait() const;

 private:
  void watch(const std::stop_token& ending);
  sigset_t signals_;
  std::stop_source source_;
  std::jthread watcher_;
};

}  // namespace tickerlake::app
