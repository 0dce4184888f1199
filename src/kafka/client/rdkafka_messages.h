#pragma once
// Private to this folder: librdkafka's messages as records.
#include <librdkafka/rdkafka.h>

#include <vector>

#include "kafka/client/consumer.h"

namespace tickerlake::kafka {

/// Owns them.
struct RdkafkaMessages {
  std::vector<rd_kafka_message_t*> list;
  explicit RdkafkaMessages(std::size_t size) : list(size) {}
  ~RdkafkaMessages() {
    for (auto* message : list)
      if (message != nullptr) rd_kafka_message_destroy(message);
  }
  RdkafkaMessages(const RdkafkaMessages&) = delete;
  RdkafkaMessages& operator=(const RdkafkaMessages&) = delete;
};

/// Views into a message without an error.
FetchedRecord to_record(rd_kafka_message_t* message);
/// The last header of that name.
std::optional<std::string_view> rdkafka_header(rd_kafka_message_t* message, const char* name);
std::vector<HeaderView> rdkafka_headers(rd_kafka_message_t* message);

/// Errors of a consumer that pass by themselves: librdkafka goes on trying.
bool passes_by_itself(rd_kafka_resp_err_t code);

}  // namespace tickerlake::kafka
