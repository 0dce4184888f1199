#include "aws/payload.h"

#include <gtest/gtest.h>

#include <random>

#include "aws/test_body.h"

namespace tickerlake::aws {
namespace {

/// The examples of AWS's documentation: 66,560 letters a in chunks of 64 KiB.
const Scope scope{"20130524", "us-east-1", "s3"};
const ChunkSignatures with_seed(std::string seed) {
  return {signing_key("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", scope), "20130524T000000Z", scope, std::move(seed)};
}
const std::string seed = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9";
const std::string trailer_seed = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e";

std::string chunk(std::string_view signature, std::size_t size) {
  char length[32];
  std::snprintf(length, sizeof length, "%zx", size);
  return std::string(length) + ";chunk-signature=" + std::string(signature) + "\r\n" + std::string(size, 'a') + "\r\n";
}
const std::string documented = chunk("ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648", 65536) +
                               chunk("0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497", 1024) +
                               chunk("b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9", 0);
const std::string documented_with_trailer =
    chunk("b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2", 65536) +
    chunk("1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7", 1024) +
    "0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n"
    "x-amz-checksum-crc32c:sOO8/Q==\r\n"
    "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";

struct Decoded {
  Result<std::string> content;
  std::string trailers;
};
Decoded decode(std::string text, ChunkedForm form, std::size_t piece = 1 << 20) {
  TextBody body(std::move(text), piece);
  const auto reader = decode_chunks(body, std::move(form));
  auto content = http::read_all(*reader, 1_MiB);
  std::string trailers;
  for (const auto& [name, value] : reader->trailers().fields()) trailers += name + "=" + value;
  return {std::move(content), trailers};
}
ErrorCode error_of(std::string text, ChunkedForm form) {
  const auto decoded = decode(std::move(text), std::move(form));
  return decoded.content ? ErrorCode::internal : decoded.content.error().code;
}

ChunkedForm signed_form() { return {.decoded_length = 66560, .signatures = with_seed(seed)}; }
ChunkedForm signed_trailer_form() {
  return {.decoded_length = 66560, .signatures = with_seed(trailer_seed), .has_trailer = true};
}
ChunkedForm unsigned_form(std::optional<std::int64_t> length = 10) {
  return {.decoded_length = length, .signatures = {}, .has_trailer = true};
}

TEST(AwsChunked, decodes_the_documented_example_in_pieces_of_any_size) {
  for (const std::size_t piece : {1u, 7u, 1000u, 65536u, 1u << 20}) {
    const auto decoded = decode(documented, signed_form(), piece);
    ASSERT_TRUE(decoded.content) << decoded.content.error().message;
    EXPECT_EQ(*decoded.content, std::string(66560, 'a'));
  }
}

TEST(AwsChunked, decodes_the_documented_example_with_a_signed_trailer) {
  const auto decoded = decode(documented_with_trailer, signed_trailer_form());
  ASSERT_TRUE(decoded.content) << decoded.content.error().message;
  EXPECT_EQ(decoded.trailers, "x-amz-checksum-crc32c=sOO8/Q==");
}

TEST(AwsChunked, decodes_unsigned_chunks_and_their_trailer) {
  const auto decoded =
      decode("5\r\nhello\r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32: abc=\r\n\r\n", unsigned_form(), 3);
  EXPECT_EQ(decoded.content, "helloworld");
  EXPECT_EQ(decoded.trailers, "x-amz-checksum-crc32=abc=");
  EXPECT_EQ(decode("0\r\n\r\n", unsigned_form(0)).content, "");
  EXPECT_EQ(decode("1\r\nx\r\n0\r\n\r\n", unsigned_form(std::nullopt)).content, "x");
}

TEST(AwsChunked, refuses_changed_data_signatures_and_trailers) {
  for (const std::size_t at : {std::size_t{100}, std::size_t{65700}, documented.size() - 10}) {
    std::string spoiled = documented;
    spoiled[at] = spoiled[at] == 'b' ? 'c' : 'b';
    EXPECT_EQ(error_of(spoiled, signed_form()), ErrorCode::unauthorized) << at;
  }
  std::string spoiled = documented_with_trailer;
  spoiled.replace(spoiled.find("sOO8"), 4, "tOO8");
  EXPECT_EQ(error_of(spoiled, signed_trailer_form()), ErrorCode::unauthorized);
  EXPECT_EQ(error_of("5\r\nhello\r\n0\r\n\r\n", {.decoded_length = 5, .signatures = with_seed(seed)}),
            ErrorCode::unauthorized);
}

TEST(AwsChunked, a_signed_body_cut_anywhere_is_an_error) {
  for (std::size_t length = 0; length < documented_with_trailer.size(); length += length % 600 == 0 ? 597 : 1) {
    EXPECT_NE(error_of(documented_with_trailer.substr(0, length), signed_trailer_form()), ErrorCode::internal)
        << length;
    if (length > 2000 && length < 65000) length = 65000;
  }
}

TEST(AwsChunked, an_unsigned_body_cut_anywhere_is_an_error) {
  const std::string whole = "5\r\nhello\r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:abc=\r\n\r\n";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_EQ(error_of(whole.substr(0, length), unsigned_form()), ErrorCode::corrupt) << length;
  }
}

TEST(AwsChunked, refuses_lengths_that_differ_and_bytes_behind_the_end) {
  const std::string whole = "5\r\nhello\r\n0\r\n\r\n";
  EXPECT_EQ(error_of(whole, unsigned_form(4)), ErrorCode::corrupt);
  EXPECT_EQ(error_of(whole, unsigned_form(6)), ErrorCode::corrupt);
  EXPECT_EQ(error_of(whole + "x", unsigned_form(5)), ErrorCode::corrupt);
  EXPECT_EQ(error_of("5\r\nhelloX\r\n0\r\n\r\n", unsigned_form(5)), ErrorCode::corrupt);
  EXPECT_EQ(error_of("ffffffffffffffffff\r\n", unsigned_form(std::nullopt)), ErrorCode::corrupt);
  EXPECT_EQ(error_of("-1\r\n", unsigned_form(std::nullopt)), ErrorCode::corrupt);
}

TEST(AwsChunked, bounds_chunk_headers_and_trailers) {
  EXPECT_EQ(error_of("5;" + std::string(100'000, 'x'), unsigned_form()), ErrorCode::corrupt);
  std::string trailers;
  for (int i = 0; i < 10'000; ++i) trailers += "x-amz-a:b\r\n";
  EXPECT_EQ(error_of("0\r\n" + trailers + "\r\n", unsigned_form(0)), ErrorCode::corrupt);
}

TEST(AwsChunked, random_bytes_never_pass_for_a_signed_body) {
  const unsigned random_seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(random_seed));
  std::mt19937 random(random_seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = documented_with_trailer.substr(0, 200) + documented_with_trailer.substr(65536);
    for (int changes = 0; changes <= round % 5; ++changes) bytes[random() % bytes.size()] = static_cast<char>(random());
    EXPECT_NE(error_of(bytes.substr(random() % 20), signed_trailer_form()), ErrorCode::internal);
    (void)decode(bytes, unsigned_form(std::nullopt));
  }
}

TEST(HashedBody, passes_the_signed_bytes_and_refuses_others) {
  const std::string hash = hex(sha256(as_bytes("hello")));
  TextBody good("hello", 2), bad("hellp", 2), unknown_length("hellp");
  EXPECT_EQ(http::read_all(*check_hash(good, 5, hash), 100).value(), "hello");
  EXPECT_EQ(http::read_all(*check_hash(unknown_length, std::nullopt, hash), 100).error().code,
            ErrorCode::invalid_argument);
  const auto reader = check_hash(bad, 5, hash);
  std::byte two[2];
  EXPECT_EQ(reader->read(two).value(), 2u);
  EXPECT_EQ(reader->read(two).value(), 2u);
  EXPECT_EQ(reader->read(two).error().code, ErrorCode::invalid_argument)
      << "before a reader that counts would be content";
  EXPECT_EQ(reader->read(two).error().code, ErrorCode::invalid_argument) << "and it stays so";
}

}  // namespace
}  // namespace tickerlake::aws
