#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/mutex.h"

namespace tickerlake {
namespace {

/// Backslash and line feed are escaped everywhere, quotes in label values.
std::string escape(std::string_view text, bool quotes) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

/// `topic="a",partition="0"`: in their order, so equal lists give equal texts.
std::string text_of(const MetricLabels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    fmt::format_to(std::back_inserter(text), "{}{}=\"{}\"", text.empty() ? "" : ",", name, escape(value, true));
  }
  return text;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  // Whole numbers without exponent, as people read them.
  if (value == std::floor(value) && std::abs(value) < 1e15) return fmt::format("{:.0f}", value);
  return fmt::format("{}", value);
}

void sample(std::string& into, std::string_view name, std::string_view labels, const std::string& value) {
  if (labels.empty()) {
    fmt::format_to(std::back_inserter(into), "{} {}\n", name, value);
  } else {
    fmt::format_to(std::back_inserter(into), "{}{{{}}} {}\n", name, labels, value);
  }
}

}  // namespace

void Histogram::observe(std::chrono::nanoseconds took) {
  const auto ns = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
  const auto found = std::ranges::lower_bound(bounds, static_cast<double>(ns) / 1e9);
  buckets_[static_cast<std::size_t>(found - bounds.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_ns_.fetch_add(ns, std::memory_order_relaxed);
}

std::string& Exposition::samples_of(std::string_view name, std::string_view help, std::string_view type) {
  auto found = families_.find(name);
  if (found == families_.end()) {
    found = families_.emplace(name, Family{std::string(help), std::string(type), {}}).first;
  }
  return found->second.samples;
}

void Exposition::counter(std::string_view name, std::string_view help, const MetricLabels& labels, double value) {
  sample(samples_of(name, help, "counter"), name, text_of(labels), number(value));
}

void Exposition::gauge(std::string_view name, std::string_view help, const MetricLabels& labels, double value) {
  sample(samples_of(name, help, "gauge"), name, text_of(labels), number(value));
}

void Exposition::histogram(std::string_view name, std::string_view help, const MetricLabels& labels,
                           const Histogram& values) {
  std::string& into = samples_of(name, help, "histogram");
  const std::string common = text_of(labels);
  const std::string lead = common.empty() ? "" : common + ",";
  std::uint64_t count = 0;  // buckets are cumulative
  for (std::size_t i = 0; i <= Histogram::bounds.size(); ++i) {
    count += values.bucket(i);
    const std::string bound = i < Histogram::bounds.size() ? fmt::format("{}", Histogram::bounds[i]) : "+Inf";
    sample(into, fmt::format("{}_bucket", name), fmt::format("{}le=\"{}\"", lead, bound), std::to_string(count));
  }
  sample(into, fmt::format("{}_sum", name), common, number(values.sum_seconds()));
  sample(into, fmt::format("{}_count", name), common, std::to_string(count));
}

std::string Exposition::text() const {
  std::string text;
  for (const auto& [name, family] : families_) {
    fmt::format_to(std::back_inserter(text), "# HELP {} {}\n# TYPE {} {}\n{}", name, escape(family.help, false), name,
                   family.type, family.samples);
  }
  return text;
}

struct Metrics::Registry {
  /// Metrics of one kind, by name and then by the text of their labels; addresses stay.
  template <class Kind>
  struct Family {
    struct Member {
      MetricLabels labels;
      Kind metric;
    };
    std::string help;
    std::map<std::string, std::unique_ptr<Member>> members;
  };
  template <class Kind>
  using Families = std::map<std::string, Family<Kind>, std::less<>>;

  template <class Kind>
  static Kind& find(Families<Kind>& in, std::string_view name, std::string_view help, const MetricLabels& labels) {
    auto family = in.find(name);
    if (family == in.end()) family = in.emplace(name, Family<Kind>{std::string(help), {}}).first;
    auto& member = family->second.members[text_of(labels)];
    if (member == nullptr) {
      member = std::make_unique<typename Family<Kind>::Member>();
      member->labels = labels;
    }
    return member->metric;
  }

  Mutex mutex;  // a leaf
  Families<Counter> counters TL_GUARDED_BY(mutex);
  Families<Gauge> gauges TL_GUARDED_BY(mutex);
  Families<Histogram> histograms TL_GUARDED_BY(mutex);
};

Metrics::Metrics() : registry_(std::make_shared<Registry>()) {}

Counter& Metrics::counter(std::string_view name, std::string_view help, const MetricLabels& labels) const {
  MutexLock lock(registry_->mutex);
  return Registry::find(registry_->counters, name, help, labels);
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, const MetricLabels& labels) const {
  MutexLock lock(registry_->mutex);
  return Registry::find(registry_->gauges, name, help, labels);
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help, const MetricLabels& labels) const {
  MutexLock lock(registry_->mutex);
  return Registry::find(registry_->histograms, name, help, labels);
}

void Metrics::collect(Exposition& into) const {
  MutexLock lock(registry_->mutex);
  for (const auto& [name, family] : registry_->counters) {
    for (const auto& [key, member] : family.members) {
      into.counter(name, family.help, member->labels, static_cast<double>(member->metric.value()));
    }
  }
  for (const auto& [name, family] : registry_->gauges) {
    for (const auto& [key, member] : family.members) {
      into.gauge(name, family.help, member->labels, member->metric.value());
    }
  }
  for (const auto& [name, family] : registry_->histograms) {
    for (const auto& [key, member] : family.members) into.histogram(name, family.help, member->labels, member->metric);
  }
}

}  // namespace tickerlake
