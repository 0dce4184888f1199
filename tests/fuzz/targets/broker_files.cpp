// The broker's small files and the groups' journal: a kind, then its bytes. What is read is written back the same.
#include "base/digest.h"
#include "services/broker/groups/group_records.h"
#include "services/broker/log/checkpoint.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/topic_store.h"
#include "target.h"

namespace tickerlake::broker {
namespace {

using fuzz::require;

void check_checkpoint(std::string_view text) {
  const auto checkpoint = Checkpoint::decode(text);
  if (!checkpoint) return;
  const auto again = Checkpoint::decode(checkpoint->encode());
  require(again && again->log_start == checkpoint->log_start && again->recovery == checkpoint->recovery &&
              again->has_producers == checkpoint->has_producers,
          "a checkpoint reads as it was written");
}

void check_topic(std::string_view text) {
  const auto topic = TopicRecord::decode(text);
  if (!topic) return;
  const auto again = TopicRecord::decode(topic->encode());
  require(again && again->id == topic->id && again->partitions == topic->partitions &&
              again->internal == topic->internal && again->config == topic->config,
          "a topic's file reads as it was written");
}

/// The CRC is made right first, since no mutation would.
void check_snapshot(ByteView bytes) {
  Buffer snapshot(bytes.begin(), bytes.end());
  if (snapshot.size() >= 6) store_big_endian(snapshot.data() + 2, crc32c(ByteView(snapshot).subspan(6)));
  const auto state = ProducerState::decode(snapshot);
  if (!state) return;
  const auto again = ProducerState::decode(state->encode());
  require(again && again->size() == state->size(), "a snapshot reads as it was written");
}

void check_group_record(fuzz::Input input) {
  const ByteView key = input.piece();
  const auto record = decode_coordinator_record(key, input.rest());
  (void)decode_coordinator_record(key, std::nullopt);
  if (!record || !*record) return;
  const KeyValue written = encode(**record, 0);
  const auto again = decode_coordinator_record(written.key, written.value);
  require(again && *again, "a record that was written is read");
  const KeyValue twice = encode(**again, 0);
  require(twice.key == written.key && twice.value == written.value, "it reads as it was written");
}

}  // namespace
}  // namespace tickerlake::broker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::broker;
  tickerlake::fuzz::Input input(data, size);
  switch (input.byte() % 4) {
    case 0:
      check_checkpoint(input.text());
      break;
    case 1:
      check_topic(input.text());
      break;
    case 2:
      check_snapshot(input.rest());
      break;
    default:
      check_group_record(input);
  }
  return 0;
}
