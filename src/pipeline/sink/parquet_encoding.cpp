#include "pipeline/sink/parquet_encoding.h"

#include <algorithm>
#include <array>
#include <bit>
#include <type_traits>

namespace tickerlake::pipeline {
namespace {

constexpr std::size_t block_values = 128;
constexpr std::size_t miniblocks = 4;
constexpr std::size_t miniblock_values = block_values / miniblocks;
constexpr std::size_t group_values = 8;  // the hybrid's literals come in eights

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

void put_zigzag(std::string& to, std::int64_t value) {
  put_varint(to, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

/// Least significant bits first. The values must fill whole bytes together.
template <class Integer>
void pack(std::string& to, std::span<const Integer> values, int bit_width) {
  if (bit_width == 0) return;
  unsigned __int128 pending = 0;
  int pending_bits = 0;
  for (const Integer value : values) {
    pending |= static_cast<unsigned __int128>(value) << pending_bits;
    pending_bits += bit_width;
    while (pending_bits >= 8) {
      to += static_cast<char>(static_cast<unsigned char>(pending));
      pending >>= 8;
      pending_bits -= 8;
    }
  }
  if (pending_bits > 0) to += static_cast<char>(static_cast<unsigned char>(pending));
}

template <class Signed>
void encode_deltas(std::string& to, std::span<const std::int64_t> values) {
  using Unsigned = std::make_unsigned_t<Signed>;
  put_varint(to, block_values);
  put_varint(to, miniblocks);
  put_varint(to, values.size());
  put_zigzag(to, values.empty() ? 0 : values[0]);
  std::array<Unsigned, block_values> deltas;
  for (std::size_t start = 1; start < values.size(); start += block_values) {
    const std::size_t count = std::min(block_values, values.size() - start);
    Signed least = 0;
    for (std::size_t i = 0; i < count; ++i) {
      deltas[i] = static_cast<Unsigned>(values[start + i]) - static_cast<Unsigned>(values[start + i - 1]);
      const auto delta = static_cast<Signed>(deltas[i]);
      least = i == 0 ? delta : std::min(least, delta);
    }
    for (std::size_t i = 0; i < count; ++i) deltas[i] -= static_cast<Unsigned>(least);
    std::fill(deltas.begin() + static_cast<std::ptrdiff_t>(count), deltas.end(), Unsigned{0});

    put_zigzag(to, least);
    std::array<int, miniblocks> widths{};
    for (std::size_t m = 0; m < miniblocks; ++m) {
      Unsigned all = 0;
      for (std::size_t i = 0; i < miniblock_values; ++i) all |= deltas[m * miniblock_values + i];
      widths[m] = bits_for(all);
      to += static_cast<char>(widths[m]);
    }
    // Miniblocks behind the last value have a width (0) but no bytes.
    for (std::size_t m = 0; m < miniblocks && m * miniblock_values < count; ++m)
      pack<Unsigned>(to, std::span<const Unsigned>(deltas).subspan(m * miniblock_values, miniblock_values), widths[m]);
  }
}

}  // namespace

int bits_for(std::uint64_t largest) { return 64 - std::countl_zero(largest); }

void encode_hybrid(std::string& to, std::span<const std::uint32_t> values, int bit_width) {
  std::size_t literals_from = 0;  // [literals_from, i) waits to be written as literals, whole groups of eight
  const auto put_literals = [&](std::size_t until) {
    if (until == literals_from) return;
    const std::size_t groups = (until - literals_from + group_values - 1) / group_values;
    put_varint(to, groups << 1 | 1);
    const std::size_t whole = (until - literals_from) / group_values * group_values;
    pack<std::uint32_t>(to, values.subspan(literals_from, whole), bit_width);
    if (const std::size_t rest = until - literals_from - whole; rest > 0) {
      std::array<std::uint32_t, group_values> last{};
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(literals_from + whole), rest, last.begin());
      pack<std::uint32_t>(to, last, bit_width);
    }
  };
  std::size_t i = 0;
  while (i < values.size()) {
    std::size_t run_end = i + 1;
    while (run_end < values.size() && values[run_end] == values[i]) ++run_end;
    const std::size_t in_group = (i - literals_from) % group_values;
    if (in_group != 0) {  // fill the group first
      i = std::min(run_end, i + group_values - in_group);
    } else if (run_end - i >= group_values) {
      put_literals(i);
      put_varint(to, (run_end - i) << 1);
      for (int bits = 0; bits < bit_width; bits += 8) to += static_cast<char>(values[i] >> bits);
      i = run_end;
      literals_from = i;
    } else {
      i = std::min(run_end, i + group_values);
    }
  }
  put_literals(i);
}

void encode_deltas_32(std::string& to, std::span<const std::int64_t> values) {
  encode_deltas<std::int32_t>(to, values);
}
void encode_deltas_64(std::string& to, std::span<const std::int64_t> values) {
  encode_deltas<std::int64_t>(to, values);
}

}  // namespace tickerlake::pipeline
