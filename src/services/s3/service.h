#pragma once
// The S3 protocol over a store: finds the operation of a request and answers it, errors included.
#include "aws/caller.h"
#include "aws/request_metrics.h"
#include "base/log.h"
#include "http/server.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {

/// Thread-safe. The store outlives it.
class Service {
 public:
  Service(Store& store, Log log, const Metrics& metrics = {});
  /// The signature has been verified, the body is decoded from aws-chunked. Always answers.
  void handle(const aws::Caller& caller, http::Request& request, http::Response& response);

 private:
  Store& store_;
  const Log log_;
  const Metrics metrics_;  // keeps what the references name
  const aws::RequestMetrics requests_;
  Counter& bytes_in_;
  Counter& bytes_out_;
};

}  // namespace tickerlake::s3
