#include "kafka/client/log_tail.h"

#include <utility>

#include "kafka/records/batch.h"
#include "kafka/wire/fetch.h"
#include "kafka/wire/list_offsets.h"
#include "kafka/wire/offsets.h"

namespace tickerlake::kafka {
namespace {

constexpr std::int32_t answer_bytes = 4 << 20;
constexpr std::int16_t last_version_by_name = 12;
constexpr std::int8_t read_uncommitted = 0;  // transactions, that is; what is not replicated is not seen
constexpr std::int64_t latest = -1, earliest = -2;
constexpr std::chrono::milliseconds pause{20};  // while followers catch up

/// One reading of a partition at its leader.
class Reading {
 public:
  Reading(Cluster& cluster, const std::string& topic, const Uuid& topic_id, std::int32_t partition,
          const Leader& leader, const Patience& patience)
      : cluster_(cluster),
        topic_(topic),
        topic_id_(topic_id),
        partition_(partition),
        leader_(leader),
        patience_(patience),
        what_("reading the end of " + topic + "/" + std::to_string(partition)) {}

  /// Where the log ends, with what is not replicated yet. -1: the leader can't tell.
  Result<std::int64_t> log_end() const {
    if (leader_.epoch < 0) return offset_at(latest);  // before Kafka 2.1; only what is replicated
    OffsetForLeaderEpochRequest request;
    request.replica_id = -1;
    request.topics = {
        {.topic = topic_,
         .partitions = {
             {.partition = partition_, .current_leader_epoch = leader_.epoch, .leader_epoch = leader_.epoch}}}};
    TRY(const auto answer, cluster_.ask(leader_.node, request, patience_));
    if (answer.topics.size() != 1 || answer.topics[0].partitions.size() != 1) return other_thing();
    const auto& its = answer.topics[0].partitions[0];
    if (its.error_code != KafkaError::none) return std::unexpected(to_error(its.error_code, what_));
    return its.leader_epoch == leader_.epoch ? its.end_offset : -1;
  }

  Result<std::int64_t> offset_at(std::int64_t time) const {
    ListOffsetsRequest request;
    request.replica_id = -1;
    request.topics = {
        {.name = topic_,
         .partitions = {{.partition_index = partition_, .current_leader_epoch = leader_.epoch, .timestamp = time}}}};
    TRY(const auto answer, cluster_.ask(leader_.node, request, patience_));
    if (answer.topics.size() != 1 || answer.topics[0].partitions.size() != 1) return other_thing();
    const auto& its = answer.topics[0].partitions[0];
    if (its.error_code != KafkaError::none) return std::unexpected(to_error(its.error_code, what_));
    return its.offset;
  }

  struct Piece {
    bool is_out_of_range = false;
    std::int64_t high_watermark = 0;
    std::int64_t next = 0;
  };
  /// Adds the producer's batches from the offset on, as far as one answer goes.
  Result<Piece> read(std::int64_t from, const ProducerName& producer, std::vector<LogTail::OwnBatch>& found) const {
    FetchRequest request;
    request.max_bytes = answer_bytes;
    request.isolation_level = read_uncommitted;
    auto& topic = request.topics.emplace_back();
    topic.topic = topic_;
    topic.topic_id = topic_id_;
    topic.partitions = {{.partition = partition_,
                         .current_leader_epoch = leader_.epoch,
                         .fetch_offset = from,
                         .partition_max_bytes = answer_bytes,
                         .replica_directory_id = {}}};
    TRY(const auto answer,
        cluster_.ask_raw(leader_.node, request, patience_,
                         topic_id_.is_zero() ? last_version_by_name : FetchRequest::api.versions.last));
    TRY(const auto response, Connection::decode<FetchResponse>(FetchRequest::api, answer));
    if (response.error_code != KafkaError::none) return std::unexpected(to_error(response.error_code, what_));
    if (response.responses.size() != 1 || response.responses[0].partitions.size() != 1) return other_thing();
    const auto& its = response.responses[0].partitions[0];
    if (its.error_code == KafkaError::offset_out_of_range) return Piece{.is_out_of_range = true};
    if (its.error_code != KafkaError::none) return std::unexpected(to_error(its.error_code, what_));
    Piece piece{.high_watermark = its.high_watermark, .next = from};
    ByteView rest = its.records.bytes;
    while (rest.size() >= batch_header_size) {
      TRY(const BatchHeader header, parse_batch_header(rest));
      if (header.size() > static_cast<std::int64_t>(rest.size())) break;  // brokers cut the last one off
      rest = rest.subspan(static_cast<std::size_t>(header.size()));
      if (header.last_offset() < from) continue;
      piece.next = header.last_offset() + 1;
      if (header.producer_id == producer.id && header.producer_epoch == producer.epoch && !header.is_control())
        found.push_back({header.base_sequence, piece.next});
    }
    return piece;
  }

 private:
  std::unexpected<Error> other_thing() const {
    return fail(ErrorCode::corrupt, what_ + ": an answer about something else");
  }

  Cluster& cluster_;
  const std::string& topic_;
  const Uuid& topic_id_;
  const std::int32_t partition_;
  const Leader& leader_;
  const Patience& patience_;
  const std::string what_;
};

}  // namespace

Result<std::optional<LogTail>> read_log_tail(Cluster& cluster, const std::string& topic, const Uuid& topic_id,
                                             std::int32_t partition, const Leader& leader, std::int64_t from,
                                             const ProducerName& producer, const Patience& patience) {
  const Reading reading(cluster, topic, topic_id, partition, leader, patience);
  LogTail tail;
  TRY(tail.end, reading.log_end());
  if (tail.end < 0) return std::nullopt;
  if (tail.end < from) return tail;
  // A fetch shows only what is committed: who has read up to the log's end knows that all of it is.
  std::int64_t position = from < 0 ? tail.end : from;
  bool waits = false;
  while (true) {
    const auto answered = reading.read(position, producer, tail.batches);
    if (!answered && waits && patience.is_over()) return std::nullopt;  // the last look ran out of time
    TRY(const auto piece, answered);
    if (piece.is_out_of_range) {
      TRY(const std::int64_t start, reading.offset_at(earliest));
      if (start <= position) return std::nullopt;
      tail.is_cut = true;
      position = start;
      continue;
    }
    const bool is_still = position == std::exchange(position, piece.next);
    if (position >= tail.end && piece.high_watermark >= tail.end) break;
    if (patience.is_over()) return std::nullopt;
    waits = true;
    if (is_still) cluster.waiter().wait({}, pause);
  }
  tail.end = position;
  return tail;
}

}  // namespace tickerlake::kafka
