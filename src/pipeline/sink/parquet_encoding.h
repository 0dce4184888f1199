#pragma once
// Parquet's encodings of values within a page. Source: github.com/apache/parquet-format, Encodings.md.
#include <cstdint>
#include <span>
#include <string>

namespace tickerlake::pipeline {

/// RLE/bit-packing hybrid (RLE = 3, and the indices of RLE_DICTIONARY = 8), without a length in front.
void encode_hybrid(std::string& to, std::span<const std::uint32_t> values, int bit_width);

/// DELTA_BINARY_PACKED = 5, in the arithmetic of 32 or 64 bits.
void encode_deltas_32(std::string& to, std::span<const std::int64_t> values);
void encode_deltas_64(std::string& to, std::span<const std::int64_t> values);

/// Bits that the largest value needs; 0 for 0.
int bits_for(std::uint64_t largest);

}  // namespace tickerlake::pipeline
