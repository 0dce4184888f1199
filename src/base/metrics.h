#pragma once
// Metrics in Prometheus' text form. A Metrics is a cheap value that components are given, as Log is: counters and
// histograms that they keep and add to (atomics, cheap enough for each request, not for each record). What can be asked
// for (sizes, lags, states) is not counted but written when somebody scrapes: collect(Exposition&) of the component.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickerlake {

/// {{"topic", "stock_prices"}, {"partition", "3"}}
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// Only grows. Thread-safe.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// A value that goes up and down. Thread-safe.
class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_ = 0;
};

/// How long things took, in seconds. Thread-safe.
class Histogram {
 public:
  /// Upper bounds of the buckets; one without a bound follows.
  static constexpr std::array<double, 14> bounds = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                                    0.025,  0.05,    0.1,    0.25,  1,      5,     30};
  void observe(std::chrono::nanoseconds took);
  /// Not at one moment over all: counts that arrive meanwhile may be in one number and not yet in another.
  std::uint64_t bucket(std::size_t index) const { return buckets_[index].load(std::memory_order_relaxed); }
  double sum_seconds() const { return static_cast<double>(sum_ns_.load(std::memory_order_relaxed)) / 1e9; }

 private:
  std::array<std::atomic<std::uint64_t>, bounds.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ns_ = 0;
};

/// The text of one scrape (format 0.0.4): families by name, each with HELP and TYPE, its samples together.
class Exposition {
 public:
  void counter(std::string_view name, std::string_view help, const MetricLabels& labels, double value);
  void gauge(std::string_view name, std::string_view help, const MetricLabels& labels, double value);
  void histogram(std::string_view name, std::string_view help, const MetricLabels& labels, const Histogram& values);
  std::string text() const;

 private:
  struct Family {
    std::string help, type, samples;
  };
  std::string& samples_of(std::string_view name, std::string_view help, std::string_view type);
  std::map<std::string, Family, std::less<>> families_;
};

/// The counters of one process. Copies share them; what it gives out lives as long as a copy does. Thread-safe.
class Metrics {
 public:
  Metrics();
  /// The same one for the same name and labels: look it up once and keep it where requests are many.
  Counter& counter(std::string_view name, std::string_view help, const MetricLabels& labels = {}) const;
  Gauge& gauge(std::string_view name, std::string_view help, const MetricLabels& labels = {}) const;
  Histogram& histogram(std::string_view name, std::string_view help, const MetricLabels& labels = {}) const;
  void collect(Exposition& into) const;

 private:
  struct Registry;
  std::shared_ptr<Registry> registry_;
};

/// What the kernel says of this process: process_resident_memory_bytes and its usual companions.
void collect_process(Exposition& into);

}  // namespace tickerlake
