#pragma once
// A body out of a string, for tests; gives its bytes in pieces of a given size.
#include <algorithm>
#include <string>

#include "http/server.h"

namespace tickerlake::aws {

class TextBody final : public http::BodyReader {
 public:
  explicit TextBody(std::string text, std::size_t piece = 1 << 20) : text_(std::move(text)), piece_(piece) {}
  Result<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min({into.size(), text_.size() - at_, piece_});
    std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(at_), n, into.begin());
    at_ += n;
    return n;
  }
  const http::Headers& trailers() const override { return none_; }

 private:
  std::string text_;
  std::size_t piece_, at_ = 0;
  http::Headers none_;
};

}  // namespace tickerlake::aws
