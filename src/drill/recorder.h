#pragma once
// The timeline while it is written: threads add what they see, the story waits for what it expects.
#include <chrono>
#include <functional>
#include <optional>

#include "base/mutex.h"
#include "drill/timeline.h"
#include "pipeline/stop.h"

namespace tickerlake::drill {

/// Thread-safe.
class Recorder {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Time runs from now on.
  explicit Recorder(Timeline timeline) : timeline_(std::move(timeline)) {}

  Ms now() const;
  /// Changes the timeline under its lock; `change` gets the time at which it was called.
  void change(const std::function<void(Timeline&, Ms now)>& change) TL_EXCLUDES(mutex_);
  Timeline snapshot() const TL_EXCLUDES(mutex_);

  /// What `look` found, as soon as it finds something; nothing after the timeout, or when stop is requested.
  std::optional<Ms> wait_for(const std::function<std::optional<Ms>(const Timeline&)>& look,
                             std::chrono::milliseconds timeout, const pipeline::Stop& stop) TL_EXCLUDES(mutex_);

 private:
  const Time start_ = std::chrono::steady_clock::now();
  mutable Mutex mutex_;
  Condition changed_;
  Timeline timeline_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::drill
