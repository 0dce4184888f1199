#pragma once
// The records of __transaction_state in Kafka's own form. Bytes: docs/formats/transaction-state.md.
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "services/broker/journal.h"
#include "services/broker/transactions/transaction.h"

namespace tickerlake::broker {

/// A transactional id and its state, or (without one) that it has expired.
struct TransactionRecord {
  std::string transactional_id;
  std::optional<TransactionState> state;
};

KeyValue encode(const TransactionRecord& record);

/// Nothing for keys of another version. ErrorCode::corrupt for malformed ones.
Result<std::optional<TransactionRecord>> decode_transaction_record(ByteView key, std::optional<ByteView> value);

}  // namespace tickerlake::broker
