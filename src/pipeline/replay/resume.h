#pragma once
// Where an earlier replay into a topic stopped: read from the topic itself, so that there is no second truth.
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "kafka/client/consumer.h"
#include "pipeline/market/dataset.h"
#include "pipeline/stop.h"

namespace tickerlake::pipeline {

/// The last record of ours in one partition.
struct LastSent {
  std::int64_t seq = -1;  // -1: none
  std::string value;
};

/// The end of each partition as it is now, and the last record with a seq header in it. Waits for the ends to stand
/// still: requests of a killed replay may still be on their way through the broker.
struct TopicState {
  std::vector<kafka::Watermarks> watermarks;
  std::vector<LastSent> last;
};
Result<TopicState> read_topic_state(kafka::Consumer& consumer, const std::string& topic, int partitions,
                                    const Stop& stop, const Log& log);

/// ErrorCode::conflict unless the topic's last records are the dataset's rows of those positions: another dataset, or
/// another choice of rows, must not be continued.
Result<void> verify_same_history(const Dataset& dataset, const std::string& topic, const std::vector<LastSent>& last);

}  // namespace tickerlake::pipeline
