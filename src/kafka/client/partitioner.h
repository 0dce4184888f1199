#pragma once
// Which partition a key belongs to, as Java's default partitioner has it.
#include <cstdint>
#include <string_view>

namespace tickerlake::kafka {

/// org.apache.kafka.common.utils.Utils.murmur2.
std::int32_t murmur2(std::string_view key);

/// toPositive(murmur2(key)) % partitions: the same partition that Java clients choose.
std::int32_t partition_of(std::string_view key, std::int32_t partitions);

}  // namespace tickerlake::kafka
