#include "kafka/client/partitioner.h"

#include <cstring>

namespace tickerlake::kafka {

std::int32_t murmur2(std::string_view key) {
  constexpr std::uint32_t seed = 0x9747b28c;
  constexpr std::uint32_t m = 0x5bd1e995;
  constexpr int r = 24;
  const auto length = static_cast<std::uint32_t>(key.size());
  std::uint32_t h = seed ^ length;
  std::size_t i = 0;
  for (; i + 4 <= key.size(); i += 4) {
    std::uint32_t k = 0;  // little-endian, as Java puts it together
    for (std::size_t b = 0; b < 4; ++b)
      k |= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + b])) << (8 * b);
    k *= m;
    k ^= k >> r;
    k *= m;
    h *= m;
    h ^= k;
  }
  const std::size_t rest = key.size() - i;
  if (rest > 0) {
    for (std::size_t b = 0; b < rest; ++b)
      h ^= static_cast<std::uint32_t>(static_cast<unsigned char>(key[i + b])) << (8 * b);
    h *= m;
  }
  h ^= h >> 13;
  h *= m;
  h ^= h >> 15;
  return static_cast<std::int32_t>(h);
}

std::int32_t partition_of(std::string_view key, std::int32_t partitions) {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace tickerlake::kafka
