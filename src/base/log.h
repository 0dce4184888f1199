#pragma once
// Severities and structured lines on stderr. A Log is a cheap value that components are given; nothing is global.
// docs/operations.md shows the lines. Secrets never go into one: of requests the path is logged, not the query (a
// presigned URL's signature stands there).
#include <fmt/core.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tickerlake {

enum class Severity { trace, debug, info, warning, error, off };

std::optional<Severity> parse_severity(std::string_view name);

/// text: "2026-11-23T01:50:53.123Z warning kafka: message peer=127.0.0.1:40404"; json: one object a line with the
/// members time, severity, component, message and the fields. Control characters are escaped in both, so that nothing
/// a client sends can look like another line.
enum class LogFormat { text, json };

/// Thread-safe.
class Log {
 public:
  /// A log that writes nothing.
  Log();
  /// A log that writes lines of at least this severity to stderr.
  explicit Log(Severity least, LogFormat format = LogFormat::text);
  /// The same destination under another component's name.
  Log named(std::string_view component) const;
  /// The same with a field on every line: log.with("peer", peer).
  template <class Value>
  Log with(std::string_view key, const Value& value) const {
    return with_field(key, fmt::format("{}", value));
  }
  /// For lines that strangers can cause: at most max_lines of each severity from info on in that time, over all copies
  /// of what this returns; the next line that comes through has the field left_out.
  Log limited(int max_lines = 10, std::chrono::milliseconds per = std::chrono::seconds(10)) const;

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
  struct Limit;
  Log with_field(std::string_view key, std::string_view value) const;

  Severity least_;
  std::string component_;
  std::string fields_;  // as they stand behind the message
  std::shared_ptr<Sink> sink_;
  std::shared_ptr<Limit> limit_;
};

}  // namespace tickerlake
