#pragma once
// An S3 request once its target is taken apart, and the answer to it.
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "aws/caller.h"
#include "http/server.h"
#include "services/s3/error.h"
#include "services/s3/store/records.h"

namespace tickerlake::s3 {

constexpr std::string_view xml_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

struct S3Request {
  http::Request& http;
  const aws::Caller& caller;
  std::string id;      // x-amz-request-id
  std::string bucket;  // empty for the service itself
  std::string key;     // empty for the bucket itself
  Pairs query;

  bool is_head() const { return http.method == "HEAD"; }
  std::optional<std::string_view> header(std::string_view name) const { return http.headers.find(name); }
  std::optional<std::string_view> parameter(std::string_view name) const;
  /// The parameter's value, or empty.
  std::string text(std::string_view name) const { return std::string(parameter(name).value_or("")); }
  /// A number between least and most; InvalidArgument for anything else, the default when it is not there.
  ApiResult<std::int64_t> number(std::string_view name, std::int64_t default_value, std::int64_t least,
                                 std::int64_t most) const;
  /// "/bucket/key", as errors show it.
  std::string resource() const;
  /// The canonical id of the bucket's and object's owner: the caller's account.
  std::string owner_id() const;
};

/// The bucket of a virtual-host style Host header ("bucket.localhost:4566", "bucket.s3.us-east-1.amazonaws.com",
/// "bucket.127.0.0.1.nip.io"), or nothing: then the path begins with it.
std::optional<std::string> virtual_host_bucket(std::string_view host);

/// Takes the target apart; InvalidURI, KeyTooLongError.
ApiResult<void> parse_target(S3Request& request);

/// The answer. Once started it can't become an error any more.
class S3Response {
 public:
  /// before_sending deals with what is left of the request's body; it runs once.
  S3Response(http::Response& response, std::function<void()> before_sending)
      : http_(response), before_sending_(std::move(before_sending)) {}
  bool started() const { return started_; }
  /// Bytes of the body.
  std::int64_t sent() const { return sent_; }
  void header(std::string_view name, std::string_view value) { http_.headers.set(name, value); }
  void status(int status) { http_.status = status; }

  // Each sends; what fails then (the peer has left) is nobody's error.
  void xml(std::string_view body);
  void head(std::optional<std::int64_t> content_length);
  void no_content() {
    status(204);
    head(std::nullopt);
  }
  void empty() { bytes(""); }
  void bytes(std::string_view body);
  void file(const io::File& file, std::int64_t position, std::int64_t length);

 private:
  void start() {
    before_sending_();
    started_ = true;
  }
  http::Response& http_;
  const std::function<void()> before_sending_;
  bool started_ = false;
  std::int64_t sent_ = 0;
};

std::optional<std::int64_t> parse_number(std::string_view text);
/// An ETag of a header or an XML body, without its quotes.
std::string unquote(std::string_view etag);
std::string quote(std::string_view etag);
std::string lower(std::string_view text);

}  // namespace tickerlake::s3
