#include "io/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/panic.h"

namespace tickerlake::io {

Waiter::Waiter() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  ensure(event_ >= 0, "the system gives no eventfd");
}

Waiter::~Waiter() { ::close(event_); }

void Waiter::wait(std::span<Interest> interests, std::chrono::milliseconds timeout) {
  std::vector<pollfd> waiting = {{event_, POLLIN, 0}};
  for (const Interest& interest : interests) {
    const int events = (interest.read ? POLLIN : 0) | (interest.write ? POLLOUT : 0);
    waiting.push_back({interest.socket->descriptor(), static_cast<short>(events), 0});
  }
  const int count =
      ::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<std::int64_t>(0, timeout.count())));
  for (std::size_t i = 0; i < interests.size(); ++i) interests[i].is_ready = count > 0 && waiting[i + 1].revents != 0;
  if (count > 0 && waiting[0].revents != 0) {
    std::uint64_t wakes = 0;
    [[maybe_unused]] const ssize_t n = ::read(event_, &wakes, sizeof wakes);  // resets it; nothing there is as good
  }
}

void Waiter::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t n = ::write(event_, &one, sizeof one);  // fails only when it is awake already
}

}  // namespace tickerlake::io
