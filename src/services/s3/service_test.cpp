// The protocol over a store, with requests and answers in memory.
#include "services/s3/service.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "services/s3/api/range.h"
#include "services/s3/api/request.h"

namespace tickerlake::s3 {
namespace {

class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  Result<std::size_t> read(MutableBytes into) override {
    // A few bytes at a time, as small chunks arrive.
    const std::size_t n = std::min({into.size(), text_.size() - at_, std::size_t{5}});
    std::memcpy(into.data(), text_.data() + at_, n);
    at_ += n;
    return n;
  }
  const http::Headers& trailers() const override { return trailing; }
  http::Headers trailing;

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class TextResponse final : public http::Response {
 public:
  Result<void> send(std::string_view bytes) override {
    body = bytes;
    return {};
  }
  Result<void> send_head(std::optional<std::int64_t> content_length) override {
    length = content_length;
    return {};
  }
  Result<void> send_file(const io::File& file, std::int64_t position, std::int64_t size) override {
    body.resize(static_cast<std::size_t>(size));
    return file.read_exactly_at(position, std::as_writable_bytes(std::span(body)));
  }
  Result<void> begin_stream() override { return {}; }
  Result<void> write(std::string_view) override { return {}; }
  Result<void> end_stream() override { return {}; }
  void close_after() override { closes = true; }

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
  std::string body;
  std::optional<std::int64_t> length;
  bool closes = false;
};

class ServiceTest : public testing::Test {
 protected:
  ServiceTest() : store_(*Store::open(folder_.path() / "s3", Log())), service_(*store_, Log()) {
    EXPECT_EQ(call("PUT", "/lake").status, 200);
  }
  using Fields = std::vector<std::pair<std::string, std::string>>;
  TextResponse call(std::string method, std::string target, const Fields& headers = {}, std::string body = {},
                    const Fields& trailers = {}) {
    TextBody reader(body);
    for (const auto& [name, value] : trailers) reader.trailing.add(name, value);
    http::Request request;
    request.method = std::move(method);
    request.target = std::move(target);
    request.headers.add("host", "127.0.0.1:4566");
    for (const auto& [name, value] : headers) request.headers.set(name, value);
    if (!body.empty() || request.method == "PUT") request.content_length = std::ssize(body);
    request.body = &reader;
    TextResponse response;
    service_.handle({.access_key = "AKIA", .account_id = "123456789012", .region = "us-east-1"}, request, response);
    EXPECT_EQ(response.header("x-amz-request-id").size(), 16u);
    return response;
  }
  static std::string code(const TextResponse& response) {
    const std::size_t from = response.body.find("<Code>");
    return from == std::string::npos ? "" : response.body.substr(from + 6, response.body.find("</Code>") - from - 6);
  }

