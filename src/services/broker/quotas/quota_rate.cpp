#include "services/broker/quotas/quota_rate.h"

#include <algorithm>
#include <cmath>

namespace tickerlake::broker {
namespace {

using std::chrono::milliseconds;

milliseconds since(Moment then, Moment now) { return std::chrono::duration_cast<milliseconds>(now - then); }

double seconds(milliseconds time) { return static_cast<double>(time.count()) / 1'000; }

/// A pause as answers can tell it: 32 bits.
milliseconds pause_of(double ms) {
  constexpr double longest = 2'147'483'647;
  return milliseconds(std::llround(std::clamp(ms, 0.0, longest)));
}

}  // namespace

void WindowedRate::record(double value, Moment now) {
  if (samples_.empty()) samples_.push_back({now, now, 0});
  if (since(samples_[current_].started, now) >= window_.length) {
    current_ = (current_ + 1) % (static_cast<std::size_t>(window_.samples) + 1);
    if (current_ == samples_.size()) samples_.emplace_back();
    samples_[current_] = {now, now, 0};
  }
  samples_[current_].sum += value;
  samples_[current_].last = now;
}

void WindowedRate::forget_old(Moment now) {
  for (Sample& sample : samples_)
    if (since(sample.last, now) >= window_.whole()) sample = {now, now, 0};
}

double WindowedRate::total(Moment now) {
  forget_old(now);
  double sum = 0;
  for (const Sample& sample : samples_) sum += sample.sum;
  return sum;
}

milliseconds WindowedRate::measured_over(Moment now) {
  forget_old(now);
  const auto oldest = std::ranges::min_element(samples_, {}, &Sample::started);
  milliseconds elapsed = oldest == samples_.end() ? milliseconds(0) : since(oldest->started, now);
  const auto full_samples = elapsed / window_.length, wanted = static_cast<std::int64_t>(window_.samples - 1);
  if (full_samples < wanted) elapsed += (wanted - full_samples) * window_.length;
  return std::max(elapsed, milliseconds(1));
}

double WindowedRate::per_second(Moment now) { return total(now) / seconds(measured_over(now)); }

milliseconds WindowedRate::excess(double permitted, Moment now) {
  const double rate = per_second(now);
  if (rate <= permitted) return milliseconds(0);
  return pause_of((rate - permitted) / permitted * static_cast<double>(measured_over(now).count()));
}

double TokenBucket::tokens(double permitted, Moment now) {
  const double most = permitted * seconds(window_.whole());
  tokens_ = is_new_ ? most : std::min(most, tokens_ + permitted * seconds(since(filled_, now)));
  is_new_ = false;
  filled_ = now;
  return tokens_;
}

void TokenBucket::take(double count, double permitted, Moment now) { tokens_ = tokens(permitted, now) - count; }

milliseconds TokenBucket::shortage(double permitted, Moment now) {
  return pause_of(-tokens(permitted, now) / permitted * 1'000);
}

}  // namespace tickerlake::broker
