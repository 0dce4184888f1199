#pragma once
// What every fuzz target includes. A target is one file of targets/: its LLVMFuzzerTestOneInput gives the bytes to the
// program's own functions and states what must hold of the answer, with require().
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/panic.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tickerlake::fuzz {

/// Ends the process: the input found a bug.
inline void require(bool holds, std::string_view statement,
                    std::source_location where = std::source_location::current()) {
  ensure(holds, statement, where);
}

inline ByteView as_input(const std::uint8_t* data, std::size_t size) { return std::as_bytes(std::span(data, size)); }

/// Cuts an input into the values and pieces that a target needs. What is missing at its end reads as zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(as_input(data, size)) {}

  std::uint8_t byte() { return integer<std::uint8_t>(); }
  /// A big-endian integer.
  template <class Integer>
  Integer integer() {
    std::byte bytes[sizeof(Integer)] = {};
    std::ranges::copy(take(sizeof(Integer)), bytes);
    return load_big_endian<Integer>(bytes);
  }
  /// Bytes behind their length (16 bits, big-endian).
  ByteView piece() { return take(integer<std::uint16_t>()); }
  /// Text up to the end of the line, which is taken too.
  std::string_view line() {
    const std::string_view text = as_text(rest_);
    const std::size_t end = text.find('\n');
    rest_ = rest_.subspan(end == std::string_view::npos ? text.size() : end + 1);
    return text.substr(0, end);
  }
  void skip(std::size_t size) { (void)take(size); }
  ByteView rest() const { return rest_; }
  std::string_view text() const { return as_text(rest_); }

 private:
  ByteView take(std::size_t size) {
    const ByteView taken = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

  ByteView rest_;
};

/// Something that takes long to make and that inputs change: made anew after so many uses, so that it stays small and a
/// crash depends on few inputs before it.
template <class World>
class Renewed {
 public:
  World& use() {
    if (uses_++ % 1'000 == 0) world_.reset(), world_ = std::make_unique<World>();
    return *world_;
  }

 private:
  std::size_t uses_ = 0;
  std::unique_ptr<World> world_;
};

}  // namespace tickerlake::fuzz
