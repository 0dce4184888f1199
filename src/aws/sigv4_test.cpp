// Against the examples of AWS's documentation and test suite.
#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include "aws/sigv2.h"
#include "aws/verify.h"

namespace tickerlake::aws {
namespace {

const std::string empty_hash = hex(sha256({}));
const Credentials suite{.access_key_id = "AKIDEXAMPLE",
                        .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};
const Credentials s3_example{.access_key_id = "AKIAIOSFODNN7EXAMPLE",
                             .secret_access_key = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"};
const TimestampMs suite_time = *parse_iso8601_basic("20150830T123600Z");
const TimestampMs s3_time = *parse_iso8601_basic("20130524T000000Z");

http::Headers host(std::string_view name) {
  http::Headers headers;
  headers.add("Host", name);
  return headers;
}

std::string signed_with(http::Headers headers, std::string_view path, std::string_view query,
                        std::string_view method = "GET") {
  sign(headers, method, path, query, empty_hash, suite, "us-east-1", "service", suite_time);
  const std::string text(headers.find("Authorization").value_or(""));
  return text.substr(text.find("Signature=") + 10);
}

std::string signed_for_s3(http::Headers headers, std::string_view method, std::string_view path, std::string_view query,
                          std::string_view hash) {
  sign(headers, method, path, query, hash, s3_example, "us-east-1", "s3", s3_time);
  const std::string text(headers.find("Authorization").value_or(""));
  return text.substr(text.find("Signature=") + 10);
}

TEST(SigV4, derives_the_documented_signing_key) {
  EXPECT_EQ(hex(signing_key(suite.secret_access_key, {"20150830", "us-east-1", "iam"})),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, signs_as_the_test_suite_does) {
  const auto example = host("example.amazonaws.com");
  const std::string vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
  EXPECT_EQ(signed_with(example, "/", ""), vanilla);
  EXPECT_EQ(signed_with(example, "/example/..", ""), vanilla) << "dot segments are removed";
  EXPECT_EQ(signed_with(example, "//", ""), vanilla) << "empty segments are removed";
  EXPECT_EQ(signed_with(example, "/", "Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
  EXPECT_EQ(signed_with(example, "/", "", "POST"), "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, collapses_spaces_in_header_values) {
  auto a = host("example.amazonaws.com"), b = a;
  a.add("My-Header1", "  value1  with   spaces ");
  b.add("My-Header1", "value1 with spaces");
  EXPECT_EQ(signed_with(a, "/", ""), signed_with(b, "/", ""));
}

TEST(SigV4, signs_the_s3_examples_of_the_documentation) {
  const auto bucket = host("examplebucket.s3.amazonaws.com");
  auto ranged = bucket, put = bucket;
  ranged.add("Range", "bytes=0-9");
  EXPECT_EQ(signed_for_s3(ranged, "GET", "/test.txt", "", empty_hash),
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  put.add("Date", "Fri, 24 May 2013 00:00:00 GMT");
  put.add("x-amz-storage-class", "REDUCED_REDUNDANCY");
  EXPECT_EQ(signed_for_s3(put, "PUT", "/test$file.text", "", hex(sha256(as_bytes("Welcome to Amazon S3.")))),
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
  EXPECT_EQ(signed_for_s3(bucket, "GET", "/", "lifecycle", empty_hash),
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  EXPECT_EQ(signed_for_s3(bucket, "GET", "/", "max-keys=2&prefix=J", empty_hash),
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, presigns_the_example_of_the_documentation) {
  const std::string query = presign("GET", "examplebucket.s3.amazonaws.com", "/test.txt", "", s3_example, "us-east-1",
                                    "s3", s3_time, std::chrono::seconds(86400));
  EXPECT_TRUE(query.ends_with("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"))
      << query;
}

TEST(SigV4, paths_of_s3_are_encoded_once_and_never_normalised) {
  EXPECT_EQ(canonical_path("/b/a//x/../%E2%82%AC$+%2B", "s3"), "/b/a//x/../%E2%82%AC%24%2B%2B");
  EXPECT_EQ(canonical_path("/a//x/../%E2%82%AC/", "glue"), "/a/%25E2%2582%25AC/");
  EXPECT_EQ(canonical_path("/%zz", "s3"), std::nullopt);
}

TEST(SigV4, queries_are_sorted_after_encoding_and_plus_is_a_space) {
  EXPECT_EQ(canonical_query("b=1&a=%7E+x&acl&B=2"), "B=2&a=~%20x&acl=&b=1");
  EXPECT_EQ(canonical_query("a=1&X-Amz-Signature=2", "X-Amz-Signature"), "a=1");
}

TEST(SigV2, signs_the_example_of_the_documentation) {
  http::Request request{.method = "GET",
                        .target = "/photos/puppy.jpg?AWSAccessKeyId=x&Expires=1175139620",
                        .headers = {},
                        .content_length = {},
                        .peer = {}};
  EXPECT_EQ(sigv2_signature(s3_example.secret_access_key, request, "/johnsmith/photos/puppy.jpg", "1175139620"),
            "NpgCjnDzrM+WFzoENXmpNDUsSn8=");
}

TEST(Credentials, are_made_saved_for_the_owner_only_and_found_again) {
  io::TemporaryDirectory folder;
  const io::Path file = folder.path() / "credentials.json";
  EXPECT_EQ(load_credentials(file).error().code, ErrorCode::not_found);
  const auto made = load_or_create_credentials(file), again = load_or_create_credentials(file);
  ASSERT_TRUE(made && again);
  EXPECT_EQ(made->access_key_id.size(), 20u);
  EXPECT_EQ(made->secret_access_key.size(), 40u);
  EXPECT_EQ(made->account_id.size(), 12u);
  EXPECT_EQ(made->secret_access_key, again->secret_access_key);
  EXPECT_NE(made->secret_access_key, generate_credentials().secret_access_key);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  ASSERT_TRUE(io::write_file_atomically(file, "{}"));
  EXPECT_EQ(load_credentials(file).error().code, ErrorCode::corrupt);
}

/// A request signed by our own signer, to be spoiled by each test.
class Verify : public testing::Test {
 protected:
  void signed_header(std::string target = "/bucket/key?acl", std::string_view service = "s3") {
    request.target = std::move(target);
    request.headers = host("localhost:4566");
    request.headers.add("x-amz-meta-a", "b");
    sign(request.headers, request.method, request.raw_path(), request.raw_query(), empty_hash, suite, "eu-west-1",
         service, suite_time);
  }
  void presigned(std::chrono::seconds valid_for = std::chrono::seconds(60)) {
    request.headers = host("localhost:4566");
    request.target = "/bucket/key?" + presign("GET", "localhost:4566", "/bucket/key", "", suite, "eu-west-1", "s3",
                                              suite_time, valid_for);
  }
  std::optional<Refusal> refusal(TimestampMs now = suite_time, const Credentials& credentials = suite) {
    const auto authorization = read_authorization(request);
    if (!authorization) return authorization.error().refusal;
    const auto verified = verify(request, *authorization, credentials, authorization->payload_hash, now);
    if (!verified) return verified.error().refusal;
    return std::nullopt;
  }
  static constexpr TimestampMs minute = 60'000;
  http::Request request{.method = "GET", .target = {}, .headers = {}, .content_length = {}, .peer = {}};
};

TEST_F(Verify, accepts_what_our_signer_signs) {
  signed_header();
  EXPECT_EQ(refusal(), std::nullopt);
  presigned();
  EXPECT_EQ(refusal(), std::nullopt);
}

TEST_F(Verify, refuses_every_change_of_a_signed_part) {
  signed_header();
  request.target = "/bucket/other?acl";
  EXPECT_EQ(refusal(), Refusal::mismatch);
  signed_header();
  request.target += "&versionId=1";
  EXPECT_EQ(refusal(), Refusal::mismatch);
  signed_header();
  request.method = "DELETE";
  EXPECT_EQ(refusal(), Refusal::mismatch);
  request.method = "GET";
  signed_header();
  request.headers.set("x-amz-meta-a", "c");
  EXPECT_EQ(refusal(), Refusal::mismatch);
  signed_header();
  request.headers.set("Host", "elsewhere");
  EXPECT_EQ(refusal(), Refusal::mismatch);
}

TEST_F(Verify, refuses_an_amz_header_that_is_not_signed) {
  signed_header();
  request.headers.add("X-Amz-Acl", "public-read");
  EXPECT_EQ(refusal(), Refusal::unsigned_header);
  presigned();
  request.headers.add("X-Amz-Acl", "public-read");
  EXPECT_EQ(refusal(), Refusal::unsigned_header);
}

TEST_F(Verify, refuses_clocks_that_differ_by_more_than_fifteen_minutes) {
  signed_header();
  EXPECT_EQ(refusal(suite_time + 15 * minute), std::nullopt);
  EXPECT_EQ(refusal(suite_time + 15 * minute + 1), Refusal::skewed);
  EXPECT_EQ(refusal(suite_time - 15 * minute - 1), Refusal::skewed);
}

TEST_F(Verify, presigned_urls_expire) {
  presigned();
  EXPECT_EQ(refusal(suite_time + minute), std::nullopt);
  EXPECT_EQ(refusal(suite_time + minute + 1), Refusal::expired);
  EXPECT_EQ(refusal(suite_time - 16 * minute), Refusal::expired) << "not valid yet";
  presigned(max_presigned_validity + std::chrono::seconds(1));
  EXPECT_EQ(refusal(), Refusal::malformed_query);
  presigned();
  request.target.replace(request.target.find("X-Amz-Expires=60"), 16, "X-Amz-Expires=66");
  EXPECT_EQ(refusal(), Refusal::mismatch);
}

TEST_F(Verify, tells_an_unknown_key_from_a_wrong_secret) {
  signed_header();
  EXPECT_EQ(refusal(suite_time, s3_example), Refusal::unknown_key);
  EXPECT_EQ(refusal(suite_time, {.access_key_id = "AKIDEXAMPLE", .secret_access_key = "wrong"}), Refusal::mismatch);
}

TEST_F(Verify, accepts_version_2_in_the_header_with_either_date) {
  // The example of AWS's documentation: GET of johnsmith's photos/puppy.jpg.
  request.target = "/photos/puppy.jpg";
  request.headers = host("johnsmith.s3.amazonaws.com");
  request.headers.add("Date", "Tue, 27 Mar 2007 19:36:42 +0000");
  request.headers.add("Authorization", "AWS AKIAIOSFODNN7EXAMPLE:bWq2s1WEIj+Ydj0vQ697zp+IXMU=");
  const TimestampMs then = *parse_http_date("Tue, 27 Mar 2007 19:36:42 GMT");
  EXPECT_EQ(refusal(then, s3_example), std::nullopt);
  EXPECT_EQ(refusal(then + 16 * minute, s3_example), Refusal::skewed);
  request.headers.set("Date", "Tue, 27 Mar 2007 19:36:43 +0000");
  EXPECT_EQ(refusal(then, s3_example), Refusal::mismatch);
  request.headers.set("Date", "yesterday");
  EXPECT_EQ(refusal(then, s3_example), Refusal::bad_date);
}

TEST_F(Verify, version_2_signs_a_bucket_with_a_slash_however_it_is_sent) {
  for (const std::string path : {"/bucket", "/bucket/"}) {
    request.target = path;
    request.headers = host("localhost");
    request.headers.add("Date", "Tue, 27 Mar 2007 19:36:42 -0000");
    const auto signature =
        sigv2_signature(suite.secret_access_key, request, "/bucket/", "Tue, 27 Mar 2007 19:36:42 -0000");
    request.headers.add("Authorization", "AWS AKIDEXAMPLE:" + signature.value_or(""));
    EXPECT_EQ(refusal(*parse_http_date("Tue, 27 Mar 2007 19:36:42 GMT")), std::nullopt) << path;
  }
}

TEST_F(Verify, names_what_it_cannot_read) {
  request.headers = host("x");
  request.target = "/";
  EXPECT_EQ(refusal(), Refusal::missing);
  for (const auto& [authorization, expected] :
       {std::pair("AWS AKID:sig", Refusal::bad_date), std::pair("AWS HAHA", Refusal::malformed_v2),
        std::pair("", Refusal::missing), std::pair("AWS4-ECDSA-P256-SHA256 Credential=x", Refusal::unsupported),
        std::pair("Basic abc", Refusal::unsupported), std::pair("AWS4-HMAC-SHA256 ", Refusal::malformed),
        std::pair("AWS4-HMAC-SHA256 Credential=a/b/c, SignedHeaders=host, Signature=x", Refusal::malformed),
        std::pair("AWS4-HMAC-SHA256 Credential=K/20150830/r/s3/aws4_request, SignedHeaders=date, Signature=x",
                  Refusal::malformed),
        std::pair("AWS4-HMAC-SHA256 Credential=K/20150830/r/s3/aws4_request, SignedHeaders=host, Signature=x",
                  Refusal::bad_date)}) {
    request.headers.set("Authorization", authorization);
    EXPECT_EQ(refusal(), expected) << authorization;
  }
}

}  // namespace
}  // namespace tickerlake::aws
