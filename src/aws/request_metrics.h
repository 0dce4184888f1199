#pragma once
// What every AWS service counts of its requests. Names: docs/operations.md.
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/metrics.h"

namespace tickerlake::aws {

/// Thread-safe.
class RequestMetrics {
 public:
  /// service: "s3", "glue", "athena".
  RequestMetrics(Metrics metrics, std::string service) : metrics_(std::move(metrics)), service_(std::move(service)) {}

  /// operation: as AWS names it; an unknown one must be counted under one fixed name, or strangers could make any
  /// number of them.
  void answered(std::string_view operation, int status, std::chrono::nanoseconds took) const {
    const std::string name(operation);
    metrics_
        .counter("tickerlake_aws_requests_total", "Requests answered, by service, operation and HTTP status.",
                 {{"service", service_}, {"operation", name}, {"status", std::to_string(status)}})
        .add();
    metrics_
        .histogram("tickerlake_aws_request_seconds", "Time from a request's headers to the end of its answer.",
                   {{"service", service_}, {"operation", name}})
        .observe(took);
  }

 private:
  const Metrics metrics_;
  const std::string service_;
};

}  // namespace tickerlake::aws
