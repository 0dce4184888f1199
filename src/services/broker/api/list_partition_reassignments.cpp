// ListPartitionReassignments (key 46): there are never any.
#include "services/broker/api/handlers.h"

namespace tickerlake::broker {

kafka::ListPartitionReassignmentsResponse handle(Broker&, const Caller&,
                                                 const kafka::ListPartitionReassignmentsRequest&) {
  return {};
}

}  // namespace tickerlake::broker
