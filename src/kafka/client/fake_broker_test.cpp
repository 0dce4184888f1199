#include "kafka/client/fake_broker.h"

#include <algorithm>
#include <thread>

namespace tickerlake::kafka {

FakeBroker::FakeBroker(int partitions, Dice dice)
    : dice_(std::move(dice)), logs_(static_cast<std::size_t>(partitions)) {
  server_ = std::make_unique<io::TcpServer>(*io::Listener::bind({.host = "127.0.0.1", .port = 0}),
                                            io::TcpServer::Options{}, Log(), [this](io::Socket& socket) {
                                              ++connections_;
                                              serve(socket);
                                            });
}

Buffer FakeBroker::log(std::int32_t partition) {
  MutexLock lock(mutex_);
  Buffer all;
  for (const Buffer& batch : logs_[static_cast<std::size_t>(partition)].batches)
    all.insert(all.end(), batch.begin(), batch.end());
  return all;
}

void FakeBroker::append(std::int32_t partition, Buffer batch) {
  MutexLock lock(mutex_);
  append_locked(partition, std::move(batch));
}

void FakeBroker::append_locked(std::int32_t partition, Buffer batch) {
  Partition& log = logs_[static_cast<std::size_t>(partition)];
  patch_base_offset(batch, log.end);
  log.end = parse_batch_header(batch)->last_offset() + 1;
  log.batches.push_back(std::move(batch));
}

void FakeBroker::set_aborted(std::vector<FetchResponse::Topic::Partition::AbortedTransaction> aborted) {
  MutexLock lock(mutex_);
  aborted_ = std::move(aborted);
}

void FakeBroker::set_topic_id(Uuid id) {
  MutexLock lock(mutex_);
  topic_id_ = id;
}

void FakeBroker::serve(io::Socket& socket) {
  while (true) {
    std::byte size[4];
    if (!socket.read_exactly(size)) return;
    Buffer frame(load_big_endian<std::uint32_t>(size));
    if (!socket.read_exactly(frame)) return;
    ByteView body;
    const RequestHeader header = *parse_request_header(frame, body);
    const std::int16_t version = header.api_version;
    const auto reply = [&](const auto& request_api, const auto& response, Fate fate) {
      return answer(socket, fate, encode_response(request_api, version, header.correlation_id, response));
    };
    bool goes_on = false;
    if (header.api_key == ApiVersionsRequest::api.key) {
      ApiVersionsResponse response;
      for (const Api& api :
           {ApiVersionsRequest::api, MetadataRequest::api, InitProducerIdRequest::api, ProduceRequest::api,
            FetchRequest::api, ListOffsetsRequest::api, OffsetForLeaderEpochRequest::api})
        response.api_keys.push_back({api.key, api.versions.first, api.versions.last});
      goes_on = reply(ApiVersionsRequest::api, response, Fate::served);
    } else if (header.api_key == MetadataRequest::api.key) {
      goes_on = reply(MetadataRequest::api, metadata(), Fate::served);
    } else if (header.api_key == InitProducerIdRequest::api.key) {
      goes_on = reply(InitProducerIdRequest::api, InitProducerIdResponse{.producer_id = 9}, Fate::served);
    } else if (header.api_key == ProduceRequest::api.key) {
      const Fate fate = dice_();
      if (fate == Fate::reset_before) return;
      const auto request = *decode<ProduceRequest>(body, version);
      ProduceResponse response;
      auto& topic = response.responses.emplace_back();
      topic.topic_id = request.topic_data[0].topic_id;
      for (const auto& its : request.topic_data[0].partition_data) {
        const Appended appended = fate == Fate::refused ? Appended{.code = KafkaError::not_leader_or_follower}
                                                        : append_produced(its.index, its.records.bytes);
        topic.partition_responses.push_back({.index = its.index,
                                             .error_code = appended.code,
                                             .base_offset = appended.base_offset,
                                             .record_errors = {},
                                             .error_message = {},
                                             .current_leader = {}});
      }
      if (forgetful_ && (fate == Fate::reset_after || fate == Fate::cut_answer || fate == Fate::garbage)) {
        MutexLock lock(mutex_);
        for (Partition& log : logs_) log.remembered = log.batches.size();
      }
      goes_on = reply(ProduceRequest::api, response, fate);
    } else if (header.api_key == OffsetForLeaderEpochRequest::api.key) {
      const Fate fate = dice_();
      if (fate == Fate::reset_before) return;
      goes_on = reply(OffsetForLeaderEpochRequest::api,
                      log_ends(*decode<OffsetForLeaderEpochRequest>(body, version), fate == Fate::refused), fate);
    } else if (header.api_key == FetchRequest::api.key) {
      const Fate fate = dice_();
      if (fate == Fate::reset_before) return;
      std::vector<Buffer> memory;
      auto response = fetch(*decode<FetchRequest>(body, version), memory);
      if (fate == Fate::refused)
        for (auto& its : response.responses[0].partitions) its.error_code = KafkaError::not_leader_or_follower;
      goes_on = reply(FetchRequest::api, response, fate);
    }
    if (!goes_on) return;
  }
}

bool FakeBroker::answer(io::Socket& socket, Fate fate, const Frame& frame) {
  Buffer bytes(4);
  store_big_endian(bytes.data(), static_cast<std::int32_t>(frame.bytes.size()));
  bytes.insert(bytes.end(), frame.bytes.begin(), frame.bytes.end());
  const ByteView all = bytes;
  if (fate == Fate::reset_after) return false;
  if (fate == Fate::garbage) return socket.write(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")) && false;
  if (fate == Fate::cut_answer) return socket.write(all.first(all.size() / 2)) && false;
  const std::size_t piece = fate == Fate::slow ? all.size() / 7 + 1 : all.size();
  for (std::size_t at = 0; at < all.size(); at += piece) {
    if (!socket.write(all.subspan(at, std::min(piece, all.size() - at)))) return false;
    if (fate == Fate::slow) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// As Apache Kafka does for one producer: the last five batches are remembered, the others must be in turn.
FakeBroker::Appended FakeBroker::append_produced(std::int32_t partition, ByteView batches) {
  const Batch batch = *take_batch(batches);
  if (!check_batch(batch)) return {.code = KafkaError::corrupt_message};
  MutexLock lock(mutex_);
  Partition& log = logs_[static_cast<std::size_t>(partition)];
  for (std::size_t i = log.batches.size(); i > log.remembered && i + 5 > log.batches.size(); --i) {
    const BatchHeader known = *parse_batch_header(log.batches[i - 1]);
    if (known.base_sequence == batch.header.base_sequence) return {.base_offset = known.base_offset};
  }
  if (log.batches.size() > log.remembered &&
      batch.header.base_sequence != parse_batch_header(log.batches.back())->last_sequence() + 1)
    return {.code = KafkaError::out_of_order_sequence_number};
  const std::int64_t base_offset = log.end;
  append_locked(partition, Buffer(batch.bytes.begin(), batch.bytes.end()));
  return {.base_offset = base_offset};
}

OffsetForLeaderEpochResponse FakeBroker::log_ends(const OffsetForLeaderEpochRequest& request, bool refused) {
  OffsetForLeaderEpochResponse response;
  auto& topic = response.topics.emplace_back();
  topic.topic = request.topics[0].topic;
  MutexLock lock(mutex_);
  for (const auto& asked : request.topics[0].partitions)
    topic.partitions.push_back({.error_code = refused ? KafkaError::not_leader_or_follower : KafkaError::none,
                                .partition = asked.partition,
                                .leader_epoch = asked.leader_epoch,
                                .end_offset = logs_[static_cast<std::size_t>(asked.partition)].end});
  return response;
}

FetchResponse FakeBroker::fetch(const FetchRequest& request, std::vector<Buffer>& memory) {
  FetchResponse response;
  auto& topic = response.responses.emplace_back();
  topic.topic_id = request.topics[0].topic_id;
  bool is_empty = true;
  for (const auto& wanted : request.topics[0].partitions) {
    MutexLock lock(mutex_);
    const Partition& log = logs_[static_cast<std::size_t>(wanted.partition)];
    auto& its = topic.partitions.emplace_back();
    its.partition_index = wanted.partition;
    its.high_watermark = its.last_stable_offset = std::min(log.end, high_watermark_.load());
    its.log_start_offset = 0;
    its.aborted_transactions = aborted_;
    if (wanted.fetch_offset > log.end) its.error_code = KafkaError::offset_out_of_range;
    Buffer bytes;
    for (const Buffer& batch : log.batches) {
      if (parse_batch_header(batch)->last_offset() < wanted.fetch_offset) continue;
      if (parse_batch_header(batch)->last_offset() >= its.high_watermark) break;
      if (!bytes.empty() && bytes.size() + batch.size() > 2'000) {  // and the next one cut off, as brokers do
        bytes.insert(bytes.end(), batch.begin(), batch.begin() + static_cast<std::ptrdiff_t>(batch.size() / 2));
        break;
      }
      bytes.insert(bytes.end(), batch.begin(), batch.end());
    }
    is_empty = is_empty && bytes.empty();
    memory.push_back(std::move(bytes));
  }
  for (std::size_t i = 0; i < memory.size(); ++i) topic.partitions[i].records.bytes = memory[i];
  if (is_empty) std::this_thread::sleep_for(std::chrono::milliseconds(5));  // for a long poll
  return response;
}

MetadataResponse FakeBroker::metadata() {
  MutexLock lock(mutex_);
  MetadataResponse response;
  response.brokers = {{.node_id = 1, .host = "127.0.0.1", .port = server_->endpoint().port, .rack = {}}};
  response.cluster_id = "fake";
  auto& topic = response.topics.emplace_back();
  topic.name = "t";
  topic.topic_id = topic_id_;
  for (std::size_t i = 0; i < logs_.size(); ++i)
    topic.partitions.push_back({.partition_index = static_cast<std::int32_t>(i),
                                .leader_id = 1,
                                .leader_epoch = 0,
                                .replica_nodes = {1},
                                .isr_nodes = {1},
                                .offline_replicas = {}});
  return response;
}

}  // namespace tickerlake::kafka
