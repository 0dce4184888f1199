#pragma once
// Tells one state of a group's topics from another: FNV-1a over what matters of them.
#include <cstdint>
#include <set>
#include <string>

#include "services/broker/groups/consumer_group_types.h"

namespace tickerlake::broker {

class TopicsHash {
 public:
  /// Of those among the names that there are.
  static std::int64_t of(const std::set<std::string>& names, const TopicCatalog& topics) {
    TopicsHash hash;
    for (const std::string& name : names) {
      const auto found = topics.topics.find(name);
      if (found == topics.topics.end()) continue;
      hash.add(found->second.id.bytes);
      std::byte partitions[sizeof found->second.partitions];
      store_big_endian(partitions, found->second.partitions);
      hash.add(partitions);
    }
    return static_cast<std::int64_t>(hash.value_);
  }

 private:
  void add(ByteView bytes) {
    for (const std::byte byte : bytes) value_ = (value_ ^ static_cast<std::uint64_t>(byte)) * 0x100000001B3ull;
  }

  std::uint64_t value_ = 0xCBF29CE484222325ull;
};

}  // namespace tickerlake::broker
