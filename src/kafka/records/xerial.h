#pragma once
// snappy-java's stream: magic, two version numbers, then blocks behind their 4-byte sizes.
#include <array>
#include <cstring>

#include "base/bytes.h"

namespace tickerlake::kafka {

inline constexpr std::array<unsigned char, 8> xerial_magic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
inline constexpr std::size_t xerial_header_size = 16, xerial_block_size = 32 * 1024;

inline bool is_xerial(ByteView bytes) {
  return bytes.size() >= xerial_header_size && std::memcmp(bytes.data(), xerial_magic.data(), xerial_magic.size()) == 0;
}

}  // namespace tickerlake::kafka
