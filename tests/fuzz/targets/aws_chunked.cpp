// aws-chunked bodies: flags, a piece size, then the body. It decodes the same however its bytes arrive; and what is
// wrapped by the rules, with chunk signatures or without, is what comes out.
#include "aws/payload.h"
#include "http_input.h"

namespace tickerlake::fuzz {
namespace {

enum Flags : unsigned { with_signatures = 1, with_trailer = 2, with_length = 4 };

const aws::Scope scope{"20161124", "us-east-1", "s3"};
const std::string timestamp = "20161124T150640Z", seed(64, 'a');

aws::ChunkedForm form_of(unsigned flags, std::size_t length) {
  aws::ChunkedForm form;
  if ((flags & with_length) != 0) form.decoded_length = static_cast<std::int64_t>(length);
  if ((flags & with_signatures) != 0) {
    form.signatures = aws::ChunkSignatures{aws::signing_key("secret", scope), timestamp, scope, seed};
  }
  form.has_trailer = (flags & with_trailer) != 0;
  return form;
}

std::string decode(std::string_view text, const aws::ChunkedForm& form, std::size_t piece) {
  TextBody body(text, piece);
  const auto reader = aws::decode_chunks(body, form);
  const auto content = http::read_all(*reader, 1 << 20);
  if (!content) return std::string("error ") + name(content.error().code);
  std::string told = "content " + *content;
  for (const auto& [name, value] : reader->trailers().fields()) told += "\n" + name + ":" + value;
  return told;
}

/// The rules of the documentation, written down a second time.
std::string encode(std::string_view content, unsigned flags, std::size_t chunk) {
  chunk = std::max(chunk, content.size() / 8);  // each costs a signature
  const Sha256 key = aws::signing_key("secret", scope);
  std::string text, previous = seed;
  const auto sign = [&](std::string_view algorithm, const std::string& hashes) {
    previous = hex(hmac_sha256(key, as_bytes(std::string(algorithm) + "\n" + timestamp + "\n" + scope.text() + "\n" +
                                             previous + "\n" + hashes)));
    return previous;
  };
  const auto put = [&](std::string_view data) {
    char size[20];
    std::snprintf(size, sizeof size, "%zx", data.size());
    text += size;
    if ((flags & with_signatures) != 0) {
      const std::string hashes = hex(sha256({})) + "\n" + hex(sha256(as_bytes(data)));
      text += ";chunk-signature=" + sign("AWS4-HMAC-SHA256-PAYLOAD", hashes);
    }
    text += "\r\n";
    if (!data.empty()) text += std::string(data) + "\r\n";
  };
  for (; !content.empty(); content.remove_prefix(std::min(chunk, content.size()))) put(content.substr(0, chunk));
  put("");
  if ((flags & with_trailer) != 0) {
    text += "x-amz-checksum-crc32:AAAAAA==\r\n";
    if ((flags & with_signatures) != 0) {
      const std::string hash = hex(sha256(as_bytes("x-amz-checksum-crc32:AAAAAA==\n")));
      text += "x-amz-trailer-signature:" + sign("AWS4-HMAC-SHA256-TRAILER", hash) + "\r\n";
    }
  }
  return text + "\r\n";
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::fuzz;
  Input input(data, size);
  const unsigned flags = input.byte();
  const std::size_t piece = 1 + input.byte();
  const std::string_view text = input.text();
  const auto form = form_of(flags, input.byte());
  require(decode(text, form, piece) == decode(text, form, 1 << 20), "pieces give what the whole gives");

  const auto exact = form_of(flags, text.size());
  std::string wrapped = encode(text, flags, piece);
  std::string expected = "content " + std::string(text);
  if ((flags & with_trailer) != 0) expected += "\nx-amz-checksum-crc32:AAAAAA==";
  require(decode(wrapped, exact, piece) == expected, "what was wrapped comes out");
  if ((flags & with_signatures) != 0 && !text.empty()) {
    wrapped[wrapped.find("\r\n") + 2] ^= 1;  // the first byte of the content
    require(decode(wrapped, exact, piece).starts_with("error"), "a changed byte is noticed");
  }
  return 0;
}
