// A produce request's records: flags, then batches one after the other. Flag 1 makes every CRC right first, since no
// mutation would.
#include "base/digest.h"
#include "kafka/records/records.h"
#include "services/broker/append_check.h"
#include "target.h"

namespace tickerlake::fuzz {
namespace {

constexpr std::size_t bound = 1 << 20;  // of a batch's records, decompressed

void correct_crcs(Buffer& bytes) {
  ByteView rest(bytes);
  while (!rest.empty()) {
    const auto batch = kafka::take_batch(rest);
    if (!batch) return;
    std::byte* at = bytes.data() + (batch->bytes.data() - bytes.data());
    store_big_endian(at + 17, crc32c(batch->bytes.subspan(21)));
  }
}

/// Reads a batch and builds one of what was read; that one must hold the same.
void check(const kafka::Batch& batch) {
  auto reader = kafka::RecordReader::open(batch, bound);
  if (!reader) return;
  kafka::BatchBuilder builder({.base_offset = batch.header.base_offset});
  kafka::Record record;
  while (true) {
    const auto more = reader->next(record);
    if (!more) return;
    if (!*more) break;
    builder.add(record.timestamp, record.key, record.value, record.headers);
  }
  if (builder.count() == 0) return;
  const auto rebuilt = builder.finish();
  require(rebuilt.has_value(), "records that were read can be written");
  ByteView rest(*rebuilt);
  const auto again = kafka::take_batch(rest);
  require(again && rest.empty() && kafka::check_batch(*again), "the batch that was written is right");
  require(again->header.record_count == batch.header.record_count, "it has as many records");

  auto original = *kafka::RecordReader::open(batch, bound);
  auto copy = *kafka::RecordReader::open(*again, bound);
  kafka::Record other;
  for (std::int32_t i = 0; i < batch.header.record_count; ++i) {
    require(original.next(record).value_or(false) && copy.next(other).value_or(false), "both can be read");
    const auto same = [](const std::optional<ByteView>& a, const std::optional<ByteView>& b) {
      return a.has_value() == b.has_value() && (!a || std::ranges::equal(*a, *b));
    };
    require(same(record.key, other.key) && same(record.value, other.value), "keys and values are the same");
    require(record.timestamp == other.timestamp, "times are the same");
    require(record.headers.size() == other.headers.size(), "headers are the same");
  }
}

}  // namespace
}  // namespace tickerlake::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake;
  fuzz::Input input(data, size);
  const bool correct = (input.byte() & 1) != 0;
  Buffer bytes(input.rest().begin(), input.rest().end());
  if (correct) fuzz::correct_crcs(bytes);
  broker::TopicConfig config;
  config.timestamp_before_max_ms = 86'400'000;
  (void)broker::check_append(bytes, broker::Origin::client, config, 1'480'000'000'000);
  ByteView rest(bytes);
  while (!rest.empty()) {
    const auto batch = kafka::take_batch(rest);
    if (!batch) break;
    (void)batch->header.last_sequence();
    if (kafka::check_batch(*batch)) fuzz::check(*batch);
  }
  return 0;
}
