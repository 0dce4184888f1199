#include "services/broker/groups/offset_log.h"

#include <future>

#include "io/fault_point.h"
#include "kafka/records/records.h"

namespace tickerlake::broker {
namespace {

constexpr std::int64_t read_step = 1_MiB;
constexpr std::size_t records_per_batch = 1000;  // of replace_all()

const ConfigMap topic_settings = {
    {"cleanup.policy", "compact"}, {"segment.bytes", "16777216"}, {"max.message.bytes", "10485760"}};

std::optional<ByteView> view(const std::optional<Buffer>& bytes) {
  return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
}

}  // namespace

Result<void> OffsetLog::open(bool create) {
  if (partition_) return {};
  auto topic = topics_.find(offsets_topic);
  if (!topic && create) {
    TRY(topic, topics_.create(offsets_topic, 1, topic_settings, true));
  }
  if (topic) partition_ = topic->partition(0);
  return {};
}

Result<void> OffsetLog::read_all(const std::function<void(CoordinatorRecord)>& visit) {
  CHECK(open(false));
  if (!partition_) return {};
  Offset at = partition_->offsets().log_start;
  while (true) {
    const auto fetched = partition_->read(at, read_step, true);
    if (!fetched) return fail(ErrorCode::corrupt, std::string(offsets_topic) + " can't be read");
    if (fetched->batches.empty()) return {};
    TRY(const Buffer bytes, fetched->batches.load());
    for (ByteView rest = bytes; !rest.empty();) {
      TRY(const kafka::Batch batch, kafka::take_batch(rest));
      TRY(auto reader, kafka::RecordReader::open(batch));
      kafka::Record record;
      while (true) {
        TRY(const bool more, reader.next(record));
        if (!more) break;
        if (!record.key) continue;
        auto decoded = decode_coordinator_record(*record.key, record.value);
        if (!decoded) {
          log_.warning("{} at offset {}: {}", offsets_topic, record.offset, decoded.error().message);
        } else if (*decoded) {
          visit(**std::move(decoded));
        }
      }
      at = Offset(batch.header.last_offset() + 1);
    }
  }
}

Result<Offset> OffsetLog::append(const std::vector<CoordinatorRecord>& records) {
  CHECK(open(true));
  const TimestampMs now = clock_.now_ms();
  kafka::BatchBuilder builder;
  for (const CoordinatorRecord& record : records) {
    const KeyValue encoded = std::holds_alternative<OffsetRecord>(record) ? encode(std::get<OffsetRecord>(record))
                                                                          : encode(std::get<GroupRecord>(record), now);
    builder.add(now, encoded.key, view(encoded.value));
  }
  TRY(const Buffer batch, builder.finish());
  io::fault_point("broker.offsets.append.before");
  const auto appended = partition_->append(batch, Origin::broker);
  io::fault_point("broker.offsets.append.after");
  if (!appended) return fail(ErrorCode::io, std::string(offsets_topic) + ": " + appended.error().message);
  return appended->next;
}

Result<void> OffsetLog::replace_all(const std::vector<CoordinatorRecord>& state) {
  CHECK(open(true));
  const Offset start = partition_->offsets().log_end;
  Offset end = start;
  for (std::size_t at = 0; at < state.size(); at += records_per_batch) {
    const auto first = state.begin() + static_cast<std::ptrdiff_t>(at);
    const auto last = state.begin() + static_cast<std::ptrdiff_t>(std::min(at + records_per_batch, state.size()));
    TRY(end, append({first, last}));
  }
  if (end != start) wait_durable(end);
  TRY(const Offset log_start, partition_->delete_records(start));
  largest_ = std::max<std::int64_t>(32_MiB, 2 * partition_->size_bytes());
  log_.info("{} now begins at offset {}", offsets_topic, log_start.value());
  return {};
}

void OffsetLog::wait_durable(Offset next) {
  // Shared: the thread that completes may still be inside set_value() when this one goes on.
  const auto promise = std::make_shared<std::promise<void>>();
  auto durable = promise->get_future();
  partition_->when_durable(next, [promise] { promise->set_value(); });
  durable.wait();
}

}  // namespace tickerlake::broker
