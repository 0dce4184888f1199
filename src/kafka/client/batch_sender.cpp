#include "kafka/client/batch_sender.h"

#include <algorithm>
#include <limits>

#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/produce.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds request_time{30'000};  // that a broker may take to store and replicate
constexpr milliseconds silence{45'000};       // then the connection counts as lost
constexpr milliseconds id_pause{1'000};       // before a producer id is asked for again
constexpr milliseconds idle_wait{1'000};
constexpr std::size_t most_requests = 5;  // under way on a connection
constexpr std::int16_t acks_all = -1;
constexpr std::int16_t last_version_by_name = 12;

/// What the broker said of each part of a request, in its order.
Result<std::vector<KafkaError>> verdicts_of(const std::vector<SendWindow::Part>& request,
                                            const ProduceResponse& response) {
  std::vector<KafkaError> verdicts;
  for (const auto& part : request) {
    const ProduceResponse::Topic::Partition* found = nullptr;
    for (const auto& topic : response.responses)
      for (const auto& its : topic.partition_responses)
        if (its.index == part.partition) found = &its;
    if (found == nullptr) return fail(ErrorCode::corrupt, "an answer leaves out a partition that it should tell about");
    verdicts.push_back(found->error_code);
  }
  return verdicts;
}

}  // namespace

BatchSender::BatchSender(std::unique_ptr<Cluster> cluster, std::string topic, const TopicView& view, Codec codec,
                         BatchExchange& exchange, const Log& log)
    : cluster_(std::move(cluster)),
      topic_(std::move(topic)),
      topic_id_(view.id),
      codec_(codec),
      exchange_(exchange),
      log_(log.named("producer")),
      lookup_(*cluster_, log_),
      window_(view.leaders.size()),
      next_sequence_(view.leaders.size()) {
  for (std::size_t i = 0; i < view.leaders.size(); ++i)
    window_.set_leader(static_cast<std::int32_t>(i), view.leaders[i]);
  thread_ = std::thread([this] { run(); });
}

BatchSender::~BatchSender() {
  cluster_->cancel();
  thread_.join();
}

void BatchSender::run() {
  auto outcome = get_producer_id();
  while (outcome && !cluster_->cancelled()) outcome = step();
  if (outcome || cluster_->cancelled()) return;
  MutexLock lock(exchange_.mutex);
  exchange_.failure = std::move(outcome).error().within("topic " + topic_);
  exchange_.changed.notify_all();
}

Result<void> BatchSender::get_producer_id() {
  InitProducerIdRequest request;
  request.transaction_timeout_ms = std::numeric_limits<std::int32_t>::max();
  while (!cluster_->cancelled()) {
    auto answer = cluster_->ask_any(request, cluster_->for_at_most(LeaderLookup::look_time));
    if (answer && answer->error_code == KafkaError::none) {
      producer_id_ = answer->producer_id;
      producer_epoch_ = answer->producer_epoch;
      return {};
    }
    Error error = answer ? to_error(answer->error_code, "asking for a producer id") : std::move(answer).error();
    if (error.code != ErrorCode::unavailable && error.code != ErrorCode::timeout)
      return std::unexpected(std::move(error));
    log_.debug("{}", error.message);
    cluster_->waiter().wait({}, id_pause);
  }
  return {};
}

Result<void> BatchSender::step() {
  CHECK(take_what_is_ready());
  CHECK(find_leaders());
  CHECK(send());
  wait();
  return receive();
}

Result<void> BatchSender::take_what_is_ready() {
  std::deque<FullBatch> batches;
  {
    MutexLock lock(exchange_.mutex);
    batches.swap(exchange_.ready);
  }
  for (FullBatch& full : batches) {
    std::int32_t& sequence = next_sequence_[static_cast<std::size_t>(full.partition)];
    TRY(const ByteView bytes, full.writer->finish(codec_, {producer_id_, producer_epoch_, sequence}));
    // Behind the largest number comes 0.
    sequence = static_cast<std::int32_t>((std::int64_t{sequence} + full.writer->count()) &
                                         std::numeric_limits<std::int32_t>::max());
    window_.add(full.partition, next_batch_);
    kept_.emplace(next_batch_++, Kept{full.partition, std::move(full.writer), bytes});
  }
  return {};
}

Result<void> BatchSender::find_leaders() {
  if (!window_.needs_leaders() || !lookup_.is_due()) return {};
  TRY(const auto view, lookup_.look(topic_, topic_id_));
  if (!view) return {};
  for (std::size_t i = 0; i < std::min(view->leaders.size(), next_sequence_.size()); ++i)
    window_.set_leader(static_cast<std::int32_t>(i), view->leaders[i]);
  return {};
}

Result<void> BatchSender::send() {
  for (const std::int32_t node : window_.nodes_to_serve()) {
    if (auto sent = send_to(node); !sent) {
      if (sent.error().code == ErrorCode::unsupported) return sent;
      lose(node, sent.error());
    }
  }
  return {};
}

Result<void> BatchSender::send_to(std::int32_t node) {
  TRY(Connection * connection, cluster_->connect(node, cluster_->for_at_most(LeaderLookup::look_time)));
  auto& requests = under_way_[node];
  while (requests.size() < most_requests) {
    Request parts = window_.take(node);
    if (parts.empty()) return {};
    ProduceRequest request;
    request.acks = acks_all;
    request.timeout_ms = static_cast<std::int32_t>(request_time.count());
    auto& topic = request.topic_data.emplace_back();
    topic.name = topic_;
    topic.topic_id = topic_id_;
    for (const auto& [partition, batch] : parts)
      topic.partition_data.push_back(
          {.index = partition, .records = {.bytes = kept_.at(batch).bytes, .slices = {}, .by_reference = true}});
    requests.push_back(std::move(parts));
    CHECK(connection->send(request, topic_id_.is_zero() ? last_version_by_name : ProduceRequest::api.versions.last));
  }
  return {};
}

void BatchSender::wait() {
  std::vector<io::Waiter::Interest> interests;
  milliseconds time = idle_wait;
  for (const auto& [node, requests] : under_way_) {
    const Connection* connection = cluster_->connection(node);
    if (connection == nullptr || requests.empty()) continue;
    interests.push_back({.socket = &connection->socket(), .read = true, .write = connection->wants_to_write()});
  }
  if (window_.needs_leaders()) time = lookup_.rest(idle_wait);
  cluster_->waiter().wait(interests, time);
}

Result<void> BatchSender::receive() {
  std::vector<std::int32_t> nodes;
  for (const auto& [node, requests] : under_way_)
    if (!requests.empty()) nodes.push_back(node);
  for (const std::int32_t node : nodes) {
    Connection* connection = cluster_->connection(node);
    if (connection == nullptr) continue;
    if (auto read = receive_from(node, *connection); !read) {
      if (read.error().code == ErrorCode::cancelled) return read;
      lose(node, read.error());
    }
    if (failure_) return std::unexpected(*failure_);
  }
  return {};
}

Result<void> BatchSender::receive_from(std::int32_t node, Connection& connection) {
  CHECK(connection.write_some());
  auto& requests = under_way_[node];
  while (!requests.empty()) {
    TRY(const auto answer, connection.read_some());
    if (!answer) {
      if (steady_clock::now() - connection.oldest() > silence) return fail(ErrorCode::timeout, "no answer");
      return {};
    }
    TRY(const auto response, Connection::decode<ProduceResponse>(ProduceRequest::api, *answer));
    TRY(const auto verdicts, verdicts_of(requests.front(), response));
    const Request request = std::move(requests.front());
    requests.pop_front();
    for (std::size_t i = 0; i < request.size(); ++i) {
      auto done = window_.answered(request[i].partition, request[i].batch, verdicts[i]);
      if (!done) {
        failure_ = std::move(done).error();
        return {};
      }
      acknowledge(*done);
    }
  }
  return {};
}

void BatchSender::lose(std::int32_t node, const Error& why) {
  log_.debug("broker {}: {}", node, why.message);
  cluster_->disconnect(node);
  under_way_[node].clear();
  window_.lost(node);
}

void BatchSender::acknowledge(const std::vector<BatchId>& done) {
  if (done.empty()) return;
  lookup_.succeeded();
  MutexLock lock(exchange_.mutex);
  for (const BatchId id : done) {
    auto node = kept_.extract(id);
    auto& writer = node.mapped().writer;
    exchange_.unacknowledged -= writer->count();
    writer->clear();
    exchange_.free.push_back(std::move(writer));
  }
  exchange_.changed.notify_all();
}

}  // namespace tickerlake::kafka
