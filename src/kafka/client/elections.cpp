#include "kafka/client/elections.h"

#include "kafka/wire/election.h"

namespace tickerlake::kafka {
namespace {

constexpr std::chrono::milliseconds pause{100};
constexpr std::chrono::milliseconds election_time{5'000};  // for the controller to answer

bool is_passing_for_elections(KafkaError code) {
  return is_passing(code) || code == KafkaError::not_controller || code == KafkaError::preferred_leader_not_available;
}

/// One request to the controller. With KRaft any broker says that it is the controller, and passes the request on.
Result<ElectLeadersResponse> ask_controller(Cluster& cluster, const ElectLeadersRequest& request,
                                            const Patience& patience) {
  TRY(const auto view, cluster.metadata({.topics = std::vector<MetadataRequest::Topic>{}}, patience));
  if (view.controller_id < 0) return fail(ErrorCode::unavailable, "the cluster has no controller");
  return cluster.ask(view.controller_id, request, patience);
}

/// The first thing that went wrong, passing or not.
KafkaError first_error(const ElectLeadersResponse& answer, std::string& what) {
  if (answer.error_code != KafkaError::none) return answer.error_code;
  for (const auto& topic : answer.replica_election_results)
    for (const auto& its : topic.partition_result) {
      if (its.error_code == KafkaError::none || its.error_code == KafkaError::election_not_needed) continue;
      what += " " + topic.topic + "/" + std::to_string(its.partition_id);
      if (its.error_message) what += " (" + *its.error_message + ")";
      return its.error_code;
    }
  return KafkaError::none;
}

}  // namespace

Result<void> elect_preferred_leaders(Cluster& cluster, const std::string& topic,
                                     const std::vector<std::int32_t>& partitions, const Patience& patience) {
  const ElectLeadersRequest request{.topic_partitions = {{{.topic = topic, .partitions = partitions}}},
                                    .timeout_ms = static_cast<std::int32_t>(election_time.count())};
  while (true) {
    std::string what = "electing preferred leaders:";
    auto answer = ask_controller(cluster, request, patience);
    Error error;
    if (answer) {
      const KafkaError code = first_error(*answer, what);
      if (code == KafkaError::none) return {};
      error = to_error(code, what);
      if (!is_passing_for_elections(code)) return std::unexpected(std::move(error));
    } else {
      error = std::move(answer).error();
      if (error.code != ErrorCode::unavailable && error.code != ErrorCode::timeout)
        return std::unexpected(std::move(error));
    }
    if (patience.is_cancelled()) return fail(ErrorCode::cancelled, "stopped while electing preferred leaders");
    if (patience.is_over()) return fail(ErrorCode::unavailable, error.message);
    cluster.waiter().wait({}, pause);
  }
}

}  // namespace tickerlake::kafka
