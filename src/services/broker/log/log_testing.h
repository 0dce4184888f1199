#pragma once
// Helpers of the log's tests: batches, clocks, folders' files.
#include <string>

#include "base/panic.h"
#include "base/time.h"
#include "io/file.h"
#include "kafka/records/records.h"

namespace tickerlake::broker::testing {

class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimestampMs now_ms) : now_ms_(now_ms) {}
  TimestampMs now_ms() const override { return now_ms_; }
  void advance(TimestampMs by_ms) { now_ms_ += by_ms; }

 private:
  TimestampMs now_ms_;
};

struct BatchOptions {
  int records = 3;
  TimestampMs timestamp_ms = 1'000;  // of the first record; each further one is a millisecond younger
  std::size_t value_size = 20;
  kafka::BatchBuilder::Options builder = {};
};

inline Buffer make_batch(const BatchOptions& options = {}) {
  kafka::BatchBuilder builder(options.builder);
  const std::string value(options.value_size, 'v');
  for (int i = 0; i < options.records; ++i) builder.add(options.timestamp_ms + i, std::nullopt, as_bytes(value));
  auto batch = builder.finish();
  ensure(batch.has_value(), "the test's batch is well-formed");
  return *std::move(batch);
}

inline Buffer make_producer_batch(std::int64_t producer, std::int16_t epoch, std::int32_t sequence, int records = 3) {
  return make_batch(
      {.records = records, .builder = {.producer_id = producer, .producer_epoch = epoch, .base_sequence = sequence}});
}

inline std::string content_of(const io::Path& path) {
  auto content = io::read_file(path);
  ensure(content.has_value(), "the test's file can be read");
  return *std::move(content);
}

inline void overwrite(const io::Path& path, std::string_view content) {
  auto file = io::File::open(path, io::File::Mode::read_write);
  ensure(file && file->truncate(0) && file->write_at(0, as_bytes(content)), "the test's file can be written");
}

}  // namespace tickerlake::broker::testing
