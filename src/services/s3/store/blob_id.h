#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace tickerlake::s3 {

/// A blob's name: the folder's number and a random name within it.
struct BlobId {
  static constexpr std::size_t encoded_size = 16;
  std::uint32_t folder = 0;
  std::array<std::byte, 12> name{};
  auto operator<=>(const BlobId&) const = default;

  void encode(std::string& into) const;
  static BlobId decode(ByteView encoded);  // exactly encoded_size bytes
};

}  // namespace tickerlake::s3
