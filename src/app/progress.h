#pragma once
// Progress of long work: one line that redraws itself on a terminal, a line every few seconds elsewhere. On stderr.
#include <chrono>
#include <cstdint>
#include <string>

namespace tickerlake::app {

/// Not thread-safe: one thread reports.
class Progress {
 public:
  /// stage: "replay"; unit: "rows".
  Progress(std::string stage, std::string unit);
  /// done units so far, bytes so far (0: not shown), total units (0: unknown); note is appended.
  void update(std::int64_t done, std::int64_t bytes, std::int64_t total, const std::string& note = {});
  /// The stage's last line, with its whole time and rate; note is appended.
  void finish(std::int64_t done, std::int64_t bytes, const std::string& note);

 private:
  using Time = std::chrono::steady_clock;
  std::string line(std::int64_t done, std::int64_t bytes, std::int64_t total, double seconds) const;

  const std::string stage_, unit_;
  const bool terminal_;
  const Time::time_point started_ = Time::now();
  Time::time_point shown_ = started_;
};

}  // namespace tickerlake::app
