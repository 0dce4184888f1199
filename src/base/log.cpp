#include "base/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

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

}  // namespace

struct Log::Sink {
  spdlog::logger logger{"tickerlake", std::make_shared<spdlog::sinks::stderr_color_sink_mt>()};
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

Log::Log(Severity least) : least_(least), sink_(std::make_shared<Sink>()) {
  sink_->logger.set_level(spdlog::level::trace);
  sink_->logger.set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v", spdlog::pattern_time_type::utc);
}

Log Log::named(std::string_view component) const {
  Log log = *this;
  log.component_ = component;
  return log;
}

void Log::write(Severity severity, std::string_view message) const {
  if (!sink_) return;
  if (component_.empty()) {
    sink_->logger.log(level_of(severity), message);
  } else {
    sink_->logger.log(level_of(severity), "{}: {}", component_, message);
  }
}

}  // namespace tickerlake
