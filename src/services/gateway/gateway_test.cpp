#include "services/gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aws/json_service.h"
#include "aws/test_body.h"

namespace tickerlake::gateway {
namespace {

using testing::HasSubstr;

class FixedClock final : public Clock {
 public:
  TimestampMs now = *parse_iso8601_basic("20161123T140506Z");
  TimestampMs now_ms() const override { return now; }
};

/// An answer kept in memory.
class Answer final : public http::Response {
 public:
  std::string body;
  Result<void> send(std::string_view text) override {
    body = text;
    return {};
  }
  Result<void> send_head(std::optional<std::int64_t>) override { return {}; }
  Result<void> send_file(const io::File&, std::int64_t, std::int64_t) override { return {}; }
  Result<void> begin_stream() override { return {}; }
  Result<void> write(std::string_view) override { return {}; }
  Result<void> end_stream() override { return {}; }
  void close_after() override {}
};

class GatewayTest : public testing::Test {
 protected:
  /// Each service answers with its name, the region and the body, or the name of the error it met in reading it.
  static Service echo(std::string name) {
    return [name](const aws::Caller& caller, http::Request& request, http::Response& response) {
      const auto body = http::read_all(*request.body, 1_MiB);
      std::string text = name + " " + caller.region + " " + (body ? *body : tickerlake::name(body.error().code));
      if (const auto encoding = request.headers.find("Content-Encoding")) text += " " + std::string(*encoding);
      if (request.content_length) text += " " + std::to_string(*request.content_length);
      for (const auto& [field, value] : request.body->trailers().fields()) text += " " + field + "=" + value;
      (void)response.send(text);
    };
  }

  void request(std::string method, std::string target, std::string body = {}) {
    text_ = std::move(body);
    request_ = {.method = std::move(method),
                .target = std::move(target),
                .headers = {},
                .content_length = static_cast<std::int64_t>(text_.size()),
                .peer = "test"};
    request_.headers.add("Host", "localhost");
  }
  void sign(std::string_view service, std::string_view hash = {}) {
    aws::sign(request_.headers, request_.method, request_.raw_path(), request_.raw_query(),
              hash.empty() ? hex(sha256(as_bytes(text_))) : std::string(hash), signer_, "eu-west-1", service,
              clock_.now);
  }
  const Answer& answer() {
    aws::TextBody body(text_);
    request_.body = &body;
    answer_ = Answer();
    gateway_.handle(request_, answer_);
    return answer_;
  }

