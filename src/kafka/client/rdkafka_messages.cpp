#include "kafka/client/rdkafka_messages.h"

namespace tickerlake::kafka {

FetchedRecord to_record(rd_kafka_message_t* message) {
  return {.partition = message->partition,
          .has_key = message->key != nullptr,
          .has_value = message->payload != nullptr,
          .offset = message->offset,
          .timestamp_ms = rd_kafka_message_timestamp(message, nullptr),
          .key = {static_cast<const char*>(message->key), message->key_len},
          .value = {static_cast<const char*>(message->payload), message->len},
          .headers = {},
          .message = message};
}

std::optional<std::string_view> rdkafka_header(rd_kafka_message_t* message, const char* name) {
  rd_kafka_headers_t* headers = nullptr;
  const void* data = nullptr;
  std::size_t size = 0;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  if (rd_kafka_header_get_last(headers, name, &data, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return std::string_view(static_cast<const char*>(data), data == nullptr ? 0 : size);
}

std::vector<HeaderView> rdkafka_headers(rd_kafka_message_t* message) {
  std::vector<HeaderView> list;
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return list;
  const char* name = nullptr;
  const void* data = nullptr;
  std::size_t size = 0;
  for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &data, &size) == RD_KAFKA_RESP_ERR_NO_ERROR; ++i) {
    if (data == nullptr) {
      list.push_back({name, std::nullopt});
    } else {
      list.push_back({name, std::string_view(static_cast<const char*>(data), size)});
    }
  }
  return list;
}

bool passes_by_itself(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
      return true;
    default:
      return false;
  }
}

}  // namespace tickerlake::kafka
