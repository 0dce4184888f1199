#pragma once
// An internal topic as a coordinator's journal: appended to, read back on start, written anew when it has grown.
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "kafka/records/records.h"
#include "services/broker/ids.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

/// A record of a journal. Without a value: its key is deleted.
struct KeyValue {
  Buffer key;
  std::optional<Buffer> value;
};

/// Not thread-safe but for wait_durable(): its owner's lock orders appends as it orders the changes they tell of.
/// One partition: one node gains nothing from more, and reading back stays one sequential pass.
class Journal {
 public:
  /// cleanup_policy: "delete" for records that are changes of what came before, none of which may be compacted away.
  Journal(Topics& topics, const Clock& clock, std::string topic, Log log, std::string cleanup_policy = "compact")
      : topics_(topics),
        clock_(clock),
        topic_(std::move(topic)),
        log_(std::move(log)),
        cleanup_policy_(std::move(cleanup_policy)) {}

  const std::string& topic() const { return topic_; }
  /// Makes the topic if it is not there.
  Result<std::shared_ptr<Partition>> partition();

  /// Gives every batch to the visitor, oldest first; nothing while there is no such topic.
  Result<void> read_all(const std::function<Result<void>(const kafka::Batch&)>& visit);

  /// Appends as one batch, to the page cache. Makes the topic on the first call. Returns the offset behind it.
  Result<Offset> append(std::span<const KeyValue> records, const kafka::BatchBuilder::Options& options = {});

  /// Whether so much was appended since the last replace_all() that it is worth calling.
  bool is_large() const { return partition_ && partition_->size_bytes() > largest_; }
  /// Lets write_state() append the whole state anew and frees what came before. A crash in between leaves both: reading
  /// must be idempotent.
  Result<void> replace_all(const std::function<Result<void>()>& write_state);

  /// Returns once everything before `next`, which an append returned, is on disk. Thread-safe.
  void wait_durable(Offset next);

 private:
  Result<void> open(bool create);

  Topics& topics_;
  const Clock& clock_;
  const std::string topic_;
  const Log log_;
  std::shared_ptr<Partition> partition_;  // set once
  std::int64_t largest_ = 32_MiB;
  const std::string cleanup_policy_;
};

/// The records of a batch that have a key.
Result<void> for_each_keyed(const kafka::Batch& batch, const std::function<void(const kafka::Record& record)>& visit);

}  // namespace tickerlake::broker
