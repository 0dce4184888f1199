#include "services/broker/journal.h"

#include <future>

#include "io/fault_point.h"

namespace tickerlake::broker {
namespace {

constexpr std::int64_t read_step = 1_MiB;

std::optional<ByteView> view(const std::optional<Buffer>& bytes) {
  return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
}

}  // namespace

Result<void> for_each_keyed(const kafka::Batch& batch, const std::function<void(const kafka::Record& record)>& visit) {
  TRY(auto reader, kafka::RecordReader::open(batch));
  kafka::Record record;
  while (true) {
    TRY(const bool more, reader.next(record));
    if (!more) return {};
    if (record.key) visit(record);
  }
}

Result<void> Journal::open(bool create) {
  if (partition_) return {};
  auto topic = topics_.find(topic_);
  if (!topic && create) {
    const ConfigMap settings = {{"cleanup.policy", cleanup_policy_},
                                {"segment.bytes", "16777216"},
                                {"max.message.bytes", "10485760"},
                                {"retention.ms", "-1"},
                                {"retention.bytes", "-1"}};
    TRY(topic, topics_.create(topic_, 1, settings, true));
  }
  if (topic) partition_ = topic->partition(0);
  return {};
}

Result<std::shared_ptr<Partition>> Journal::partition() {
  CHECK(open(true));
  return partition_;
}

Result<void> Journal::read_all(const std::function<Result<void>(const kafka::Batch&)>& visit) {
  CHECK(open(false));
  if (!partition_) return {};
  Offset at = partition_->offsets().log_start;
  while (true) {
    const auto fetched = partition_->read(at, read_step, true);
    if (!fetched) return fail(ErrorCode::corrupt, topic_ + " can't be read");
    if (fetched->batches.empty()) return {};
    TRY(const Buffer bytes, fetched->batches.load());
    for (ByteView rest = bytes; !rest.empty();) {
      TRY(const kafka::Batch batch, kafka::take_batch(rest));
      CHECK(visit(batch));
      at = Offset(batch.header.last_offset() + 1);
    }
  }
}

Result<Offset> Journal::append(std::span<const KeyValue> records, const kafka::BatchBuilder::Options& options) {
  const TimestampMs now = clock_.now_ms();
  kafka::BatchBuilder builder(options);
  for (const KeyValue& record : records) builder.add(now, record.key, view(record.value));
  TRY(const Buffer batch, builder.finish());
  CHECK(open(true));
  io::fault_point("broker.journal.append.before");
  const auto appended = partition_->append(batch, Origin::broker);
  io::fault_point("broker.journal.append.after");
  if (!appended) return fail(ErrorCode::io, topic_ + ": " + appended.error().message);
  return appended->next;
}

Result<void> Journal::replace_all(const std::function<Result<void>()>& write_state) {
  CHECK(open(true));
  const Offset start = partition_->offsets().log_end;
  CHECK(write_state());
  const Offset end = partition_->offsets().log_end;
  if (end != start) wait_durable(end);
  TRY(const Offset log_start, partition_->delete_records(start));
  largest_ = std::max<std::int64_t>(32_MiB, 2 * partition_->size_bytes());
  log_.info("{} now begins at offset {}", topic_, log_start.value());
  return {};
}

void Journal::wait_durable(Offset next) {
  // Shared: the thread that completes may still be inside set_value() when this one goes on.
  const auto promise = std::make_shared<std::promise<void>>();
  auto durable = promise->get_future();
  partition_->when_durable(next, [promise] { promise->set_value(); });
  durable.wait();
}

}  // namespace tickerlake::broker
