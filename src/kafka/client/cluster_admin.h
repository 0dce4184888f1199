#pragma once
// Private to this folder: administration by the cluster's own protocol.
#include "kafka/client/admin.h"
#include "kafka/client/cluster.h"

namespace tickerlake::kafka {

class ClusterAdmin final : public Admin {
 public:
  static Result<std::unique_ptr<ClusterAdmin>> create(const ClientSettings& settings, const Log& log);

  Result<ClusterLayout> layout(std::chrono::milliseconds timeout) override;
  Result<std::string> cluster_id(std::chrono::milliseconds timeout) override;
  Result<void> create_topic(const NewTopic& topic, std::chrono::milliseconds timeout) override;
  Result<void> delete_topic(const std::string& topic, std::chrono::milliseconds timeout) override;
  Result<std::optional<int>> partitions(const std::string& topic, std::chrono::milliseconds timeout) override;
  Result<void> wait_for_leaders(const std::string& topic, std::chrono::milliseconds timeout) override;
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition,
                                std::chrono::milliseconds timeout) override;
  Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                 std::chrono::milliseconds timeout) override;
  Result<std::vector<GroupListing>> groups(std::chrono::milliseconds timeout) override;
  Result<std::vector<GroupOffset>> group_offsets(const std::string& group, std::chrono::milliseconds timeout) override;
  Result<void> delete_group(const std::string& group, std::chrono::milliseconds timeout) override;
  Result<void> set_group_offsets(const std::string& group, const std::vector<GroupOffset>& offsets,
                                 std::chrono::milliseconds timeout) override;

 private:
  explicit ClusterAdmin(std::unique_ptr<Cluster> cluster) : cluster_(std::move(cluster)) {}
  /// try_once: asks the broker whose turn it is; again while what it says can pass.
  template <class TryOnce>
  auto until_it_passes(const Patience& patience, TryOnce&& try_once) -> decltype(try_once());
  /// Asks the controller: before KRaft nobody else makes or deletes topics.
  template <class Request>
  Result<typename Request::Response> ask_controller(const Request& request, const Patience& patience,
                                                    std::int16_t most);
  template <class Request>
  Result<typename Request::Response> ask_coordinator(const std::string& group, const Request& request,
                                                     const Patience& patience, std::int16_t most);
  const std::unique_ptr<Cluster> cluster_;
};

}  // namespace tickerlake::kafka
