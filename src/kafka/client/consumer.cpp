#include "kafka/client/consumer.h"

#include "kafka/client/rdkafka_consumer.h"

namespace tickerlake::kafka {

std::optional<std::string_view> FetchedRecord::header(const char* name) const {
  return RdkafkaConsumer::header(message, name);
}

Result<std::unique_ptr<Consumer>> Consumer::create(const ClientSettings& settings, const std::string& group,
                                                   const Log& log) {
  return RdkafkaConsumer::create(settings, group, log);
}

}  // namespace tickerlake::kafka
