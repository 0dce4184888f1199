#include "app/interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <ctime>
#include <mutex>

namespace tickerlake::app {
namespace {
constexpr int interrupted_exit_code = 130;
}

Interrupt::Interrupt() {
  std::signal(SIGPIPE, SIG_IGN);
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGINT);
  sigaddset(&signals_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  watcher_ = std::jthread([this](const std::stop_token& ending) { watch(ending); });
}

Interrupt::~Interrupt() = default;

void Interrupt::watch(const std::stop_token& ending) {
  const timespec pause{0, 50'000'000};
  while (!ending.stop_requested()) {
    if (sigtimedwait(&signals_, nullptr, &pause) < 0) continue;
    if (source_.stop_requested()) _exit(interrupted_exit_code);
    source_.request_stop();
  }
}

void Interrupt::wait() const {
  std::mutex mutex;
  std::condition_variable condition;
  std::stop_callback wake(source_.get_token(), [&] {
    std::lock_guard lock(mutex);
    condition.notify_all();
  });
  std::unique_lock lock(mutex);
  condition.wait(lock, [this] { return source_.stop_requested(); });
}

}  // namespace tickerlake::app
