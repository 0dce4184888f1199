#pragma once
// GET /metrics: what a Prometheus scrapes.
#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/metrics.h"
#include "base/result.h"
#include "http/server.h"

namespace tickerlake::app {

/// Writes what is asked for and not counted; called at each scrape, on the connection's thread.
using CollectMetrics = std::function<void(Exposition&)>;

/// Answers GET /metrics with the counters, what `collect` writes (may be empty), the process and the build.
void answer_metrics(const Metrics& metrics, const CollectMetrics& collect, http::Response& response);

/// The port of a command that has no other: `sink --metrics HOST:PORT`. Serves /metrics and /health while it lives.
class MetricsServer {
 public:
  /// address: "HOST:PORT", port 0 for a free one. Nobody is authenticated here: ErrorCode::invalid_argument for an
  /// address that is not loopback unless allow_unauthenticated; conflict when the port is taken.
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, bool allow_unauthenticated,
                                                      const Metrics& metrics, CollectMetrics collect, const Log& log);
  const io::Endpoint& endpoint() const { return server_->endpoint(); }

 private:
  MetricsServer() = default;
  std::unique_ptr<http::Server> server_;
};

}  // namespace tickerlake::app
