#pragma once
// Kafka's error codes by name, for messages to people.
#include "kafka/errors.h"

namespace tickerlake::kafka {

/// The code's name in lower case ("not_leader_or_follower"); "unknown" for one that this program does not know.
const char* name(KafkaError error);

}  // namespace tickerlake::kafka