  io::TemporaryDirectory folder_;
  std::unique_ptr<Store> store_;
  Service service_;
};

TEST_F(ServiceTest, stores_and_gives_back_with_headers) {
  const auto put =
      call("PUT", "/lake/a%2Fb%20c", {{"Content-Type", "text/csv"}, {"x-amz-meta-Rows", "3"}}, "a,b\n1,2\n");
  EXPECT_EQ(put.status, 200);
  const auto got = call("GET", "/lake/a/b%20c");
  EXPECT_EQ(got.body, "a,b\n1,2\n");
  EXPECT_EQ(got.header("content-type"), "text/csv");
  EXPECT_EQ(got.header("x-amz-meta-rows"), "3");
  EXPECT_EQ(got.header("etag"), put.header("etag"));
  const auto head = call("HEAD", "/lake/a/b%20c");
  EXPECT_EQ(head.length, 8);
  EXPECT_EQ(head.body, "");
}

TEST_F(ServiceTest, checks_the_checksum_of_a_trailer) {
  const Fields announced = {{"x-amz-trailer", "x-amz-checksum-crc32"}, {"content-encoding", "aws-chunked,gzip"}};
  ChecksumStream crc(ChecksumAlgorithm::crc32);
  crc.update(as_bytes("hello"));
  const std::string right = base64(crc.finish());
  EXPECT_EQ(call("PUT", "/lake/k", announced, "hello", {{"x-amz-checksum-crc32", right}}).status, 200);
  EXPECT_EQ(code(call("PUT", "/lake/k", announced, "hallo", {{"x-amz-checksum-crc32", right}})), "BadDigest");
  EXPECT_EQ(code(call("PUT", "/lake/k", announced, "hello")), "InvalidRequest");
  const auto head = call("HEAD", "/lake/k", {{"x-amz-checksum-mode", "ENABLED"}});
  EXPECT_EQ(head.header("x-amz-checksum-crc32"), right);
  EXPECT_EQ(head.header("content-encoding"), "gzip");
}

TEST_F(ServiceTest, names_what_it_does_not_do) {
  EXPECT_EQ(code(call("PUT", "/lake?versioning")), "NotImplemented");
  EXPECT_NE(call("PUT", "/lake?policy").body.find("policy"), std::string::npos);
  EXPECT_EQ(code(call("PUT", "/lake/k?retention")), "NotImplemented");
  EXPECT_EQ(code(call("POST", "/lake")), "NotImplemented");
  EXPECT_EQ(code(call("PUT", "/lake/k", {{"x-amz-acl", "public-read"}})), "NotImplemented");
  EXPECT_EQ(code(call("PATCH", "/lake/k")), "MethodNotAllowed");
  EXPECT_EQ(code(call("GET", "/lake?cors")), "NoSuchCORSConfiguration");
  EXPECT_EQ(call("DELETE", "/lake?cors").status, 204);
}

TEST_F(ServiceTest, errors_of_head_have_no_body_and_others_name_resource_and_request) {
  const auto head = call("HEAD", "/lake/none");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.body, "");
  const auto get = call("GET", "/lake/none");
  EXPECT_EQ(code(get), "NoSuchKey");
  EXPECT_NE(get.body.find("<Resource>/lake/none</Resource>"), std::string::npos);
  EXPECT_NE(get.body.find("<RequestId>" + get.header("x-amz-request-id")), std::string::npos);
}

TEST_F(ServiceTest, refuses_broken_and_hostile_documents) {
  const auto remove = [&](const std::string& body) { return code(call("POST", "/lake?delete", {}, body)); };
  EXPECT_EQ(remove(""), "MalformedXML");
  EXPECT_EQ(remove("<Delete>"), "MalformedXML");
  EXPECT_EQ(remove("<Delete></Delete>"), "MalformedXML");
  EXPECT_EQ(remove("<Other><Object><Key>k</Key></Object></Other>"), "MalformedXML");
  EXPECT_EQ(remove("<Delete>" + std::string(static_cast<std::size_t>(9_MiB), ' ') + "</Delete>"), "EntityTooLarge");
  std::string many = "<Delete>";
  for (int i = 0; i < 1001; ++i) many += "<Object><Key>k</Key></Object>";
  EXPECT_EQ(remove(many + "</Delete>"), "MalformedXML");
  const std::string bomb =
      "<!DOCTYPE d [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b "
      "\"&a;&a;&a;&a;&a;&a;\">]><Delete><Object><Key>&b;</Key></Object></Delete>";
  EXPECT_EQ(call("POST", "/lake?delete", {}, bomb).body.find("aaaa"), std::string::npos);
}

TEST_F(ServiceTest, the_body_of_a_refused_request_does_not_stay_on_the_connection) {
  EXPECT_FALSE(call("PUT", "/none/k", {}, "short").closes);
  EXPECT_TRUE(call("PUT", "/none/k", {{"Expect", "100-continue"}}, "short").closes);
  EXPECT_TRUE(call("PUT", "/none/k", {}, std::string(static_cast<std::size_t>(2_MiB), 'x')).closes);
}

TEST_F(ServiceTest, overridden_headers_can_hold_no_line_breaks) {
  ASSERT_EQ(call("PUT", "/lake/k", {}, "x").status, 200);
  EXPECT_EQ(call("GET", "/lake/k?response-content-type=text%2Fplain").header("content-type"), "text/plain");
  EXPECT_EQ(call("GET", "/lake/k?response-expires=0%0D%0ASet-Cookie:%20a").status, 400);
}

TEST_F(ServiceTest, finds_the_bucket_in_the_host) {
  EXPECT_EQ(call("PUT", "/k", {{"host", "lake.localhost:4566"}}, "x").status, 200);
  EXPECT_EQ(call("GET", "/lake/k").body, "x");
  EXPECT_EQ(call("GET", "/k", {{"host", "lake.s3.eu-central-1.amazonaws.com"}}).body, "x");
}

TEST(VirtualHost, is_told_from_path_style) {
  EXPECT_EQ(virtual_host_bucket("b.localhost:80"), "b");
  EXPECT_EQ(virtual_host_bucket("b.c.s3.localhost"), "b.c");
  EXPECT_EQ(virtual_host_bucket("b.127.0.0.1.nip.io"), "b");
  EXPECT_EQ(virtual_host_bucket("my.bucket.s3.amazonaws.com"), "my.bucket");
  EXPECT_EQ(virtual_host_bucket("b.s3-us-west-2.amazonaws.com"), "b");
  for (const char* host :
       {"localhost", "localhost:4566", "127.0.0.1:4566", "s3.localhost", "s3.amazonaws.com", "[::1]:80", ""}) {
    EXPECT_FALSE(virtual_host_bucket(host)) << host;
  }
}

TEST(Range, follows_rfc_9110) {
  const auto range = [](std::string_view header) {
    const auto parsed = parse_range(header, 10);
    if (!parsed) return std::string("416");
    return *parsed ? std::to_string((*parsed)->first) + "+" + std::to_string((*parsed)->length)
                   : std::string("ignored");
  };
  EXPECT_EQ(range("bytes=0-0"), "0+1");
  EXPECT_EQ(range("bytes=3-"), "3+7");
  EXPECT_EQ(range("bytes=3-99"), "3+7");
  EXPECT_EQ(range("bytes=-3"), "7+3");
  EXPECT_EQ(range("bytes=-99"), "0+10");
  EXPECT_EQ(range("bytes=10-"), "416");
  EXPECT_EQ(range("bytes=-0"), "416");
  for (const char* header :
       {"bytes=5-3", "bytes=a-b", "bytes=1-2,4-5", "items=0-1", "bytes=", "bytes=-", "bytes=--1"}) {
    EXPECT_EQ(range(header), "ignored") << header;
  }
}

}  // namespace
}  // namespace tickerlake::s3
