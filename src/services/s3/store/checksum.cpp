#include "services/s3/store/checksum.h"

#include <strings.h>
#include <zlib.h>

#include <array>

#include "base/panic.h"

namespace tickerlake::s3 {
namespace {

// CRC-64/NVME: reflected polynomial, all ones before and after.
constexpr std::uint64_t crc64_polynomial = 0x9A6C9329AC4BC9B5u;
constexpr std::uint64_t crc32_polynomial = 0xEDB88320u;
constexpr std::uint64_t crc32c_polynomial = 0x82F63B78u;

using Table = std::array<std::uint64_t, 256>;

// crc64_tables[n][b]: what byte b does to the CRC when n more bytes follow it (slicing by eight).
constexpr std::array<Table, 8> make_crc64_tables() {
  std::array<Table, 8> tables{};
  for (std::uint64_t i = 0; i < 256; ++i) {
    std::uint64_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? crc64_polynomial : 0);
    tables[0][i] = crc;
  }
  for (std::size_t n = 1; n < 8; ++n) {
    for (std::size_t i = 0; i < 256; ++i) tables[n][i] = tables[0][tables[n - 1][i] & 0xFF] ^ (tables[n - 1][i] >> 8);
  }
  return tables;
}
constexpr auto crc64_tables = make_crc64_tables();

// a * b modulo the polynomial, over GF(2), in the reflected form of that width.
std::uint64_t multiply(std::uint64_t a, std::uint64_t b, std::uint64_t polynomial, int width) {
  std::uint64_t product = 0;
  for (int i = width - 1; i >= 0; --i) {
    if (((a >> i) & 1) != 0) product ^= b;
    b = (b >> 1) ^ ((b & 1) != 0 ? polynomial : 0);
  }
  return product;
}

// x to the power of 8 * bytes modulo the polynomial: what `bytes` zero bytes do to a CRC.
std::uint64_t shift_of(std::int64_t bytes, std::uint64_t polynomial, int width) {
  const std::uint64_t one = std::uint64_t{1} << (width - 1);
  std::uint64_t power = one >> 8;  // x^8
  std::uint64_t result = one;
  for (auto n = static_cast<std::uint64_t>(bytes); n != 0; n >>= 1) {
    if ((n & 1) != 0) result = multiply(result, power, polynomial, width);
    power = multiply(power, power, polynomial, width);
  }
  return result;
}

std::uint64_t load_crc(const Buffer& digest) {
  std::uint64_t value = 0;
  for (std::byte b : digest) value = value << 8 | std::to_integer<std::uint64_t>(b);
  return value;
}

Buffer store_crc(std::uint64_t value, std::size_t size) {
  Buffer digest(size);
  for (std::size_t i = 0; i < size; ++i) digest[size - 1 - i] = static_cast<std::byte>(value >> (8 * i) & 0xFF);
  return digest;
}

}  // namespace

std::uint64_t crc64nvme(ByteView bytes, std::uint64_t continued_from) {
  std::uint64_t crc = ~continued_from;
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  if constexpr (std::endian::native == std::endian::little) {
    for (; left >= 8; at += 8, left -= 8) {
      std::uint64_t word;
      std::memcpy(&word, at, 8);
      word ^= crc;
      crc = crc64_tables[7][word & 0xFF] ^ crc64_tables[6][word >> 8 & 0xFF] ^ crc64_tables[5][word >> 16 & 0xFF] ^
            crc64_tables[4][word >> 24 & 0xFF] ^ crc64_tables[3][word >> 32 & 0xFF] ^
            crc64_tables[2][word >> 40 & 0xFF] ^ crc64_tables[1][word >> 48 & 0xFF] ^ crc64_tables[0][word >> 56];
    }
  }
  for (; left > 0; ++at, --left) crc = crc64_tables[0][(crc ^ std::to_integer<std::uint64_t>(*at)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

const std::vector<AlgorithmRow>& checksum_algorithms() {
  static const std::vector<AlgorithmRow> rows = {
      {ChecksumAlgorithm::crc32, "CRC32", "x-amz-checksum-crc32", "ChecksumCRC32", 4},
      {ChecksumAlgorithm::crc32c, "CRC32C", "x-amz-checksum-crc32c", "ChecksumCRC32C", 4},
      {ChecksumAlgorithm::crc64nvme, "CRC64NVME", "x-amz-checksum-crc64nvme", "ChecksumCRC64NVME", 8},
      {ChecksumAlgorithm::sha1, "SHA1", "x-amz-checksum-sha1", "ChecksumSHA1", 20},
      {ChecksumAlgorithm::sha256, "SHA256", "x-amz-checksum-sha256", "ChecksumSHA256", 32},
  };
  return rows;
}

const AlgorithmRow& row(ChecksumAlgorithm algorithm) {
  const auto index = static_cast<std::size_t>(algorithm) - 1;
  ensure(index < checksum_algorithms().size(), "a stored checksum algorithm is known");
  return checksum_algorithms()[index];
}

std::optional<ChecksumAlgorithm> parse_checksum_algorithm(std::string_view name) {
  for (const AlgorithmRow& candidate : checksum_algorithms()) {
    if (candidate.name.size() == name.size() && strncasecmp(candidate.name.data(), name.data(), name.size()) == 0) {
      return candidate.algorithm;
    }
  }
  return std::nullopt;
}

std::string_view name(ChecksumType type) { return type == ChecksumType::composite ? "COMPOSITE" : "FULL_OBJECT"; }

ChecksumStream::ChecksumStream(ChecksumAlgorithm algorithm) : algorithm_(algorithm), state_(std::uint64_t{0}) {
  if (algorithm == ChecksumAlgorithm::sha1) state_.emplace<Digest>("SHA1");
  if (algorithm == ChecksumAlgorithm::sha256) state_.emplace<Digest>("SHA256");
}

void ChecksumStream::update(ByteView bytes) {
  if (auto* digest = std::get_if<Digest>(&state_)) return digest->update(bytes);
  auto& crc = std::get<std::uint64_t>(state_);
  if (algorithm_ == ChecksumAlgorithm::crc32) {
    crc = crc32_z(static_cast<uLong>(crc), reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  } else if (algorithm_ == ChecksumAlgorithm::crc32c) {
    crc = crc32c(bytes, static_cast<std::uint32_t>(crc));
  } else {
    crc = crc64nvme(bytes, crc);
  }
}

Buffer ChecksumStream::finish() {
  if (auto* digest = std::get_if<Digest>(&state_)) return digest->finish();
  return store_crc(std::get<std::uint64_t>(state_), row(algorithm_).size);
}

Buffer join_crcs(ChecksumAlgorithm algorithm, const std::vector<PartChecksum>& parts) {
  ensure(is_crc(algorithm), "only CRCs can be joined");
  const int width = static_cast<int>(row(algorithm).size) * 8;
  const std::uint64_t polynomial = algorithm == ChecksumAlgorithm::crc32    ? crc32_polynomial
                                   : algorithm == ChecksumAlgorithm::crc32c ? crc32c_polynomial
                                                                            : crc64_polynomial;
  std::uint64_t joined = 0;
  for (const PartChecksum& part : parts) {
    joined = multiply(shift_of(part.size, polynomial, width), joined, polynomial, width) ^ load_crc(part.digest);
  }
  return store_crc(joined, row(algorithm).size);
}

Buffer checksum_of_checksums(ChecksumAlgorithm algorithm, const std::vector<PartChecksum>& parts) {
  ChecksumStream stream(algorithm);
  for (const PartChecksum& part : parts) stream.update(part.digest);
  return stream.finish();
}

}  // namespace tickerlake::s3
