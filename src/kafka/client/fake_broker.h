#pragma once
// For tests: a small broker on a real socket that keeps batches as a broker does, and misbehaves when told to.
#include <atomic>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "io/tcp_server.h"
#include "kafka/records/batch.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/message.h"
#include "kafka/wire/metadata.h"
#include "kafka/wire/offsets.h"
#include "kafka/wire/produce.h"

namespace tickerlake::kafka {

class FakeBroker {
 public:
  /// What becomes of one request for data (Produce or Fetch); the others are always served.
  enum class Fate {
    served,
    reset_before,  // the connection is cut before the request has an effect
    reset_after,   // with the effect, without the answer
    cut_answer,    // half of the answer, then the connection is cut
    slow,          // an answer in small pieces
    refused,       // NOT_LEADER_OR_FOLLOWER
    garbage,       // bytes that are no answer
  };
  using Dice = std::function<Fate()>;

  FakeBroker(int partitions, Dice dice);
  FakeBroker(const FakeBroker&) = delete;
  FakeBroker& operator=(const FakeBroker&) = delete;

  std::string address() const { return server_->endpoint().text(); }
  /// The batches of a partition, with their base offsets, in a row.
  Buffer log(std::int32_t partition);
  /// Puts a batch behind a partition's others.
  void append(std::int32_t partition, Buffer batch);
  void set_aborted(std::vector<FetchResponse::Topic::Partition::AbortedTransaction> aborted);
  void set_topic_id(Uuid id);
  /// Records of all partitions from this offset on are not committed: in the log, but not shown.
  void set_high_watermark(std::int64_t offset) { high_watermark_ = offset; }
  /// With each connection that it breaks it loses its memory of producers, as Apache Kafka does when it starts again.
  void set_forgetful() { forgetful_ = true; }
  int connections() const { return connections_; }

 private:
  struct Partition {
    std::vector<Buffer> batches;
    std::int64_t end = 0;
    std::size_t remembered = 0;  // batches from here on are known
  };
  struct Appended {
    KafkaError code = KafkaError::none;
    std::int64_t base_offset = -1;
  };
  void serve(io::Socket& socket);
  bool answer(io::Socket& socket, Fate fate, const Frame& frame);
  Appended append_produced(std::int32_t partition, ByteView batches);
  void append_locked(std::int32_t partition, Buffer batch) TL_REQUIRES(mutex_);
  OffsetForLeaderEpochResponse log_ends(const OffsetForLeaderEpochRequest& request, bool refused);
  FetchResponse fetch(const FetchRequest& request, std::vector<Buffer>& memory);
  MetadataResponse metadata();

  const Dice dice_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> forgetful_ = false;
  std::atomic<std::int64_t> high_watermark_ = std::numeric_limits<std::int64_t>::max();
  Mutex mutex_;
  std::vector<Partition> logs_ TL_GUARDED_BY(mutex_);
  std::vector<FetchResponse::Topic::Partition::AbortedTransaction> aborted_ TL_GUARDED_BY(mutex_);
  Uuid topic_id_ TL_GUARDED_BY(mutex_) = Uuid::random();
  std::unique_ptr<io::TcpServer> server_;  // last: its threads use what is above
};

}  // namespace tickerlake::kafka
