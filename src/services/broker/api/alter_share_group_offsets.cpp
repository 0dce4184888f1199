// AlterShareGroupOffsets: where a share group without members shall go on; it is made where there is none.
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

using kafka::AlterShareGroupOffsetsResponse;
using kafka::KafkaError;

AlterShareGroupOffsetsResponse handle(Broker& broker, const Caller& caller,
                                      const kafka::AlterShareGroupOffsetsRequest& request) {
  AlterShareGroupOffsetsResponse response;
  if (!may_group(caller, Operation::read, request.group_id)) {
    response.error_code = KafkaError::group_authorization_failed;
    return response;
  }
  ShareOffsets offsets;
  for (const auto& wanted : request.topics) {
    auto& result = response.responses.emplace_back();
    result.topic_name = wanted.name;
    for (const auto& partition : wanted.partitions) {
      auto& told = result.partitions.emplace_back();
      told.partition_index = partition.partition_index;
      const auto found =
          find_permitted(caller, Operation::read, broker.topics(), false, {}, wanted.name, partition.partition_index);
      if (!found) {
        told.error_code = found.error();
      } else if (partition.start_offset < 0) {
        told.error_code = KafkaError::invalid_request;
        told.error_message = "a group can't begin before the first offset";
      } else {
        result.topic_id = found->topic->id;
        offsets[{wanted.name, partition.partition_index}] = Offset(partition.start_offset);
      }
    }
  }
  response.error_code = broker.groups().alter_share_offsets(request.group_id, offsets);
  if (response.error_code == KafkaError::non_empty_group) {
    response.error_message = "Share group '" + request.group_id + "' is not empty.";
  }
  if (response.error_code != KafkaError::none) response.responses.clear();
  return response;
}

}  // namespace tickerlake::broker
