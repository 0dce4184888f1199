#pragma once
// HTTP requests out of fuzzed text, and answers kept in memory.
#include <memory>
#include <optional>
#include <string>

#include "http/parser.h"
#include "target.h"

namespace tickerlake::fuzz {

/// A body out of memory, in pieces of a given size.
class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string_view text, std::size_t piece = 1 << 20) : left_(text), piece_(piece) {}
  Result<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min({into.size(), left_.size(), piece_});
    std::ranges::copy(as_bytes(left_.substr(0, n)), into.begin());
    left_.remove_prefix(n);
    return n;
  }
  const http::Headers& trailers() const override { return none_; }

 private:
  std::string_view left_;
  std::size_t piece_;
  http::Headers none_;
};

/// What a handler answered. It must answer exactly once.
class KeptResponse final : public http::Response {
 public:
  Result<void> send(std::string_view bytes) override {
    body = bytes;
    return answer();
  }
  Result<void> send_head(std::optional<std::int64_t>) override { return answer(); }
  Result<void> send_file(const io::File& file, std::int64_t position, std::int64_t length) override {
    body.resize(static_cast<std::size_t>(length));
    require(file.read_exactly_at(position, std::as_writable_bytes(std::span(body))).has_value(),
            "a file that is sent has the bytes that were announced");
    return answer();
  }
  Result<void> begin_stream() override { return answer(); }
  Result<void> write(std::string_view part) override {
    body += part;
    return {};
  }
  Result<void> end_stream() override { return {}; }
  void close_after() override {}

  std::string body;
  int answers = 0;

 private:
  Result<void> answer() {
    ++answers;
    return {};
  }
};

/// A request as the server hands it to a handler. The text must outlive it.
struct ParsedRequest {
  http::Request request;
  std::unique_ptr<TextBody> body;
};
/// Nothing where the text is no request; what follows the head is the body, whatever the head says of its length.
inline std::optional<ParsedRequest> parse_request(std::string_view text) {
  http::RequestParser parser(64 * 1024);
  const auto progress = parser.feed_head(as_bytes(text));
  if (!progress || !progress->complete) return std::nullopt;
  text.remove_prefix(progress->taken);
  ParsedRequest parsed;
  http::RequestHead& head = parser.head();
  parsed.request.method = std::move(head.method);
  parsed.request.target = std::move(head.target);
  parsed.request.headers = std::move(head.headers);
  if (!head.chunked) parsed.request.content_length = std::ssize(text);
  parsed.request.peer = "127.0.0.1:40404";
  parsed.body = std::make_unique<TextBody>(text);
  parsed.request.body = parsed.body.get();
  return parsed;
}

}  // namespace tickerlake::fuzz
