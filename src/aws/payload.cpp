#include "aws/payload.h"

#include "base/panic.h"

namespace tickerlake::aws {
namespace {

class HashedBody final : public http::BodyReader {
 public:
  HashedBody(http::BodyReader& body, std::optional<std::int64_t> content_length, std::string expected_hex)
      : body_(body), left_(content_length), expected_(std::move(expected_hex)) {}

  Result<std::size_t> read(MutableBytes into) override {
    if (checked_) return checked_->has_value() ? Result<std::size_t>(0) : std::unexpected(checked_->error());
    if (into.empty()) return 0;
    TRY(const std::size_t n, body_.read(into));
    digest_.update(into.first(n));
    if (left_) *left_ -= static_cast<std::int64_t>(n);
    // With a known length the last bytes are withheld when the hash is wrong, for readers that stop at the length.
    if (n == 0 || (left_ && *left_ <= 0)) {
      checked_ = check();
      CHECK(*checked_);
    }
    return n;
  }
  const http::Headers& trailers() const override { return body_.trailers(); }

 private:
  Result<void> check() {
    if (hex(digest_.finish()) == expected_) return {};
    return fail(ErrorCode::invalid_argument, "the body's SHA-256 is not the one that was signed");
  }

  http::BodyReader& body_;
  std::optional<std::int64_t> left_;
  const std::string expected_;
  Digest digest_{"SHA256"};
  std::optional<Result<void>> checked_;
};

}  // namespace

std::unique_ptr<http::BodyReader> check_hash(http::BodyReader& body, std::optional<std::int64_t> content_length,
                                             std::string expected_hex) {
  return std::make_unique<HashedBody>(body, content_length, std::move(expected_hex));
}

}  // namespace tickerlake::aws
