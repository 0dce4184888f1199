#pragma once
// The additional checksums of S3: which there are, computing them while bytes stream, joining those of parts.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/digest.h"

namespace tickerlake::s3 {

/// The numbers are stored: never change them.
enum class ChecksumAlgorithm : std::uint8_t { crc32 = 1, crc32c = 2, crc64nvme = 3, sha1 = 4, sha256 = 5 };
enum class ChecksumType : std::uint8_t { full_object = 1, composite = 2 };

struct AlgorithmRow {
  ChecksumAlgorithm algorithm;
  std::string_view name;     // "CRC32"
  std::string_view header;   // "x-amz-checksum-crc32"
  std::string_view element;  // "ChecksumCRC32"
  std::size_t size;          // of the digest, in bytes
};
const std::vector<AlgorithmRow>& checksum_algorithms();
const AlgorithmRow& row(ChecksumAlgorithm algorithm);
/// By name, whatever its case.
std::optional<ChecksumAlgorithm> parse_checksum_algorithm(std::string_view name);
std::string_view name(ChecksumType type);

inline bool is_crc(ChecksumAlgorithm algorithm) { return algorithm <= ChecksumAlgorithm::crc64nvme; }

/// A checksum as it is stored and shown: base64, with "-N" behind it for a composite of N parts.
struct Checksum {
  ChecksumAlgorithm algorithm = ChecksumAlgorithm::crc64nvme;
  ChecksumType type = ChecksumType::full_object;
  std::string value;
  bool operator==(const Checksum&) const = default;
};

/// Computes one checksum. Not thread-safe.
class ChecksumStream {
 public:
  explicit ChecksumStream(ChecksumAlgorithm algorithm);
  void update(ByteView bytes);
  /// The digest's bytes, big-endian for CRCs; once.
  Buffer finish();
  ChecksumAlgorithm algorithm() const { return algorithm_; }

 private:
  ChecksumAlgorithm algorithm_;
  std::variant<std::uint64_t, Digest> state_;
};

std::uint64_t crc64nvme(ByteView bytes, std::uint64_t continued_from = 0);

struct PartChecksum {
  Buffer digest;
  std::int64_t size = 0;
};
/// The checksum of the joined parts out of theirs, for the CRC algorithms only.
Buffer join_crcs(ChecksumAlgorithm algorithm, const std::vector<PartChecksum>& parts);
/// The checksum of the parts' checksums, without the "-N".
Buffer checksum_of_checksums(ChecksumAlgorithm algorithm, const std::vector<PartChecksum>& parts);

}  // namespace tickerlake::s3
