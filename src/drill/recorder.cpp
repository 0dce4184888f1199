#include "drill/recorder.h"

#include <algorithm>

namespace tickerlake::drill {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Ms Recorder::now() const { return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start_).count(); }

void Recorder::change(const std::function<void(Timeline&, Ms)>& change) {
  {
    MutexLock lock(mutex_);
    change(timeline_, now());
    timeline_.end = std::max(timeline_.end, now());
  }
  changed_.notify_all();
}

Timeline Recorder::snapshot() const {
  MutexLock lock(mutex_);
  return timeline_;
}

std::optional<Ms> Recorder::wait_for(const std::function<std::optional<Ms>(const Timeline&)>& look,
                                     milliseconds timeout, const pipeline::Stop& stop) {
  constexpr milliseconds look_at_stop{50};
  const auto deadline = steady_clock::now() + timeout;
  MutexLock lock(mutex_);
  while (true) {
    if (const auto found = look(timeline_)) return found;
    const auto now = steady_clock::now();
    if (now >= deadline || stop.requested()) return {};
    changed_.wait_until(mutex_, std::min(deadline, now + look_at_stop));
  }
}

}  // namespace tickerlake::drill
