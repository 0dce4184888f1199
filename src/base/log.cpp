#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <array>

#include "base/mutex.h"

namespace tickerlake {
namespace {

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::trace:
      return spdlog::level::trace;
    case Severity::debug:
      return spdlog::level::debug;
    case Severity::info:
      return spdlog::level::info;
    case Severity::warning:
      return spdlog::level::warn;
    case Severity::error:
      return spdlog::level::err;
    case Severity::off:
      return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// How many bytes the UTF-8 character at the text's beginning has; 0 where none begins.
std::size_t utf8_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t length = lead < 0x80                    ? 1
                             : lead >= 0xC2 && lead <= 0xDF ? 2
                             : lead >= 0xE0 && lead <= 0xEF ? 3
                             : lead >= 0xF0 && lead <= 0xF4 ? 4
                                                            : 0;
  if (length == 0 || length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  if (length > 2) {  // overlong forms, surrogates, beyond the last code point
    const unsigned char next = byte(1);
    if ((lead == 0xE0 && next < 0xA0) || (lead == 0xED && next > 0x9F)) return 0;
    if ((lead == 0xF0 && next < 0x90) || (lead == 0xF4 && next > 0x8F)) return 0;
  }
  return length;
}

/// Whatever the bytes are, what comes out is one line of UTF-8; within JSON the inside of a string.
std::string escaped(std::string_view text, LogFormat format) {
  const bool json = format == LogFormat::json;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    if (json && (c == '"' || c == '\\')) {
      out += '\\';
      out += text.front();
    } else if (c == '\n' || c == '\t' || c == '\r') {
      out += c == '\n' ? "\\n" : c == '\t' ? "\\t" : "\\r";
    } else if (c < 0x20 || c == 0x7F || length == 0) {
      out += json ? fmt::format("\\u{:04x}", static_cast<unsigned>(c))
                  : fmt::format("\\x{:02x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

std::string field(std::string_view key, std::string_view value, LogFormat format) {
  if (format == LogFormat::json) return fmt::format(R"(,"{}":"{}")", key, escaped(value, format));
  const bool plain = !value.empty() && value.find_first_of(" \"=") == std::string_view::npos;
  if (plain) return fmt::format(" {}={}", key, escaped(value, format));
  // As in JSON, so that quotes within can be told from the end.
  return fmt::format(" {}=\"{}\"", key, escaped(value, LogFormat::json));
}

}  // namespace

struct Log::Sink {
  explicit Sink(LogFormat chosen) : format(chosen) {
    logger.set_level(spdlog::level::trace);
    logger.set_pattern(chosen == LogFormat::text ? "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v"
                                                 : R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","severity":"%l",%v})",
                       spdlog::pattern_time_type::utc);
  }
  const LogFormat format;
  spdlog::logger logger{"tickerlake", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
};

/// A window of time for each severity, so that warnings can't keep errors out.
struct Log::Limit {
  Limit(int lines, std::chrono::milliseconds time) : max_lines(lines), per(time) {}

  /// How many lines were left out before this one; nothing when this one is left out too.
  std::optional<std::int64_t> admit(Severity severity) {
    const auto now = std::chrono::steady_clock::now();
    MutexLock lock(mutex);
    Window& window = windows[static_cast<std::size_t>(severity)];
    if (now - window.since >= per) {
      window.since = now;
      window.lines = 0;
    }
    if (window.lines >= max_lines) {
      ++window.left_out;
      return std::nullopt;
    }
    ++window.lines;
    return std::exchange(window.left_out, 0);
  }

  struct Window {
    std::chrono::steady_clock::time_point since;
    int lines = 0;
    std::int64_t left_out = 0;
  };
  const int max_lines;
  const std::chrono::milliseconds per;
  Mutex mutex;  // a leaf
  std::array<Window, 6> windows TL_GUARDED_BY(mutex){};
};

std::optional<Severity> parse_severity(std::string_view name) {
  if (name == "trace") return Severity::trace;
  if (name == "debug") return Severity::debug;
  if (name == "info") return Severity::info;
  if (name == "warning" || name == "warn") return Severity::warning;
  if (name == "error") return Severity::error;
  if (name == "off") return Severity::off;
  return std::nullopt;
}

Log::Log() : least_(Severity::off) {}

Log::Log(Severity least, LogFormat format) : least_(least), sink_(std::make_shared<Sink>(format)) {}

Log Log::named(std::string_view component) const {
  Log log = *this;
  log.component_ = component;
  return log;
}

Log Log::with_field(std::string_view key, std::string_view value) const {
  Log log = *this;
  if (sink_) log.fields_ += field(key, value, sink_->format);
  return log;
}

Log Log::limited(int max_lines, std::chrono::milliseconds per) const {
  Log log = *this;
  if (sink_) log.limit_ = std::make_shared<Limit>(max_lines, per);
  return log;
}

void Log::write(Severity severity, std::string_view message) const {
  if (!sink_ || !enabled(severity)) return;
  std::string left_out;
  if (limit_ && severity >= Severity::info) {
    const auto admitted = limit_->admit(severity);
    if (!admitted) return;
    if (*admitted > 0) left_out = field("left_out", std::to_string(*admitted), sink_->format);
  }
  const std::string text = escaped(message, sink_->format);
  const auto level = level_of(severity);
  if (sink_->format == LogFormat::json) {
    sink_->logger.log(level, R"("component":"{}","message":"{}"{}{})", component_, text, fields_, left_out);
  } else {
    sink_->logger.log(level, "{}{}{}{}{}", component_, component_.empty() ? "" : ": ", text, fields_, left_out);
  }
}

}  // namespace tickerlake
