#include <algorithm>
#include <charconv>

#include "aws/payload.h"

namespace tickerlake::aws {
namespace {

constexpr std::size_t buffer_size = 64 * 1024;
constexpr std::string_view signature_extension = "chunk-signature=";
constexpr std::string_view trailer_signature = "x-amz-trailer-signature";

/// size[;chunk-signature=hex] CRLF data CRLF … 0[;chunk-signature=hex] CRLF [name:value CRLF …] CRLF
class ChunkedBody final : public http::BodyReader {
 public:
  ChunkedBody(http::BodyReader& body, ChunkedForm form) : body_(body), form_(std::move(form)), buffer_(buffer_size) {
    if (form_.signatures) previous_signature_ = form_.signatures->seed;
  }

  Result<std::size_t> read(MutableBytes into) override {
    if (failed_) return std::unexpected(*failed_);
    if (done_ || into.empty()) return 0;
    auto n = read_decoded(into);
    if (!n) failed_ = n.error();
    return n;
  }
  const http::Headers& trailers() const override { return trailers_; }

 private:
  Result<std::size_t> read_decoded(MutableBytes into) {
    if (chunk_left_ == 0) {
      CHECK(begin_chunk());
      if (chunk_left_ == 0) {
        CHECK(end_body());
        done_ = true;
        return 0;
      }
    }
    into = into.first(std::min<std::size_t>(into.size(), static_cast<std::size_t>(chunk_left_)));
    std::size_t n = std::min(end_ - begin_, into.size());
    if (n > 0) {
      std::copy_n(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), n, into.begin());
      begin_ += n;
    } else {
      TRY(n, body_.read(into));
      if (n == 0) return cut();
    }
    if (digest_) digest_->update(into.first(n));
    chunk_left_ -= static_cast<std::int64_t>(n);
    decoded_ += static_cast<std::int64_t>(n);
    if (chunk_left_ == 0) CHECK(end_chunk());
    return n;
  }

  /// Reads "size;chunk-signature=…".
  Result<void> begin_chunk() {
    TRY(const std::string line, read_line(max_chunk_header_bytes));
    const std::string_view text(line);
    const std::size_t semicolon = std::min(text.find(';'), text.size());
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + semicolon, size, 16);
    if (error != std::errc{} || end != text.data() + semicolon || size > static_cast<std::uint64_t>(INT64_MAX)) {
      return fail(ErrorCode::corrupt, "an aws-chunked body has a chunk without a proper size");
    }
    chunk_left_ = static_cast<std::int64_t>(size);
    if (form_.decoded_length && chunk_left_ > *form_.decoded_length - decoded_) {
      return fail(ErrorCode::corrupt, "an aws-chunked body is longer than x-amz-decoded-content-length");
    }
    if (!form_.signatures) return {};
    const std::string_view extension = text.substr(std::min(semicolon + 1, text.size()));
    if (!extension.starts_with(signature_extension))
      return fail(ErrorCode::unauthorized, "a chunk carries no signature");
    chunk_signature_ = extension.substr(signature_extension.size());
    digest_.emplace("SHA256");
    // The last, empty chunk has no data to end with.
    return chunk_left_ == 0 ? check_chunk() : Result<void>{};
  }

  Result<void> end_chunk() {
    TRY(const std::string rest, read_line(max_chunk_header_bytes));
    if (!rest.empty())
      return fail(ErrorCode::corrupt, "an aws-chunked body has a chunk that does not end where it should");
    return form_.signatures ? check_chunk() : Result<void>{};
  }

  Result<void> check_chunk() {
    static const std::string empty_hash = hex(sha256({}));
    const std::string data_hash = hex(digest_->finish());
    digest_.reset();
    const std::string expected = continued("AWS4-HMAC-SHA256-PAYLOAD", empty_hash + "\n" + data_hash);
    if (!equal_in_constant_time(expected, chunk_signature_)) {
      return fail(ErrorCode::unauthorized, "a chunk's signature does not match");
    }
    previous_signature_ = expected;
    return {};
  }

