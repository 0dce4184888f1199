#include "http/parser.h"

#include <boost/beast/core/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>

namespace tickerlake::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) { return {text.data(), text.size()}; }

}  // namespace

class RequestParser::Parser final : public beast::http::basic_parser<true> {
 public:
  explicit Parser(std::int64_t limit) : max_head_bytes(static_cast<std::size_t>(limit)) {
    header_limit(static_cast<std::uint32_t>(limit));
    body_limit(boost::none);
  }

  // What the callbacks below collect.
  const std::size_t max_head_bytes;
  RequestHead head;
  Headers trailers;
  bool head_complete = false;
  std::size_t head_bytes = 0;
  MutableBytes into;  // where the body goes during feed_chunked
  std::size_t produced = 0;

 private:
  void on_request_impl(beast::http::verb, Text method, Text target, int version, error_code&) override {
    head.method = view(method);
    head.target = view(target);
    head.http_1_0 = version < 11;
  }
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_field_impl(beast::http::field, Text name, Text value, error_code&) override {
    (head_complete ? trailers : head.headers).add(view(name), view(value));
  }
  void on_header_impl(error_code&) override { head_complete = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, error_code& error) override {
    const std::size_t n = std::min(body.size(), into.size() - produced);
    std::memcpy(into.data() + produced, body.data(), n);
    produced += n;
    if (produced == into.size()) error = beast::http::error::need_buffer;
    return n;
  }
  void on_finish_impl(error_code&) override {}
};

RequestParser::RequestParser(std::int64_t limit) : parser_(std::make_unique<Parser>(limit)) {}
RequestParser::~RequestParser() = default;
RequestHead& RequestParser::head() { return parser_->head; }
const Headers& RequestParser::trailers() const { return parser_->trailers; }

Result<RequestParser::HeadProgress> RequestParser::feed_head(ByteView bytes) {
  Parser& parser = *parser_;
  error_code error;
  const std::size_t taken = parser.put({bytes.data(), bytes.size()}, error);
  parser.head_bytes += taken;
  const bool too_long = parser.head_bytes > parser.max_head_bytes ||
                        (!parser.head_complete && parser.head_bytes + bytes.size() - taken >= parser.max_head_bytes);
  if (error == beast::http::error::header_limit || too_long) {
    return fail(ErrorCode::exhausted,
                "the request line and headers exceed " + std::to_string(parser.max_head_bytes) + " bytes");
  }
  // A line that goes on in the next one ("obs-fold") is taken for one header by some and for two by others.
  const std::string_view lines = as_text(bytes.first(taken));
  if (lines.find("\n ") != std::string_view::npos || lines.find("\n\t") != std::string_view::npos) {
    return fail(ErrorCode::corrupt, "not an HTTP/1.1 request: a folded header");
  }
  if (error == beast::http::error::need_more) return HeadProgress{taken, false};
  if (error) return fail(ErrorCode::corrupt, "not an HTTP/1.1 request: " + error.message());

  RequestHead& head = parser.head;
  head.keep_alive = parser.keep_alive();
  head.chunked = parser.chunked();
  if (const auto coding = head.headers.find("Transfer-Encoding")) {
    // Anything else would leave the end of the body in doubt.
    if (!head.chunked || head.http_1_0 || !beast::iequals(Text(coding->data(), coding->size()), "chunked")) {
      return fail(ErrorCode::unsupported, "the only transfer coding is chunked");
    }
  }
  if (!head.chunked && parser.content_length()) {
    if (*parser.content_length() > static_cast<std::uint64_t>(INT64_MAX)) {
      return fail(ErrorCode::corrupt, "Content-Length is too large");
    }
    head.content_length = static_cast<std::int64_t>(*parser.content_length());
  }
  const auto expect = head.headers.find("Expect");
  head.expects_continue =
      expect && !head.http_1_0 && beast::iequals(Text(expect->data(), expect->size()), "100-continue");
  return HeadProgress{taken, true};
}

Result<RequestParser::BodyProgress> RequestParser::feed_chunked(ByteView bytes, MutableBytes into) {
  Parser& parser = *parser_;
  parser.into = into;
  parser.produced = 0;
  std::size_t taken = 0;
  while (taken < bytes.size() && !parser.is_done() && parser.produced < into.size()) {
    error_code error;
    taken += parser.put({bytes.data() + taken, bytes.size() - taken}, error);
    if (error == beast::http::error::need_more || error == beast::http::error::need_buffer) break;
    if (error) return fail(ErrorCode::corrupt, "bad chunked body: " + error.message());
  }
  return BodyProgress{taken, parser.produced, parser.is_done()};
}

}  // namespace tickerlake::http
