#include "kafka/errors.h"

namespace tickerlake::kafka {

KafkaError to_kafka(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_argument:
      return KafkaError::invalid_request;
    case ErrorCode::not_found:
      return KafkaError::unknown_topic_or_partition;
    case ErrorCode::already_exists:
      return KafkaError::topic_already_exists;
    case ErrorCode::unsupported:
      return KafkaError::unsupported_version;
    case ErrorCode::corrupt:
      return KafkaError::corrupt_message;
    case ErrorCode::exhausted:
    case ErrorCode::io:
      return KafkaError::kafka_storage_error;
    case ErrorCode::timeout:
      return KafkaError::request_timed_out;
    case ErrorCode::conflict:
    case ErrorCode::unavailable:
    case ErrorCode::cancelled:
      return KafkaError::not_leader_or_follower;  // clients refresh and try again
    case ErrorCode::unauthorized:
    case ErrorCode::internal:
      return KafkaError::unknown_server_error;
  }
  return KafkaError::unknown_server_error;
}

}  // namespace tickerlake::kafka
