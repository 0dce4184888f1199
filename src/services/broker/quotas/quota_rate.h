#pragma once
// How much a client has used lately, as Kafka measures it (its Rate and its TokenBucket, so that the same quota makes
// for the same pauses). Pure: the time is passed in.
#include <chrono>
#include <vector>

namespace tickerlake::broker {

using Moment = std::chrono::steady_clock::time_point;

/// What a rate is measured over: so many samples of such a length. quota.window.num, quota.window.size.seconds.
struct QuotaWindow {
  int samples = 11;
  std::chrono::milliseconds length{1'000};
  std::chrono::milliseconds whole() const { return samples * length; }
};

/// A rate over a sliding window. A young one is measured as if it had been silent before, so that a first request is
/// no excess; the sample under way counts with the part of it that is over.
class WindowedRate {
 public:
  explicit WindowedRate(QuotaWindow window) : window_(window) {}

  void record(double value, Moment now);
  /// Of all that the window holds.
  double total(Moment now);
  double per_second(Moment now);
  /// For how long nothing may come until the rate is what is permitted; 0 while it is no more than that.
  std::chrono::milliseconds excess(double permitted, Moment now);

 private:
  struct Sample {
    Moment started, last;
    double sum = 0;
  };
  void forget_old(Moment now);
  std::chrono::milliseconds measured_over(Moment now);

  QuotaWindow window_;
  std::vector<Sample> samples_;  // at most one more than the window has: the oldest reaches into it
  std::size_t current_ = 0;
};

/// Tokens that flow in at a permitted rate, up to what the whole window gives; below zero nothing more may be taken.
class TokenBucket {
 public:
  explicit TokenBucket(QuotaWindow window) : window_(window) {}

  double tokens(double permitted, Moment now);
  void take(double count, double permitted, Moment now);
  /// Until there is something again.
  std::chrono::milliseconds shortage(double permitted, Moment now);

 private:
  QuotaWindow window_;
  bool is_new_ = true;  // then it is full
  double tokens_ = 0;
  Moment filled_;
};

}  // namespace tickerlake::broker
