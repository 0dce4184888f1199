#pragma once
// The last offset of each key in a part of a log: what compaction holds the records against.
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "services/broker/ids.h"

namespace tickerlake::broker {

/// Keys are told apart by 128 bits of their SHA-256: 24 bytes a key, whatever its length, and nobody finds two keys
/// that pass for one. Not thread-safe.
class KeyOffsets {
 public:
  /// room: keys that it will be asked for. Takes no more memory than max_bytes, but has room for a thousand keys.
  KeyOffsets(std::int64_t room, std::int64_t max_bytes);

  /// False when there is no room for another key; then nothing is changed.
  bool put(ByteView key, Offset offset);
  std::optional<Offset> find(ByteView key) const;
  std::int64_t size() const { return used_; }

 private:
  struct Slot {
    std::uint64_t high = 0, low = 0;
    std::int64_t offset = -1;  // −1: free
  };
  /// The key's slot, or the free one where it would be.
  std::size_t slot_of(ByteView key, Slot& wanted) const;

  std::vector<Slot> slots_;
  std::int64_t most_ = 0;
  std::int64_t used_ = 0;
};

}  // namespace tickerlake::broker