  /// The trailers, and nothing behind them.
  Result<void> end_body() {
    if (form_.decoded_length && decoded_ != *form_.decoded_length) {
      return fail(ErrorCode::corrupt, "an aws-chunked body is shorter than x-amz-decoded-content-length");
    }
    std::string signed_text, given_signature;
    std::size_t left = max_trailer_bytes;
    while (true) {
      TRY(const std::string line, read_line(left));
      left -= std::min(left, line.size() + 2);
      // AWS's own description has an empty line before the trailers' signature.
      const bool signature_follows = form_.has_trailer && form_.signatures && given_signature.empty();
      if (line.empty() && !signature_follows) break;
      if (line.empty()) {
        if (std::exchange(skipped_empty_line_, true))
          return fail(ErrorCode::unauthorized, "the trailers carry no signature");
        continue;
      }
      const std::size_t colon = line.find(':');
      if (!form_.has_trailer || colon == std::string::npos)
        return fail(ErrorCode::corrupt, "an aws-chunked body has a bad trailer");
      const std::string name = line.substr(0, colon);
      const std::string value = line.substr(std::min(line.find_first_not_of(' ', colon + 1), line.size()));
      if (name == trailer_signature) {
        given_signature = value;
      } else {
        trailers_.add(name, value);
        signed_text += name + ":" + value + "\n";
      }
    }
    if (form_.has_trailer && form_.signatures) {
      const std::string expected = continued("AWS4-HMAC-SHA256-TRAILER", hex(sha256(as_bytes(signed_text))));
      if (!equal_in_constant_time(expected, given_signature)) {
        return fail(ErrorCode::unauthorized, "the trailers' signature does not match");
      }
    }
    std::byte beyond[1];
    TRY(const std::size_t n, body_.read(beyond));
    if (n != 0 || begin_ != end_) return fail(ErrorCode::corrupt, "an aws-chunked body goes on behind its end");
    return {};
  }

  /// A signature chained to the previous one.
  std::string continued(std::string_view algorithm, const std::string& hashes) const {
    const ChunkSignatures& with = *form_.signatures;
    const std::string text = std::string(algorithm) + "\n" + with.timestamp + "\n" + with.scope.text() + "\n" +
                             previous_signature_ + "\n" + hashes;
    return hex(hmac_sha256(with.key, as_bytes(text)));
  }

  /// A line without its end, CRLF or LF.
  Result<std::string> read_line(std::size_t limit) {
    std::string line;
    while (true) {
      const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
      const auto last = buffer_.begin() + static_cast<std::ptrdiff_t>(end_);
      const auto newline = std::find(first, last, std::byte{'\n'});
      line += as_text({first, newline});
      if (line.size() > limit)
        return fail(ErrorCode::corrupt, "an aws-chunked body has a header or trailer that is too long");
      begin_ += static_cast<std::size_t>(newline - first);
      if (newline != last) {
        ++begin_;
        if (line.ends_with('\r')) line.pop_back();
        return line;
      }
      begin_ = end_ = 0;
      TRY(end_, body_.read(buffer_));
      if (end_ == 0) return cut();
    }
  }

  static std::unexpected<Error> cut() {
    return fail(ErrorCode::corrupt, "an aws-chunked body ends before its last chunk");
  }

  http::BodyReader& body_;
  const ChunkedForm form_;
  Buffer buffer_;
  std::size_t begin_ = 0, end_ = 0;  // of what was read and not used yet
  std::int64_t chunk_left_ = 0;
  std::int64_t decoded_ = 0;
  std::string previous_signature_, chunk_signature_;
  std::optional<Digest> digest_;  // of the current chunk's data
  http::Headers trailers_;
  bool skipped_empty_line_ = false;
  bool done_ = false;
  std::optional<Error> failed_;
};

}  // namespace

std::unique_ptr<http::BodyReader> decode_chunks(http::BodyReader& body, ChunkedForm form) {
  return std::make_unique<ChunkedBody>(body, std::move(form));
}

}  // namespace tickerlake::aws
