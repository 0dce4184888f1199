#pragma once
// The door of the AWS half: one port for S3, Glue, Athena and STS. It proves who sent a request and for which service
// (the signature's scope says it), unwraps the body, and hands the request on.
#include <functional>

#include "aws/caller.h"
#include "aws/verify.h"
#include "base/log.h"
#include "base/time.h"
#include "services/gateway/refusals.h"

namespace tickerlake::gateway {

/// One service. The request's body is decoded, its hash or chunk signatures are checked as it is read (aws/payload.h
/// says how reads report it), content_length is that of the decoded body, Content-Encoding has no aws-chunked.
using Service = std::function<void(const aws::Caller&, http::Request&, http::Response&)>;

struct Services {
  Service s3, glue, athena;
};

/// Bodies of services but S3 are read whole before their signature can be checked.
constexpr std::int64_t max_unproved_body_bytes = 16_MiB;

/// An http::Handler. Thread-safe. Answers STS and GET /health (unsigned) itself.
class Gateway {
 public:
  /// The clock must outlive the gateway.
  Gateway(aws::Credentials credentials, Services services, const Clock& clock, Log log);
  void handle(http::Request& request, http::Response& response) const;

 private:
  void serve_s3(const aws::Authorization& authorization, const aws::Caller& caller, http::Request& request,
                http::Response& response) const;
  void serve_buffered(const Service& service, Dialect dialect, const aws::Authorization& authorization,
                      const aws::Caller& caller, http::Request& request, http::Response& response) const;
  void refuse(Dialect dialect, const aws::AuthError& error, const http::Request& request,
              http::Response& response) const;

  const aws::Credentials credentials_;
  const Services services_;
  const Service sts_;
  const Clock& clock_;
  const Log log_;
};

}  // namespace tickerlake::gateway
