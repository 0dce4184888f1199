#pragma once
// What "authorized operations" fields hold where there is no authorizer: everything that makes sense for the resource.
// Bit n stands for AclOperation n (KIP-430).
#include <cstdint>
#include <limits>

namespace tickerlake::broker {

inline constexpr std::int32_t operations_not_asked_for = std::numeric_limits<std::int32_t>::min();
// read 3, write 4, create 5, delete 6, alter 7, describe 8, describe configs 10, alter configs 11
inline constexpr std::int32_t all_topic_operations = 0b1101'1111'1000;
// read 3, delete 6, describe 8
inline constexpr std::int32_t all_group_operations = 0b0001'0100'1000;
// create 5, alter 7, describe 8, cluster action 9, describe configs 10, alter configs 11, idempotent write 12
inline constexpr std::int32_t all_cluster_operations = 0b1'1111'1010'0000;

}  // namespace tickerlake::broker
