#pragma once
// Which transactions a batch belongs to that compaction goes over, and whether their markers are still needed. No I/O.
#include <map>
#include <set>
#include <vector>

#include "kafka/records/batch.h"
#include "services/broker/ids.h"
#include "services/broker/log/index.h"

namespace tickerlake::broker {

/// Is shown a log's batches from its beginning on, up to an offset before which all transactions are decided.
class TransactionFates {
 public:
  /// Aborted transactions that touch what comes next; those that it knows already do no harm.
  void expect(const std::vector<AbortedEntry>& aborted);

  /// Whether the batch is of an aborted transaction.
  bool is_aborted(const kafka::BatchHeader& batch);

  struct End {
    /// No batch of the transaction was met, so nothing needs its marker any more.
    bool unneeded = false;
    /// Of an aborted transaction that has batches here; it has to stay in the index.
    std::optional<AbortedEntry> aborted{};
  };
  /// bytes: of a control batch.
  End end(const kafka::Batch& batch);

 private:
  struct Aborted {
    AbortedEntry entry;
    bool met = false;
  };
  void begin_until(std::int64_t offset);

  std::multimap<std::int64_t, AbortedEntry> expected_;  // by first offset
  std::map<std::int64_t, Aborted> aborted_;             // by producer: those that have begun
  std::set<std::int64_t> committed_;                    // producers with batches of a transaction that was not aborted
};

}  // namespace tickerlake::broker