  FixedClock clock_;
  const aws::Credentials credentials_{
      .access_key_id = "AKIAEXAMPLE", .secret_access_key = "secret", .account_id = "123456789012"};
  aws::Credentials signer_ = credentials_;
  Gateway gateway_{credentials_, {echo("s3"), echo("glue"), echo("athena")}, clock_, Log()};
  std::string text_;
  http::Request request_{};
  Answer answer_;
};

TEST_F(GatewayTest, tells_the_services_apart_by_the_scope_of_the_signature) {
  for (const std::string service : {"s3", "glue", "athena"}) {
    request("POST", "/", "body");
    sign(service);
    EXPECT_EQ(answer().body, service + " eu-west-1 body 4");
  }
  request("POST", "/", "{}");
  sign("dynamodb");
  EXPECT_EQ(answer().status, 501);
  EXPECT_THAT(answer_.body, HasSubstr("dynamodb"));
}

TEST_F(GatewayTest, answers_sts_for_the_account_of_the_credentials) {
  request("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15");
  sign("sts");
  EXPECT_THAT(answer().body, HasSubstr("<Account>123456789012</Account>"));
  request("POST", "/", "Action=AssumeRole&Version=2011-06-15");
  sign("sts");
  EXPECT_EQ(answer().status, 400);
  EXPECT_THAT(answer_.body, HasSubstr("<Code>InvalidAction</Code>"));
}

TEST_F(GatewayTest, says_health_without_a_signature_and_nothing_else) {
  request("GET", "/health");
  EXPECT_EQ(answer().status, 200);
  EXPECT_THAT(answer_.body, HasSubstr("\"ok\""));
  request("GET", "/bucket");
  EXPECT_EQ(answer().status, 403);
  EXPECT_THAT(answer_.body, HasSubstr("<Code>AccessDenied</Code>"));
  request("POST", "/", "{}");
  request_.headers.add("X-Amz-Target", "AWSGlue.GetTables");
  EXPECT_EQ(answer().status, 403);
  EXPECT_THAT(answer_.body, HasSubstr("\"MissingAuthenticationTokenException\""));
  request("POST", "/", "Action=GetCallerIdentity");
  request_.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  EXPECT_THAT(answer().body, HasSubstr("<Code>MissingAuthenticationToken</Code>"));
}

TEST_F(GatewayTest, refuses_in_the_words_of_the_service) {
  const auto code = [&](std::string_view service) {
    request("POST", "/", "x");
    sign(service);
    return answer().body;
  };
  signer_.secret_access_key = "wrong";
  EXPECT_THAT(code("s3"), HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_THAT(code("sts"), HasSubstr("<Code>SignatureDoesNotMatch</Code>"));
  EXPECT_THAT(code("glue"), HasSubstr("\"InvalidSignatureException\""));
  signer_.access_key_id = "AKIAOTHER";
  EXPECT_THAT(code("s3"), HasSubstr("<Code>InvalidAccessKeyId</Code>"));
  EXPECT_THAT(code("sts"), HasSubstr("<Code>InvalidClientTokenId</Code>"));
  EXPECT_THAT(code("athena"), HasSubstr("\"UnrecognizedClientException\""));
  signer_ = credentials_;
  request("GET", "/b");
  sign("s3");
  clock_.now += 16 * 60'000;
  EXPECT_THAT(answer().body, HasSubstr("<Code>RequestTimeTooSkewed</Code>"));
}

TEST_F(GatewayTest, a_body_that_was_changed_on_its_way_is_noticed) {
  request("POST", "/", "{}");
  sign("glue");
  text_ = "[]";
  EXPECT_THAT(answer().body, HasSubstr("InvalidSignatureException"));
  request("PUT", "/b/k", "good");
  sign("s3");
  text_ = "evil";
  EXPECT_THAT(answer().body, HasSubstr("invalid_argument")) << "S3 answers XAmzContentSHA256Mismatch";
}

TEST_F(GatewayTest, unwraps_chunked_bodies_and_what_describes_them) {
  request("PUT", "/b/k", "5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n");
  request_.headers.add("Content-Encoding", "aws-chunked, gzip");
  request_.headers.add("X-Amz-Decoded-Content-Length", "5");
  sign("s3", "STREAMING-UNSIGNED-PAYLOAD-TRAILER");
  EXPECT_EQ(answer().body, "s3 eu-west-1 hello gzip 5 x-amz-checksum-crc32=NhCmhg==");
  request("PUT", "/b/k", "hello");
  sign("s3", "UNSIGNED-PAYLOAD");
  EXPECT_EQ(answer().body, "s3 eu-west-1 hello 5");
  request("PUT", "/b/k", "hello");
  sign("s3", "NO-SUCH-FORM");
  EXPECT_THAT(answer().body, HasSubstr("<Code>InvalidArgument</Code>"));
}

TEST_F(GatewayTest, accepts_presigned_urls_without_headers_until_they_expire) {
  request("GET", "/b/k?response-content-type=text%2Fplain");
  request_.target = "/b/k?" + aws::presign("GET", "localhost", "/b/k", request_.raw_query(), credentials_, "us-east-1",
                                           "s3", clock_.now, std::chrono::seconds(60));
  EXPECT_EQ(answer().body, "s3 us-east-1  0");
  clock_.now += 61'000;
  EXPECT_EQ(answer().status, 403);
  EXPECT_THAT(answer_.body, HasSubstr("Request has expired"));
}

TEST(JsonService, answers_operations_and_names_what_it_does_not_know) {
  aws::JsonService service("AWSGlue", "glue");
  service.add("Echo", [](const aws::Caller&, const boost::json::object& input) -> aws::JsonResult { return input; });
  service.add("Fail", [](const aws::Caller&, const boost::json::object&) -> aws::JsonResult {
    return aws::json_fail("EntityNotFoundException", "Table t not found.");
  });
  const auto call = [&](std::string_view target, std::string text) {
    aws::TextBody body(std::move(text));
    http::Request request{
        .method = "POST", .target = "/", .headers = {}, .content_length = {}, .peer = {}, .body = &body};
    request.headers.add("X-Amz-Target", target);
    Answer answer;
    service.handle({}, request, answer);
    return std::to_string(answer.status) + " " + answer.body;
  };
  EXPECT_EQ(call("AWSGlue.Echo", "{\"a\":[1,2.5,\"\xC3\xA9\"]}"), "200 {\"a\":[1,2.5E0,\"\xC3\xA9\"]}");
  EXPECT_EQ(call("AWSGlue.Echo", ""), "200 {}");
  EXPECT_THAT(call("AWSGlue.Fail", "{}"),
              testing::AllOf(HasSubstr("400 "), HasSubstr("EntityNotFoundException"), HasSubstr("Table t not found.")));
  EXPECT_THAT(call("AWSGlue.Nothing", "{}"), HasSubstr("UnknownOperationException"));
  EXPECT_THAT(call("Other.Echo", "{}"), HasSubstr("UnknownOperationException"));
  EXPECT_THAT(call("AWSGlue.Echo", "{"), HasSubstr("SerializationException"));
  EXPECT_THAT(call("AWSGlue.Echo", "[]"), HasSubstr("SerializationException"));
  EXPECT_THAT(call("AWSGlue.Echo", std::string(100'000, '[')), HasSubstr("SerializationException"));
}

}  // namespace
}  // namespace tickerlake::gateway
