// Bytes of a connection: a piece size, then requests. Fed whole or in pieces of any size, they give the same.
#include "http/parser.h"
#include "target.h"

namespace tickerlake::fuzz {
namespace {

void tell(std::string& into, const http::Headers& headers) {
  for (const auto& [name, value] : headers.fields()) into += name + "\n" + value + "\n";
}

std::string tell(http::RequestHead& head) {
  std::string text = head.method + "\n" + head.target + "\n";
  tell(text, head.headers);
  text += head.content_length ? std::to_string(*head.content_length) : "-";
  for (const bool flag : {head.chunked, head.http_1_0, head.keep_alive, head.expects_continue})
    text += flag ? "1" : "0";
  return text;
}

/// Feeds bytes as a connection of small packets would.
std::string parse(ByteView bytes, std::size_t piece) {
  http::RequestParser parser(1024);
  std::size_t available = std::min(piece, bytes.size());
  const auto more = [&] {
    if (available == bytes.size()) return false;
    available = std::min(available + piece, bytes.size());
    return true;
  };
  const auto take = [&](std::size_t n) {
    require(n <= available, "no more is taken than there is");
    bytes = bytes.subspan(n);
    available -= n;
  };
  while (true) {
    const auto progress = parser.feed_head(bytes.first(available));
    if (!progress) return std::string("head: ") + name(progress.error().code);
    take(progress->taken);
    if (progress->complete) break;
    if (!more()) return "head: cut";
  }
  std::string text = tell(parser.head());
  if (!parser.head().chunked) return text;
  std::array<std::byte, 64> into;
  while (true) {
    while (available == 0) {
      if (!more()) return text + " body: cut";
    }
    const auto progress = parser.feed_chunked(bytes.first(available), into);
    if (!progress) return text + " body: " + name(progress.error().code);
    require(progress->produced <= into.size(), "no more is produced than there is room");
    text += as_text(ByteView(into).first(progress->produced));
    take(progress->taken);
    if (progress->complete) break;
    if (progress->taken == 0 && progress->produced == 0 && !more()) return text + " body: cut";
  }
  tell(text, parser.trailers());
  return text;
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::fuzz;
  Input input(data, size);
  const std::size_t piece = 1 + input.byte() % 64;
  const std::string whole = parse(input.rest(), std::max<std::size_t>(input.rest().size(), 1));
  const std::string pieces = parse(input.rest(), piece);
  // A request that is refused may show so earlier in pieces, where a limit or the first wrong byte comes first.
  const auto is_refused = [](const std::string& text) { return text.find(": ") != std::string::npos; };
  if (!is_refused(whole) || !is_refused(pieces)) require(whole == pieces, "pieces give what the whole gives");
  return 0;
}
