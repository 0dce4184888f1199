#include "pipeline/sink/dead_letters.h"

#include <algorithm>
#include <charconv>

#include "kafka/client/admin.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{10'000};
constexpr std::size_t poll_records = 1'000;
constexpr std::size_t most_bytes = 900'000;  // of a letter's key and value

std::optional<std::int64_t> number(std::optional<std::string_view> text) {
  std::int64_t value = 0;
  if (!text) return {};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size()) return {};
  return value;
}

}  // namespace

DeadLetterTopic::DeadLetterTopic(kafka::ClientSettings settings, std::string topic, int partitions, Log log)
    : settings_(std::move(settings)),
      source_(std::move(topic)),
      topic_(source_ + ".dlq"),
      wanted_partitions_(partitions),
      log_(std::move(log)) {}

Result<void> DeadLetterTopic::open() {
  if (producer_) return {};
  TRY(const auto consumer, kafka::Consumer::create(settings_, "tickerlake-dead-letters", log_));
  TRY(partitions_, kafka::find_or_make_topic(*consumer, settings_, topic_, wanted_partitions_, patience, log_));
  TRY(producer_, kafka::Producer::create(settings_, topic_, {}, log_));
  return {};
}

Result<std::vector<std::int64_t>> DeadLetterTopic::find_written(std::int32_t partition, std::int64_t first,
                                                                std::int64_t last, const Stop& stop) {
  TRY(const auto consumer, kafka::Consumer::create(settings_, "tickerlake-dead-letters", log_));
  const std::int32_t at = partition % partitions_;
  TRY(const auto marks, consumer->watermarks(topic_, at, patience));
  std::vector<std::int64_t> found;
  if (marks.low == marks.high) return found;
  const kafka::PartitionOffset from[] = {{at, marks.low}};
  CHECK(consumer->assign(topic_, from));
  kafka::RecordBatch batch;
  for (std::int64_t position = marks.low; position < marks.high;) {
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
    CHECK(consumer->poll(batch, poll_records, milliseconds(100)));
    for (const auto& record : batch.records()) {
      position = record.offset + 1;
      if (number(record.header("partition")) != partition || record.header("topic") != source_) continue;
      const auto offset = number(record.header("offset"));
      if (offset && *offset >= first && *offset <= last) found.push_back(*offset);
    }
    for (const auto& end : batch.ends()) position = std::max(position, end.offset);
  }
  return found;
}

Result<void> DeadLetterTopic::write(std::int32_t partition, const std::vector<DeadLetter>& letters, bool look_first,
                                    const Stop& stop) {
  if (letters.empty()) return {};
  MutexLock lock(mutex_);
  CHECK(open());
  std::vector<std::int64_t> written;  // sorted
  if (look_first) {
    TRY(written, find_written(partition, letters.front().offset, letters.back().offset, stop));
    std::sort(written.begin(), written.end());
  }
  const std::string partition_text = std::to_string(partition);
  for (const auto& letter : letters) {
    if (std::binary_search(written.begin(), written.end(), letter.offset)) continue;
    const std::string offset = std::to_string(letter.offset);
    const std::string time = std::to_string(letter.timestamp_ms);
    std::optional<std::string_view> key, value;
    if (letter.key) key = *letter.key;
    if (letter.value) value = *letter.value;
    // Brokers take about a megabyte: what is longer is cut off, and a header says so.
    const std::size_t size = (key ? key->size() : 0) + (value ? value->size() : 0);
    if (key) key = key->substr(0, most_bytes / 2);
    if (value) value = value->substr(0, most_bytes - (key ? key->size() : 0));
    const std::string whole_size = std::to_string(size);
    std::vector<kafka::Header> headers = {{"topic", source_},
                                          {"partition", partition_text},
                                          {"offset", offset},
                                          {"timestamp", time},
                                          {"reason", letter.reason}};
    if (size > most_bytes) headers.push_back({"truncated", whole_size});
    while (true) {
      TRY(const bool taken, producer_->produce(partition % partitions_, key, value,
                                               std::max<std::int64_t>(letter.timestamp_ms, 0), headers));
      if (taken) break;
      CHECK(producer_->poll(milliseconds(10)));
      if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
    }
  }
  while (true) {
    TRY(const bool empty, producer_->flush(milliseconds(100)));
    if (empty) return {};
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
  }
}

}  // namespace tickerlake::pipeline
