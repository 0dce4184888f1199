#include "kafka/client/cluster.h"

#include <algorithm>
#include <array>

#include "kafka/error_name.h"
#include "kafka/wire/list_offsets.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds connect_time{3'000};     // for the connection and its first answer
constexpr milliseconds answer_time{3'000};      // of a broker that is asked, before another is
constexpr milliseconds round_trip_time{1'000};  // of a broker that is well
constexpr milliseconds shortest_pause{20};      // between rounds over all brokers
constexpr milliseconds longest_pause{500};
constexpr std::int8_t read_committed = 1;
constexpr std::int64_t latest = -1, earliest = -2;  // instead of a time

}  // namespace

Error to_error(KafkaError code, const std::string& what) {
  const std::string text = what + ": Kafka error " + std::to_string(static_cast<int>(code)) + " (" + name(code) + ")";
  switch (code) {
    case KafkaError::unknown_topic_or_partition:
    case KafkaError::unknown_topic_id:
    case KafkaError::group_id_not_found:
      return {ErrorCode::not_found, text};
    case KafkaError::topic_authorization_failed:
    case KafkaError::group_authorization_failed:
    case KafkaError::cluster_authorization_failed:
      return {ErrorCode::unauthorized, text};
    case KafkaError::invalid_topic:
    case KafkaError::invalid_group_id:
    case KafkaError::message_too_large:
    case KafkaError::record_list_too_large:
    case KafkaError::invalid_partitions:
    case KafkaError::invalid_replication_factor:
    case KafkaError::invalid_replica_assignment:
    case KafkaError::invalid_config:
    case KafkaError::invalid_request:
    case KafkaError::policy_violation:
      return {ErrorCode::invalid_argument, text};
    case KafkaError::topic_already_exists:
      return {ErrorCode::already_exists, text};
    case KafkaError::non_empty_group:
      return {ErrorCode::conflict, text};
    case KafkaError::corrupt_message:
      return {ErrorCode::corrupt, text};
    case KafkaError::request_timed_out:
      return {ErrorCode::timeout, text};
    default:
      return {is_passing(code) ? ErrorCode::unavailable : ErrorCode::io, text};
  }
}

bool is_passing(KafkaError code) {
  switch (code) {
    case KafkaError::unknown_topic_or_partition:  // a new topic is not known everywhere at once
    case KafkaError::unknown_topic_id:
    case KafkaError::inconsistent_topic_id:
    case KafkaError::leader_not_available:
    case KafkaError::not_leader_or_follower:
    case KafkaError::request_timed_out:
    case KafkaError::broker_not_available:
    case KafkaError::replica_not_available:
    case KafkaError::network_exception:
    case KafkaError::coordinator_load_in_progress:
    case KafkaError::coordinator_not_available:
    case KafkaError::not_coordinator:
    case KafkaError::not_enough_replicas:
    case KafkaError::not_enough_replicas_after_append:
    case KafkaError::kafka_storage_error:
    case KafkaError::fenced_leader_epoch:
    case KafkaError::unknown_leader_epoch:
    case KafkaError::offset_not_available:
    case KafkaError::throttling_quota_exceeded:
    case KafkaError::not_controller:
      return true;
    default:
      return false;
  }
}

Result<std::unique_ptr<Cluster>> Cluster::create(const ClientSettings& settings, const Log& log) {
  if (!settings.batch_clients_suffice())
    return fail(ErrorCode::unsupported,
                "of the clients' settings this takes those of TLS, SASL PLAIN and SCRAM, compression and batches");
  std::vector<io::Endpoint> brokers;
  for (std::string_view rest = settings.bootstrap; !rest.empty();) {
    const std::string_view one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (one.empty()) continue;
    constexpr std::uint16_t usual_port = 9092;
    const bool has_port = one.rfind(':') != one.npos && !one.ends_with(']');
    TRY(auto endpoint,
        io::Endpoint::parse(has_port ? std::string(one) : std::string(one) + ":" + std::to_string(usual_port)));
    brokers.push_back(std::move(endpoint));
  }
  if (brokers.empty()) return fail(ErrorCode::invalid_argument, "no Kafka broker is named");
  TRY(auto security, ClientSecurity::from(settings));
  return std::unique_ptr<Cluster>(new Cluster(std::move(brokers), std::move(security), log.named("kafka")));
}

void Cluster::cancel() {
  cancelled_ = true;
  waiter_.wake();
}

Patience Cluster::attempt(const Patience& patience) {
  return {std::min(patience.until, steady_clock::now() + answer_time), patience.cancelled};
}

Result<Connection*> Cluster::any(const Patience& patience) {
  milliseconds pause = shortest_pause;
  std::size_t failures = 0;
  while (!any_) {
    std::vector<io::Endpoint> brokers;
    for (const auto& [node, endpoint] : nodes_) brokers.push_back(endpoint);
    brokers.insert(brokers.end(), bootstrap_.begin(), bootstrap_.end());
    const Patience one{std::min(patience.until, steady_clock::now() + connect_time), patience.cancelled};
    auto opened = Connection::open(brokers[next_++ % brokers.size()], security_, waiter_, one);
    if (opened) {
      any_ = *std::move(opened);
      break;
    }
    if (patience.is_cancelled()) return fail(ErrorCode::cancelled, "stopped while looking for a broker");
    const ErrorCode code = opened.error().code;
    if (code == ErrorCode::invalid_argument || code == ErrorCode::unauthorized)
      return std::unexpected(std::move(opened).error());
    if (patience.is_over())
      return fail(ErrorCode::unavailable, "no broker answers: " + std::move(opened).error().message);
    if (++failures % brokers.size() == 0) {
      waiter_.wait({}, pause);
      pause = std::min(pause * 2, longest_pause);
    }
  }
  return any_.get();
}

Result<Connection*> Cluster::connect(std::int32_t node, const Patience& patience) {
  auto& connection = connections_[node];
  if (connection) return connection.get();
  const auto at = nodes_.find(node);
  if (at == nodes_.end()) return fail(ErrorCode::unavailable, "broker " + std::to_string(node) + " is not known");
  const Patience one{std::min(patience.until, steady_clock::now() + connect_time), patience.cancelled};
  TRY(connection, Connection::open(at->second, security_, waiter_, one));
  return connection.get();
}

Connection* Cluster::connection(std::int32_t node) {
  const auto found = connections_.find(node);
  return found == connections_.end() ? nullptr : found->second.get();
}

Result<MetadataResponse> Cluster::metadata(const MetadataRequest& request, const Patience& patience) {
  TRY(auto answer, ask_any(request, patience));
  for (const auto& broker : answer.brokers)
    nodes_[broker.node_id] = {broker.host, static_cast<std::uint16_t>(broker.port)};
  return answer;
}

Result<TopicView> Cluster::topic(const std::string& name, const Patience& patience) {
  TRY(const auto answer,
      metadata({.topics = {{{.topic_id = {}, .name = name}}}, .allow_auto_topic_creation = false}, patience));
  if (answer.error_code != KafkaError::none) return std::unexpected(to_error(answer.error_code, "topic " + name));
  if (answer.topics.size() != 1) return fail(ErrorCode::corrupt, "a broker tells of other topics than asked for");
  const auto& found = answer.topics[0];
  TopicView view{.error = found.error_code, .id = found.topic_id, .leaders = {}};
  view.leaders.resize(found.partitions.size());
  for (const auto& partition : found.partitions) {
    const auto index = static_cast<std::size_t>(partition.partition_index);
    if (index >= view.leaders.size()) return fail(ErrorCode::corrupt, "a broker tells of a partition that can't be");
    if (partition.error_code == KafkaError::none || partition.error_code == KafkaError::replica_not_available)
      view.leaders[index] = {partition.leader_id, partition.leader_epoch};
  }
  pass_over_older(name, view);
  return view;
}

void Cluster::pass_over_older(const std::string& name, TopicView& view) {
  Newest& newest = newest_[name];
  if (newest.topic_id != view.id) newest = {.topic_id = view.id, .epochs = {}};
  newest.epochs.resize(std::max(newest.epochs.size(), view.leaders.size()), -1);
  for (std::size_t i = 0; i < view.leaders.size(); ++i) {
    if (view.leaders[i].epoch < newest.epochs[i]) view.leaders[i].node = no_node;
    newest.epochs[i] = std::max(newest.epochs[i], view.leaders[i].epoch);
  }
}

Result<TopicView> Cluster::newest_topic(const std::string& name, const Patience& patience) {
  TRY(TopicView view, topic(name, patience));
  for (std::size_t i = 0, count = nodes_.size(); i < count && count > 1 && !patience.is_over(); ++i) {
    ask_another();
    const Patience soon{std::min(patience.until, steady_clock::now() + round_trip_time), patience.cancelled};
    if (auto its = topic(name, soon); its && its->error == KafkaError::none) view = *std::move(its);
  }
  pass_over_older(name, view);
  return view;
}

Result<std::string> Cluster::cluster_id(const Patience& patience) {
  TRY(const auto answer,
      metadata({.topics = std::vector<MetadataRequest::Topic>{}, .allow_auto_topic_creation = false}, patience));
  if (!answer.cluster_id) return fail(ErrorCode::unavailable, "no broker told the cluster's id");
  return *answer.cluster_id;
}

Result<std::optional<int>> Cluster::partitions(const std::string& name, const Patience& patience) {
  while (true) {
    TRY(const TopicView view, topic(name, patience));
    if (view.error == KafkaError::unknown_topic_or_partition) return std::nullopt;
    if (view.error == KafkaError::none && !view.leaders.empty()) return static_cast<int>(view.leaders.size());
    if (view.error != KafkaError::none && !is_passing(view.error))
      return std::unexpected(to_error(view.error, "topic " + name));
    if (patience.is_over()) return fail(ErrorCode::unavailable, "topic " + name + " is not ready");
    waiter_.wait({}, shortest_pause);
  }
}

Result<void> Cluster::wait_for_leaders(const std::string& name, const Patience& patience) {
  while (true) {
    TRY(const TopicView view, topic(name, patience));
    const bool all =
        !view.leaders.empty() && std::ranges::find(view.leaders, no_node, &Leader::node) == view.leaders.end();
    if (view.error == KafkaError::none && all) return {};
    if (patience.is_over()) return fail(ErrorCode::unavailable, "topic " + name + ": not every partition has a leader");
    waiter_.wait({}, shortest_pause);
  }
}

Result<std::vector<std::int64_t>> Cluster::offsets_at(const std::string& name, std::int32_t partition,
                                                      std::span<const std::int64_t> times, const Patience& patience) {
  const std::string what = "asking for the offsets of " + name + "/" + std::to_string(partition);
  const auto offset_at = [&](const Leader& leader, std::int64_t time) -> Result<std::int64_t> {
    ListOffsetsRequest request;
    request.replica_id = -1;
    request.isolation_level = read_committed;
    request.topics = {
        {.name = name,
         .partitions = {{.partition_index = partition, .current_leader_epoch = leader.epoch, .timestamp = time}}}};
    TRY(const auto answer, ask(leader.node, request, patience));
    if (answer.topics.size() != 1 || answer.topics[0].partitions.size() != 1)
      return fail(ErrorCode::corrupt, what + ": an answer about something else");
    const auto& its = answer.topics[0].partitions[0];
    if (its.error_code != KafkaError::none) return std::unexpected(to_error(its.error_code, what));
    return its.offset;
  };
  const auto all_of = [&](const Leader& leader) -> Result<std::vector<std::int64_t>> {
    std::vector<std::int64_t> offsets;
    for (const std::int64_t time : times) {
      TRY(const std::int64_t offset, offset_at(leader, time));
      offsets.push_back(offset);
    }
    return offsets;
  };
  while (true) {
    Error error{ErrorCode::unavailable, what + ": no leader"};
    TRY(const TopicView view, topic(name, patience));
    if (view.error != KafkaError::none && !is_passing(view.error)) return std::unexpected(to_error(view.error, what));
    const auto index = static_cast<std::size_t>(partition);
    if (view.error == KafkaError::unknown_topic_or_partition) {
      error = to_error(view.error, what);
    } else if (index < view.leaders.size() && view.leaders[index].node != no_node) {
      auto offsets = all_of(view.leaders[index]);
      if (offsets) return offsets;
      error = std::move(offsets).error();
    }
    const bool passes = error.code == ErrorCode::unavailable || error.code == ErrorCode::timeout ||
                        error.code == ErrorCode::not_found || error.code == ErrorCode::corrupt;
    if (!passes || patience.is_over()) return std::unexpected(std::move(error));
    ask_another();
    waiter_.wait({}, shortest_pause);
  }
}

Result<Watermarks> Cluster::watermarks(const std::string& name, std::int32_t partition, const Patience& patience) {
  constexpr std::array times = {earliest, latest};
  TRY(const auto offsets, offsets_at(name, partition, times, patience));
  return Watermarks{offsets[0], offsets[1]};
}

Result<std::int64_t> Cluster::offset_at(const std::string& name, std::int32_t partition, TimestampMs time,
                                        const Patience& patience) {
  const std::array times = {std::int64_t{time}, latest};
  TRY(const auto offsets, offsets_at(name, partition, times, patience));
  return offsets[0] >= 0 ? offsets[0] : offsets[1];
}

}  // namespace tickerlake::kafka
