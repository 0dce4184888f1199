// The codecs of record batches: a codec's number, then its bytes. The output is bounded, and compressing is undone by
// decompressing.
#include "kafka/records/compression.h"

#include "target.h"

namespace tickerlake::fuzz {
namespace {

constexpr std::size_t bound = 256 * 1024;

void check_round_trip(kafka::Codec codec, ByteView bytes) {
  const auto packed = kafka::compress(codec, bytes);
  require(packed.has_value(), "anything can be compressed");
  const auto unpacked = kafka::decompress(codec, *packed, bound);
  require(unpacked.has_value(), "what was compressed is decompressed");
  require(std::ranges::equal(*unpacked, bytes), "decompressing gives what was compressed");
  if (!bytes.empty()) {
    const auto refused = kafka::decompress(codec, *packed, bytes.size() - 1);
    require(!refused && refused.error().code == ErrorCode::exhausted, "one byte beyond the bound is too long");
  }
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  fuzz::Input input(data, size);
  const auto codec = static_cast<kafka::Codec>(input.byte() % 5);
  const auto unpacked = kafka::decompress(codec, input.rest(), fuzz::bound);
  if (unpacked) {
    fuzz::require(unpacked->size() <= fuzz::bound, "the output keeps to its bound");
    fuzz::check_round_trip(codec, *unpacked);
  }
  fuzz::check_round_trip(codec, input.rest());
  return 0;
}
