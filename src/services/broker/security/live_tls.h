#pragma once
// TLS of listeners, with certificates that may change while the broker runs.
#include <chrono>
#include <string>

#include "base/log.h"
#include "base/mutex.h"
#include "io/tls.h"

namespace tickerlake::broker {

/// Reads its files anew when they have changed, which new connections look for; the files' names stay the same.
/// Files that can't be used (a certificate whose key is not there yet) leave what was read before. Thread-safe; the
/// mutex is a leaf.
class LiveTls {
 public:
  static Result<std::unique_ptr<LiveTls>> open(io::TlsContext::Server settings, Log log);

  /// For a connection that begins.
  io::TlsContext now() TL_EXCLUDES(mutex_);

 private:
  LiveTls(io::TlsContext::Server settings, Log log, std::string seen, io::TlsContext context)
      : settings_(std::move(settings)), log_(std::move(log)), seen_(std::move(seen)), context_(std::move(context)) {}

  const io::TlsContext::Server settings_;
  const Log log_;
  Mutex mutex_;
  std::string seen_ TL_GUARDED_BY(mutex_);  // the files' times and sizes when they were read last
  std::chrono::steady_clock::time_point looked_ TL_GUARDED_BY(mutex_);
  io::TlsContext context_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
