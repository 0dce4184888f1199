#include "kafka/client/batch_sender.h"

#include <algorithm>
#include <limits>

#include "kafka/wire/init_producer_id.h"
#include "kafka/wire/produce.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds request_time{30'000};   // that a broker may take to store and replicate
constexpr milliseconds silence{45'000};        // then the connection counts as lost
constexpr milliseconds doubt{2'000};           // then somebody else is asked whether the silent broker still leads
constexpr milliseconds shortest_id_pause{20};  // before a producer id is asked for again
constexpr milliseconds longest_id_pause{1'000};
constexpr milliseconds connect_time{3'000};
/// From the loss of a connection to the look at the log: requests of that connection that the broker has, but has not
/// carried out, should be in the log by then.
constexpr milliseconds settle_time{300};
constexpr milliseconds idle_wait{1'000};
constexpr std::size_t most_requests = 5;  // under way on a connection
constexpr std::int16_t acks_all = -1;
constexpr std::int16_t last_version_by_name = 12;

struct Verdict {
  KafkaError code;
  std::int64_t base_offset;
};

/// What the broker said of each part of a request, in its order.
Result<std::vector<Verdict>> verdicts_of(const std::vector<SendWindow::Part>& request,
                                         const ProduceResponse& response) {
  std::vector<Verdict> verdicts;
  for (const auto& part : request) {
    const ProduceResponse::Topic::Partition* found = nullptr;
    for (const auto& topic : response.responses)
      for (const auto& its : topic.partition_responses)
        if (its.index == part.partition) found = &its;
    if (found == nullptr) return fail(ErrorCode::corrupt, "an answer leaves out a partition that it should tell about");
    verdicts.push_back({found->error_code, found->base_offset});
  }
  return verdicts;
}

}  // namespace

BatchSender::BatchSender(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting, std::string topic,
                         const TopicView& view, Codec codec, BatchExchange& exchange, const Log& log)
    : cluster_(std::move(cluster)),
      topic_(std::move(topic)),
      topic_id_(view.id),
      codec_(codec),
      exchange_(exchange),
      log_(log.named("producer")),
      window_(view.leaders.size()),
      next_sequence_(view.leaders.size()),
      scout_(std::move(scouting), [this] { wake(); }, log_) {
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
  for (milliseconds pause = shortest_id_pause; !cluster_->cancelled(); pause = std::min(pause * 2, longest_id_pause)) {
    auto answer = cluster_->ask_any(request, cluster_->for_at_most(LeaderLookup::look_time));
    if (answer && answer->error_code == KafkaError::none) {
      producer_ = {answer->producer_id, answer->producer_epoch};
      return {};
    }
    Error error = answer ? to_error(answer->error_code, "asking for a producer id") : std::move(answer).error();
    if (error.code != ErrorCode::unavailable && error.code != ErrorCode::timeout)
      return std::unexpected(std::move(error));
    log_.debug("{}", error.message);
    cluster_->ask_another();
    cluster_->waiter().wait({}, pause);
  }
  return {};
}

Result<void> BatchSender::step() {
  CHECK(take_what_is_ready());
  CHECK(scout());
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
    TRY(const ByteView bytes, full.writer->finish(codec_, {producer_.id, producer_.epoch, sequence}));
    window_.add(full.partition, next_batch_, sequence);
    // Behind the largest number comes 0.
    sequence = static_cast<std::int32_t>((std::int64_t{sequence} + full.writer->count()) &
                                         std::numeric_limits<std::int32_t>::max());
    kept_.emplace(next_batch_++, Kept{full.partition, std::move(full.writer), bytes});
  }
  return {};
}

Result<void> BatchSender::scout() {
  if (auto report = scout_.take()) CHECK(heed(*std::move(report)));
  const auto now = steady_clock::now();
  TopicScout::Errand errand{.topic = topic_, .topic_id = topic_id_, .questions = {}, .producer = producer_};
  for (const auto& question : window_.questions()) {
    const auto wait = not_before_.find(question.partition);
    if (wait == not_before_.end() || wait->second <= now)
      errand.questions.push_back({question.partition, question.from, question.least});
  }
  const bool in_doubt = now >= next_doubt_ &&
                        std::ranges::any_of(under_way_, [&](const auto& its) { return is_silent(its.first, doubt); });
  if (errand.questions.empty() && !in_doubt) return {};
  if (scout_.send(std::move(errand))) next_doubt_ = now + doubt / 2;
  return {};
}

Result<void> BatchSender::heed(TopicScout::Report report) {
  if (report.failure) return std::unexpected(*std::move(report.failure));
  if (!report.view) return {};
  for (auto& [node, endpoint] : report.nodes) cluster_->learn(node, std::move(endpoint));
  const auto questions = window_.questions();
  const std::size_t known = std::min(report.view->leaders.size(), next_sequence_.size());
  for (std::size_t i = 0; i < known; ++i) {
    const auto partition = static_cast<std::int32_t>(i);
    const Leader leader = report.view->leaders[i];
    const auto question = std::ranges::find(questions, partition, &SendWindow::Question::partition);
    if (question == questions.end()) {
      window_.set_leader(partition, leader);
      continue;
    }
    // A leader that did not answer itself is none yet; what came up in the meantime is asked next.
    const auto answer = report.answers.find(partition);
    if (answer == report.answers.end() || answer->second.has_value() != question->from.has_value()) continue;
    if (!answer->second) {
      window_.set_leader(partition, leader);
      continue;
    }
    TRY(const auto done, window_.looked(partition, leader, *answer->second));
    if (!done.empty())
      log_.info("{}/{}: {} batches were stored although no answer had told so", topic_, partition, done.size());
    acknowledge(done);
  }
  for (const std::int32_t node : window_.former_leaders())
    if (is_silent(node, doubt)) lose(node, {ErrorCode::timeout, "it is silent, and others lead now"});
  return {};
}

bool BatchSender::is_silent(std::int32_t node, milliseconds since) {
  const Connection* connection = cluster_->connection(node);
  const auto requests = under_way_.find(node);
  return connection != nullptr && requests != under_way_.end() && !requests->second.empty() &&
         connection->under_way() > 0 && steady_clock::now() - connection->silent_since() > since;
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
  TRY(Connection * connection, cluster_->connect(node, cluster_->for_at_most(connect_time)));
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
  const auto now = steady_clock::now();
  for (const auto& [partition, due] : not_before_)
    if (due > now) time = std::min(time, std::chrono::ceil<milliseconds>(due - now));
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
      if (steady_clock::now() - connection.silent_since() > silence) return fail(ErrorCode::timeout, "no answer");
      return {};
    }
    TRY(const auto response, Connection::decode<ProduceResponse>(ProduceRequest::api, *answer));
    TRY(const auto verdicts, verdicts_of(requests.front(), response));
    const Request request = std::move(requests.front());
    requests.pop_front();
    for (std::size_t i = 0; i < request.size(); ++i) {
      const auto [code, base_offset] = verdicts[i];
      const std::int64_t end = base_offset < 0 ? -1 : base_offset + kept_.at(request[i].batch).writer->count();
      auto done = window_.answered(request[i].partition, request[i].batch, code, end);
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
  for (const std::int32_t partition : window_.lost(node)) not_before_[partition] = steady_clock::now() + settle_time;
}

void BatchSender::acknowledge(const std::vector<BatchId>& done) {
  if (done.empty()) return;
  scout_.succeeded();
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
