#include "kafka/client/coordinator.h"

#include "kafka/wire/groups.h"

namespace tickerlake::kafka {

Result<std::int32_t> find_coordinator(Cluster& cluster, const std::string& group, const Patience& patience) {
  constexpr std::chrono::milliseconds pause{100};
  constexpr std::int16_t last_version_with_one_key = 3;
  while (true) {
    FindCoordinatorRequest request;
    request.key = group;
    TRY(const auto answer, cluster.ask_any(request, patience, last_version_with_one_key));
    if (answer.error_code == KafkaError::none) {
      cluster.learn(answer.node_id, {answer.host, static_cast<std::uint16_t>(answer.port)});
      return answer.node_id;
    }
    Error error = to_error(answer.error_code, "finding the coordinator of group " + group);
    if (!is_passing(answer.error_code) || patience.is_over()) return std::unexpected(std::move(error));
    cluster.waiter().wait({}, pause);
  }
}

}  // namespace tickerlake::kafka
