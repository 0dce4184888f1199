#pragma once
// Severities and structured lines on stderr. A Log is a cheap value that components are given; nothing is global.
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickerlake {

enum class Severity { trace, debug, info, warning, error, off };

std::optional<Severity> parse_severity(std::string_view name);

/// Where lines go: "2026-11-23T01:50:53.123Z INFO  broker: message". Thread-safe.
class Log {
 public:
  /// A log that writes nothing.
  Log();
  /// A log that writes lines of at least this severity to stderr.
  explicit Log(Severity least);
  /// The same destination under another component's name.
  Log named(std::string_view component) const;

  template <class... Args>
  void debug(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Severity::debug)) write(Severity::debug, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Severity::info)) write(Severity::info, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void warning(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Severity::warning)) write(Severity::warning, fmt::format(format, std::forward<Args>(args)...));
  }
  template <class... Args>
  void error(fmt::format_string<Args...> format, Args&&... args) const {
    if (enabled(Severity::error)) write(Severity::error, fmt::format(format, std::forward<Args>(args)...));
  }

  bool enabled(Severity severity) const { return severity >= least_; }
  void write(Severity severity, std::string_view message) const;

 private:
  struct Sink;
  Severity least_;
  std::string component_;
  std::shared_ptr<Sink> sink_;
};

}  // namespace tickerlake
