#include "kafka/client/producer.h"

#include "kafka/client/rdkafka_producer.h"

namespace tickerlake::kafka {

Result<std::unique_ptr<Producer>> Producer::create(const ClientSettings& settings, const std::string& topic,
                                                   const Tuning& tuning, const Log& log) {
  return RdkafkaProducer::create(settings, topic, tuning, log);
}

}  // namespace tickerlake::kafka
