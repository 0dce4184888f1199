#include "base/digest.h"

#include <gtest/gtest.h>

namespace tickerlake {
namespace {

TEST(Crc32c, gives_the_check_value_of_the_castagnoli_polynomial) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xE3069283u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(Crc32c, continues_over_parts_of_any_length) {
  const std::string text = "the quick brown fox jumps over the lazy dog";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    const auto first = crc32c(as_bytes(text.substr(0, cut)));
    EXPECT_EQ(crc32c(as_bytes(text.substr(cut)), first), crc32c(as_bytes(text))) << cut;
  }
}

// Parts of seven bytes never meet the loops over blocks.
TEST(Crc32c, is_the_same_for_long_texts_at_once_and_in_small_parts) {
  std::string text;
  for (std::uint32_t i = 0, state = 7; i < 8'000; ++i) text += static_cast<char>((state = state * 1'664'525 + 1) >> 24);
  std::uint32_t in_parts = 0;
  for (std::size_t size = 0; size + 7 <= text.size(); size += 7) {
    EXPECT_EQ(crc32c(as_bytes(text.substr(0, size))), in_parts) << size;
    in_parts = crc32c(as_bytes(text.substr(size, 7)), in_parts);
  }
}

TEST(Sha256, gives_the_known_digest_of_abc) {
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231, test case 2.
TEST(HmacSha256, gives_the_rfc_4231_value) {
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Digest, computes_md5_in_parts) {
  Digest md5("MD5");
  md5.update(as_bytes("a"));
  md5.update(as_bytes("bc"));
  EXPECT_EQ(hex(md5.finish()), "900150983cd24fb0d6963f7d28e17f72");
}

TEST(Base64, round_trips_every_length_and_refuses_what_is_not_base64) {
  for (std::size_t n = 0; n < 70; ++n) {
    const Buffer bytes = random_bytes(n);
    EXPECT_EQ(unbase64(base64(bytes)), bytes);
  }
  EXPECT_FALSE(unbase64("abc"));
  EXPECT_FALSE(unbase64("ab!="));
}

TEST(Hex, round_trips_and_refuses_odd_lengths_and_other_letters) {
  EXPECT_EQ(hex(*unhex("00ffA1")), "00ffa1");
  EXPECT_FALSE(unhex("0"));
  EXPECT_FALSE(unhex("0g"));
}

TEST(Uuid, is_version_4_and_differs_each_time) {
  const std::string one = random_uuid(), other = random_uuid();
  EXPECT_EQ(one.size(), 36u);
  EXPECT_EQ(one[14], '4');
  EXPECT_NE(one, other);
}

}  // namespace
}  // namespace tickerlake
