#include "kafka/client/partitioner.h"

#include <gtest/gtest.h>

namespace tickerlake::kafka {
namespace {

// The vectors of Kafka's own UtilsTest.testMurmur2.
TEST(Murmur2, agrees_with_the_vectors_of_kafkas_own_test) {
  EXPECT_EQ(murmur2("21"), -973932308);
  EXPECT_EQ(murmur2("foobar"), -790332482);
  EXPECT_EQ(murmur2("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(murmur2("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(murmur2("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(murmur2("abc"), 479470107);
}

TEST(Murmur2, gives_partitions_in_range_for_negative_hashes) {
  EXPECT_EQ(partition_of("21", 4), (-973932308 & 0x7fffffff) % 4);
  for (int partitions = 1; partitions < 50; ++partitions) {
    EXPECT_GE(partition_of("foobar", partitions), 0);
    EXPECT_LT(partition_of("foobar", partitions), partitions);
  }
}

}  // namespace
}  // namespace tickerlake::kafka
