// ListPartitionReassignments (key 46): there are never any.
#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"

namespace tickerlake::broker {

kafka::ListPartitionReassignmentsResponse handle(Broker&, const Caller& caller,
                                                 const kafka::ListPartitionReassignmentsRequest&) {
  kafka::ListPartitionReassignmentsResponse response;
  if (!may_cluster(caller, Operation::describe)) response.error_code = kafka::KafkaError::cluster_authorization_failed;
  return response;
}

}  // namespace tickerlake::broker
