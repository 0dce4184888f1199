#include "app/metrics_server.h"

namespace tickerlake::app {

void answer_metrics(const Metrics& metrics, const CollectMetrics& collect, http::Response& response) {
  Exposition exposition;
  metrics.collect(exposition);
  if (collect) collect(exposition);
  collect_process(exposition);
  exposition.gauge("tickerlake_build_info", "1; the version is in the label.", {{"version", TICKERLAKE_VERSION}}, 1);
  response.headers.set("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  (void)response.send(exposition.text());
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address, bool allow_unauthenticated,
                                                            const Metrics& metrics, CollectMetrics collect,
                                                            const Log& log) {
  TRY(const io::Endpoint at, io::Endpoint::parse(address));
  if (!at.is_loopback() && !allow_unauthenticated) {
    return fail(ErrorCode::invalid_argument, "--metrics " + address +
                                                 " would be open to other machines without authentication; "
                                                 "--allow-unauthenticated permits that");
  }
  TRY(io::Listener listener, io::Listener::bind(at));
  std::unique_ptr<MetricsServer> started(new MetricsServer);
  started->server_ = std::make_unique<http::Server>(
      std::move(listener), http::ServerOptions{}, log.named("metrics"),
      [metrics, collect = std::move(collect)](http::Request& request, http::Response& response) {
        if (request.method == "GET" && request.raw_path() == "/metrics") {
          return answer_metrics(metrics, collect, response);
        }
        const bool healthy = request.raw_path() == "/health";
        response.status = healthy ? 200 : 404;
        response.headers.set("Content-Type", "application/json");
        (void)response.send(healthy ? R"({"status":"ok"})"
                                    : R"({"error":"only /metrics and /health are served here"})");
      });
  return started;
}

}  // namespace tickerlake::app
