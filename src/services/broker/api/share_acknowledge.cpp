// ShareAcknowledge: what a member has done with records; on disk when answered.
#include "services/broker/api/handlers.h"
#include "services/broker/api/share_requests.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/security/access.h"
#include "services/broker/share/share_states.h"

namespace tickerlake::broker {

using kafka::KafkaError;
using kafka::ShareAcknowledgeResponse;

ShareAcknowledgeResponse handle(Broker& broker, const Caller& caller, const kafka::ShareAcknowledgeRequest& request) {
  ShareAcknowledgeResponse response;
  const auto refuse = [&](KafkaError error) {
    response.error_code = error;
    return response;
  };
  if (!request.group_id) return refuse(KafkaError::invalid_request);
  if (!may_group(caller, Operation::read, *request.group_id)) return refuse(KafkaError::group_authorization_failed);
  if (!request.member_id || !is_share_member_id(*request.member_id)) return refuse(KafkaError::invalid_request);
  const ShareMember member{*request.group_id, *request.member_id};
  const KafkaError error = broker.share_sessions().advance(member, request.share_session_epoch);
  if (error != KafkaError::none) return refuse(error);

  const auto outcome = acknowledge(broker, caller, member, request.topics, request.is_renew_ack);
  if (request.share_session_epoch == last_session_epoch) {
    broker.share_sessions().close(member);
    broker.shares().release(member.group, member.id);
  }
  if (outcome.behind > Offset()) broker.shares().wait_durable(outcome.behind);
  response.acquisition_lock_timeout_ms = broker.group_configs().share_settings_of(member.group).record_lock_ms;
  for (const auto& [target, result] : outcome.errors) {
    if (response.responses.empty() || response.responses.back().topic_id != target.topic) {
      response.responses.push_back({target.topic, {}});
    }
    auto& partition = response.responses.back().partitions.emplace_back();
    partition.partition_index = target.partition;
    partition.error_code = result;
  }
  return response;
}

}  // namespace tickerlake::broker
