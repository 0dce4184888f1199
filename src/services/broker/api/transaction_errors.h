#pragma once
// Errors of transactions as clients of each version know them.
#include <cstdint>

#include "kafka/errors.h"

namespace tickerlake::broker {

/// Since which versions of an API its clients know the newer codes; before, they get the older ones.
struct ErrorVersions {
  std::int16_t producer_fenced = 0;        // before: INVALID_PRODUCER_EPOCH (KIP-588)
  std::int16_t transaction_abortable = 0;  // before: INVALID_TXN_STATE (KIP-890)
};

inline kafka::KafkaError for_version(kafka::KafkaError error, std::int16_t version, ErrorVersions since) {
  using kafka::KafkaError;
  if (error == KafkaError::producer_fenced && version < since.producer_fenced) {
    return KafkaError::invalid_producer_epoch;
  }
  if (error == KafkaError::transaction_abortable && version < since.transaction_abortable) {
    return KafkaError::invalid_txn_state;
  }
  return error;
}

}  // namespace tickerlake::broker
