#include "kafka/client/batch_fetcher.h"

#include <algorithm>

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::int32_t long_poll_ms = 100;
constexpr std::int32_t answer_bytes = 8 << 20;
constexpr std::int32_t partition_bytes = 1 << 20;
constexpr std::int8_t read_committed = 1;
constexpr milliseconds silence{10'000};  // then the connection counts as lost
constexpr milliseconds doubt{2'000};     // then somebody else is asked whether the silent broker still leads
constexpr milliseconds connect_time{3'000};
/// A broker that slept, or one that has just become leader, may know less of the log than another told before.
constexpr milliseconds most_time_out_of_range{5'000};
constexpr milliseconds idle_wait{1'000};
constexpr std::int16_t last_version_by_name = 12;

}  // namespace

BatchFetcher::BatchFetcher(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting, FetchExchange& exchange,
                           const Log& log)
    : cluster_(std::move(cluster)),
      exchange_(exchange),
      log_(log.named("consumer")),
      scout_(
          std::move(scouting), [this] { wake(); }, log_),
      thread_([this] { run(); }) {}

BatchFetcher::~BatchFetcher() {
  cluster_->cancel();
  thread_.join();
}

void BatchFetcher::run() {
  Result<void> outcome;
  while (outcome && !cluster_->cancelled()) outcome = step();
  if (outcome || cluster_->cancelled()) return;
  MutexLock lock(exchange_.mutex);
  exchange_.failure = std::move(outcome).error().within("topic " + topic_);
  exchange_.changed.notify_all();
}

Result<void> BatchFetcher::step() {
  CHECK(scout());
  CHECK(ask());
  wait();
  return receive();
}

Result<void> BatchFetcher::scout() {
  if (auto report = scout_.take()) CHECK(heed(*std::move(report)));
  TopicScout::Errand errand;
  {
    MutexLock lock(exchange_.mutex);
    for (const std::int32_t partition : exchange_.positions.without_leader())
      errand.questions.push_back({.partition = partition, .from = std::nullopt});
    errand.topic = exchange_.topic;
  }
  if (errand.topic != topic_) {
    topic_ = errand.topic;
    topic_id_ = {};
    out_of_range_since_.clear();
  }
  const auto now = steady_clock::now();
  const bool in_doubt = now >= next_doubt_ &&
                        std::ranges::any_of(under_way_, [&](const auto& its) { return is_silent(its.first, doubt); });
  if (errand.questions.empty() && !in_doubt) return {};
  errand.topic_id = topic_id_;
  if (scout_.send(std::move(errand))) next_doubt_ = now + doubt / 2;
  return {};
}

Result<void> BatchFetcher::heed(TopicScout::Report report) {
  if (report.topic != topic_) return {};  // assigned anew in the meantime
  if (report.failure) return std::unexpected(*std::move(report.failure));
  if (!report.view) return {};
  topic_id_ = report.view->id;
  for (auto& [node, endpoint] : report.nodes) cluster_->learn(node, std::move(endpoint));
  std::vector<std::int32_t> former;
  {
    MutexLock lock(exchange_.mutex);
    if (exchange_.topic != topic_) return {};
    const auto without = exchange_.positions.without_leader();
    for (std::size_t i = 0; i < report.view->leaders.size(); ++i) {
      const auto partition = static_cast<std::int32_t>(i);
      // A leader that did not answer is none yet.
      if (std::ranges::find(without, partition) != without.end() && !report.answers.contains(partition)) continue;
      exchange_.positions.set_leader(partition, report.view->leaders[i]);
    }
    for (const auto& [node, request] : under_way_) {
      bool all_lead = true;
      for (const auto& part : request.parts) all_lead = all_lead && exchange_.positions.leads(part.partition, node);
      if (!all_lead) former.push_back(node);
    }
  }
  for (const std::int32_t node : former)
    if (is_silent(node, doubt)) lose(node, {ErrorCode::timeout, "it is silent, and others lead now"});
  return {};
}

bool BatchFetcher::is_silent(std::int32_t node, milliseconds since) {
  const Connection* connection = cluster_->connection(node);
  return connection != nullptr && connection->under_way() > 0 &&
         steady_clock::now() - connection->silent_since() > since;
}

Result<void> BatchFetcher::ask() {
  std::vector<std::int32_t> nodes;
  {
    MutexLock lock(exchange_.mutex);
    if (exchange_.bytes < most_ahead && exchange_.topic == topic_) nodes = exchange_.positions.nodes_to_ask();
  }
  for (const std::int32_t node : nodes) {
    if (auto asked = ask(node); !asked) {
      if (asked.error().code == ErrorCode::unsupported) return asked;
      lose(node, asked.error());
    }
  }
  return {};
}

Result<void> BatchFetcher::ask(std::int32_t node) {
  TRY(Connection * connection, cluster_->connect(node, cluster_->for_at_most(connect_time)));
  Request asked{.topic = topic_, .parts = {}};
  {
    MutexLock lock(exchange_.mutex);
    if (exchange_.topic != topic_) return {};
    asked.parts = exchange_.positions.take(node);
  }
  if (asked.parts.empty()) return {};
  FetchRequest request;
  request.max_wait_ms = long_poll_ms;
  request.min_bytes = 1;
  request.max_bytes = answer_bytes;
  request.isolation_level = read_committed;
  auto& topic = request.topics.emplace_back();
  topic.topic = topic_;
  topic.topic_id = topic_id_;
  for (const auto& part : asked.parts)
    topic.partitions.push_back({.partition = part.partition,
                                .current_leader_epoch = part.epoch,
                                .fetch_offset = part.offset,
                                .partition_max_bytes = partition_bytes,
                                .replica_directory_id = {}});
  under_way_[node] = std::move(asked);
  return connection->send(request, topic_id_.is_zero() ? last_version_by_name : FetchRequest::api.versions.last);
}

void BatchFetcher::wait() {
  std::vector<io::Waiter::Interest> interests;
  for (const auto& [node, request] : under_way_) {
    const Connection* connection = cluster_->connection(node);
    if (connection == nullptr) continue;
    interests.push_back({.socket = &connection->socket(), .read = true, .write = connection->wants_to_write()});
  }
  cluster_->waiter().wait(interests, idle_wait);
}

Result<void> BatchFetcher::receive() {
  std::vector<std::int32_t> nodes;
  for (const auto& [node, request] : under_way_) nodes.push_back(node);
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

Result<void> BatchFetcher::receive_from(std::int32_t node, Connection& connection) {
  CHECK(connection.write_some());
  TRY(const auto answer, connection.read_some());
  if (!answer) {
    if (steady_clock::now() - connection.silent_since() > silence) return fail(ErrorCode::timeout, "no answer");
    return {};
  }
  TRY(const auto response, Connection::decode<FetchResponse>(FetchRequest::api, *answer));
  const Request request = std::move(under_way_.extract(node).mapped());
  {
    MutexLock lock(exchange_.mutex);
    exchange_.positions.answered(node);
  }
  if (response.error_code != KafkaError::none) {
    Error error = to_error(response.error_code, "fetching");
    if (!is_passing(response.error_code)) failure_ = error;
    return std::unexpected(std::move(error));
  }
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) {
      if (auto taken = take_part(request, partition, answer->bytes); !taken) {
        failure_ = std::move(taken).error().within("partition " + std::to_string(partition.partition_index));
        return {};
      }
    }
  }
  return {};
}

Result<void> BatchFetcher::take_part(const Request& request, const FetchResponse::Topic::Partition& answer,
                                     const std::shared_ptr<const void>& memory) {
  const auto part = std::ranges::find(request.parts, answer.partition_index, &FetchPositions::Part::partition);
  if (part == request.parts.end()) return fail(ErrorCode::corrupt, "an answer about what was not asked for");
  if (answer.error_code == KafkaError::none) {
    TRY(auto fetched, read_fetched(answer, memory, part->offset));
    scout_.succeeded();
    out_of_range_since_.erase(part->partition);
    const std::int64_t end = answer.last_stable_offset >= 0 ? answer.last_stable_offset : answer.high_watermark;
    MutexLock lock(exchange_.mutex);
    if (!exchange_.positions.is_wanted(*part)) return {};
    for (FetchedBatch& batch : fetched.batches) {
      exchange_.bytes += batch.payload.size();
      exchange_.items.push_back({.partition = part->partition, .from = part->offset, .batch = std::move(batch)});
    }
    exchange_.positions.advance(part->partition, fetched.next);
    if (fetched.next >= end && exchange_.positions.reached_end(part->partition))
      exchange_.items.push_back({.partition = part->partition, .batch = {}, .end = fetched.next});
    exchange_.changed.notify_one();
    return {};
  }
  MutexLock lock(exchange_.mutex);
  if (!exchange_.positions.is_wanted(*part)) return {};
  if (is_passing(answer.error_code)) {
    exchange_.positions.refused(part->partition);
    return {};
  }
  if (answer.error_code == KafkaError::offset_out_of_range) {
    exchange_.positions.refused(part->partition);
    return out_of_range(*part);
  }
  return std::unexpected(to_error(answer.error_code, "fetching"));
}

Result<void> BatchFetcher::out_of_range(const FetchPositions::Part& part) {
  const auto now = steady_clock::now();
  const auto since = out_of_range_since_.try_emplace(part.partition, now).first->second;
  if (now - since <= most_time_out_of_range) return {};
  return fail(ErrorCode::not_found, "it has no offset " + std::to_string(part.offset));
}

void BatchFetcher::lose(std::int32_t node, const Error& why) {
  log_.debug("broker {}: {}", node, why.message);
  cluster_->disconnect(node);
  under_way_.erase(node);
  MutexLock lock(exchange_.mutex);
  exchange_.positions.lost(node);
}

}  // namespace tickerlake::kafka
