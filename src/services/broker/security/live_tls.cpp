#include "services/broker/security/live_tls.h"

#include <fmt/format.h>
#include <sys/stat.h>

namespace tickerlake::broker {
namespace {

/// Between two looks at the files.
constexpr std::chrono::seconds patience{1};

std::string stamp(const io::Path& file) {
  struct stat found{};
  if (stat(file.c_str(), &found) != 0) return "missing;";
  return fmt::format("{}:{}:{}.{};", found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

std::string stamps(const io::TlsContext::Server& settings) {
  return stamp(settings.identity.certificate) + stamp(settings.identity.key) +
         (settings.authorities ? stamp(*settings.authorities) : "");
}

}  // namespace

Result<std::unique_ptr<LiveTls>> LiveTls::open(io::TlsContext::Server settings, Log log) {
  std::string seen = stamps(settings);
  TRY(auto context, io::TlsContext::for_server(settings));
  return std::unique_ptr<LiveTls>(
      new LiveTls(std::move(settings), std::move(log), std::move(seen), std::move(context)));
}

io::TlsContext LiveTls::now() {
  MutexLock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  if (now - looked_ < patience) return context_;
  looked_ = now;
  std::string seen = stamps(settings_);
  if (seen == seen_) return context_;
  seen_ = std::move(seen);
  if (auto fresh = io::TlsContext::for_server(settings_)) {
    context_ = *std::move(fresh);
    log_.info("certificates have changed and were read again");
  } else {
    log_.warning("certificates have changed and can't be used: {}", fresh.error().message);
  }
  return context_;
}

}  // namespace tickerlake::broker
