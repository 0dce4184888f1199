#include "services/s3/store/checksum.h"

#include <gtest/gtest.h>

namespace tickerlake::s3 {
namespace {

std::string checksum(ChecksumAlgorithm algorithm, std::string_view text) {
  ChecksumStream stream(algorithm);
  stream.update(as_bytes(text.substr(0, text.size() / 3)));
  stream.update(as_bytes(text.substr(text.size() / 3)));
  return hex(stream.finish());
}

TEST(Checksum, agrees_with_the_published_check_values) {
  EXPECT_EQ(checksum(ChecksumAlgorithm::crc32, "123456789"), "cbf43926");
  EXPECT_EQ(checksum(ChecksumAlgorithm::crc32c, "123456789"), "e3069283");
  EXPECT_EQ(checksum(ChecksumAlgorithm::crc64nvme, "123456789"), "ae8b14860a799888");
  EXPECT_EQ(checksum(ChecksumAlgorithm::sha1, "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(checksum(ChecksumAlgorithm::sha256, "abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Checksum, of_joined_parts_follows_from_theirs) {
  std::string whole;
  for (int i = 0; i < 5000; ++i) whole += static_cast<char>(i * 7 + i / 256);
  for (const auto algorithm : {ChecksumAlgorithm::crc32, ChecksumAlgorithm::crc32c, ChecksumAlgorithm::crc64nvme}) {
    std::vector<PartChecksum> parts;
    const std::string_view view = whole;
    for (const auto& [from, size] : {std::pair(0, 1), {1, 1234}, {1235, 0}, {1235, 3765}}) {
      ChecksumStream stream(algorithm);
      stream.update(as_bytes(view.substr(static_cast<std::size_t>(from), static_cast<std::size_t>(size))));
      parts.push_back({stream.finish(), size});
    }
    EXPECT_EQ(hex(join_crcs(algorithm, parts)), checksum(algorithm, whole)) << row(algorithm).name;
  }
}

TEST(Checksum, algorithms_are_found_by_name_in_any_case) {
  EXPECT_EQ(parse_checksum_algorithm("crc64nvme"), ChecksumAlgorithm::crc64nvme);
  EXPECT_EQ(parse_checksum_algorithm("SHA256"), ChecksumAlgorithm::sha256);
  EXPECT_FALSE(parse_checksum_algorithm("CRC"));
  for (const AlgorithmRow& each : checksum_algorithms()) EXPECT_EQ(&row(each.algorithm), &each);
}

}  // namespace
}  // namespace tickerlake::s3
