// DeleteShareGroupOffsets: a share group without members forgets where it was in topics.
#include "services/broker/api/handlers.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {

using kafka::DeleteShareGroupOffsetsResponse;
using kafka::KafkaError;

DeleteShareGroupOffsetsResponse handle(Broker& broker, const Caller& caller,
                                       const kafka::DeleteShareGroupOffsetsRequest& request) {
  DeleteShareGroupOffsetsResponse response;
  if (!may_group(caller, Operation::remove, request.group_id)) {
    response.error_code = KafkaError::group_authorization_failed;
    return response;
  }
  std::set<TopicId> topics;
  for (const auto& wanted : request.topics) {
    auto& result = response.responses.emplace_back();
    result.topic_name = wanted.topic_name;
    const auto topic = broker.topics().find(wanted.topic_name);
    if (!may_topic(caller, Operation::read, wanted.topic_name)) {
      result.error_code = KafkaError::topic_authorization_failed;
    } else if (!topic) {
      result.error_code = KafkaError::unknown_topic_or_partition;
    } else {
      result.topic_id = topic->id;
      topics.insert(topic->id);
    }
  }
  std::map<TopicId, KafkaError> errors;
  response.error_code = broker.groups().delete_share_offsets(request.group_id, topics, errors);
  if (response.error_code != KafkaError::none) {
    response.responses.clear();
    return response;
  }
  for (auto& result : response.responses) {
    if (result.error_code == KafkaError::none) result.error_code = errors[result.topic_id];
    if (result.error_code == KafkaError::unknown_topic_or_partition) {
      result.error_message = "There is no offset information to delete.";
    }
  }
  return response;
}

}  // namespace tickerlake::broker
