#include "services/broker/log/key_offsets.h"

#include <algorithm>

#include "base/digest.h"

namespace tickerlake::broker {

namespace {
constexpr std::int64_t least_room = 1'000;
}  // namespace

KeyOffsets::KeyOffsets(std::int64_t room, std::int64_t max_bytes) {
  const std::int64_t affordable = max_bytes / static_cast<std::int64_t>(sizeof(Slot));
  // A tenth stays free, or looking for a key that is not there would take long.
  const std::int64_t wanted = room + room / 9 + 1;
  const std::int64_t slots = std::max(std::min(wanted, affordable), least_room + least_room / 9 + 1);
  slots_.resize(static_cast<std::size_t>(slots));
  most_ = slots - slots / 10;
}

std::size_t KeyOffsets::slot_of(ByteView key, Slot& wanted) const {
  const Sha256 digest = sha256(key);
  wanted.high = load_big_endian<std::uint64_t>(digest.data());
  wanted.low = load_big_endian<std::uint64_t>(digest.data() + 8);
  std::size_t at = wanted.high % slots_.size();
  while (slots_[at].offset >= 0 && (slots_[at].high != wanted.high || slots_[at].low != wanted.low)) {
    if (++at == slots_.size()) at = 0;
  }
  return at;
}

bool KeyOffsets::put(ByteView key, Offset offset) {
  Slot wanted;
  Slot& slot = slots_[slot_of(key, wanted)];
  if (slot.offset < 0) {
    if (used_ == most_) return false;
    ++used_;
    slot = wanted;
  }
  slot.offset = offset.value();
  return true;
}

std::optional<Offset> KeyOffsets::find(ByteView key) const {
  Slot wanted;
  const Slot& slot = slots_[slot_of(key, wanted)];
  return slot.offset < 0 ? std::nullopt : std::optional(Offset(slot.offset));
}

}  // namespace tickerlake::broker
