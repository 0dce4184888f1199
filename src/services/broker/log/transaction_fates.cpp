#include "services/broker/log/transaction_fates.h"

#include "kafka/records/marker.h"

namespace tickerlake::broker {

void TransactionFates::expect(const std::vector<AbortedEntry>& aborted) {
  for (const AbortedEntry& entry : aborted) expected_.emplace(entry.first_offset, entry);
}

void TransactionFates::begin_until(std::int64_t offset) {
  while (!expected_.empty() && expected_.begin()->first <= offset) {
    const AbortedEntry& entry = expected_.begin()->second;
    // One that is told again, for another segment that it touches, is there already.
    aborted_.try_emplace(entry.producer_id, Aborted{entry});
    expected_.erase(expected_.begin());
  }
}

bool TransactionFates::is_aborted(const kafka::BatchHeader& batch) {
  begin_until(batch.last_offset());
  if (!batch.is_transactional()) return false;
  const auto found = aborted_.find(batch.producer_id);
  if (found == aborted_.end()) {
    committed_.insert(batch.producer_id);
    return false;
  }
  found->second.met = true;
  return true;
}

TransactionFates::End TransactionFates::end(const kafka::Batch& batch) {
  begin_until(batch.header.last_offset());
  if (batch.header.record_count == 0) return {.unneeded = true};  // its marker went earlier
  const auto marker = kafka::marker_of(batch);
  if (!marker) return {};  // a control record of another kind: not ours to remove
  if (*marker == kafka::Marker::commit) return {.unneeded = committed_.erase(batch.header.producer_id) == 0};
  const auto found = aborted_.find(batch.header.producer_id);
  if (found == aborted_.end()) return {.unneeded = true};
  const Aborted ended = found->second;
  aborted_.erase(found);
  if (!ended.met) return {.unneeded = true};
  return {.aborted = ended.entry};
}

}  // namespace tickerlake::broker
