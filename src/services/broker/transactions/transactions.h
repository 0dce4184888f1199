#pragma once
// The transaction coordinator: the shell around Transaction that has the lock, the clock, the journal and the markers.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/mutex.h"
#include "base/result.h"
#include "services/broker/journal.h"
#include "services/broker/transactions/transaction.h"

namespace tickerlake::broker {

class Groups;
class ProducerIds;

inline constexpr const char* transactions_topic = "__transaction_state";
/// Idle ones expire; while there are so many, further ones are refused with POLICY_VIOLATION.
inline constexpr std::size_t max_transactional_ids = 100'000;
/// Partitions of all ongoing transactions together; likewise.
inline constexpr std::size_t max_transaction_partitions = 1'000'000;

/// A transactional id as ListTransactions and DescribeTransactions tell it.
struct DescribedTransaction {
  std::string transactional_id;
  TransactionState state;
};

/// Thread-safe. Lock order: Transactions::mutex_ before Topics::mutex_, ProducerIds' and Partition::mutex_; none of
/// them is held while the disk is waited for or markers are written. What a request has changed is on disk when it
/// returns: a transaction's decision, then its markers.
class Transactions {
 public:
  struct Options {
    std::int32_t max_timeout_ms = 900'000;     // transaction.max.timeout.ms
    std::int64_t expiration_ms = 604'800'000;  // transactional.id.expiration.ms
  };
  struct Surroundings {
    Topics& topics;
    Groups& groups;
    ProducerIds& producer_ids;
    const Clock& clock;
  };
  struct Answer {
    kafka::KafkaError error = kafka::KafkaError::none;
    Producer producer;
  };

  /// Reads the journal back and completes the transactions that had been decided.
  static Result<std::unique_ptr<Transactions>> open(Surroundings surroundings, Options options, Log log);
  ~Transactions();

  /// InitProducerId with a transactional id.
  Answer init(const std::string& id, const std::optional<Producer>& expected, std::int32_t timeout_ms)
      TL_EXCLUDES(mutex_);
  /// The partitions, which exist, become part of the transaction and take its records from now on.
  kafka::KafkaError add(const std::string& id, const Producer& producer, const std::set<TopicPartition>& partitions,
                        TransactionProtocol protocol) TL_EXCLUDES(mutex_);
  kafka::KafkaError verify(const std::string& id, const Producer& producer, const TopicPartition& partition)
      TL_EXCLUDES(mutex_);
  /// EndTxn. The answer's producer is what a client of version 2 goes on with.
  Answer end(const std::string& id, const Producer& producer, kafka::Marker marker, TransactionProtocol protocol)
      TL_EXCLUDES(mutex_);

  std::optional<DescribedTransaction> describe(const std::string& id) TL_EXCLUDES(mutex_);
  std::vector<DescribedTransaction> list() TL_EXCLUDES(mutex_);

  /// Everything is answered with COORDINATOR_NOT_AVAILABLE from now on.
  void stop() TL_EXCLUDES(mutex_);

 private:
  struct Entry {
    Transaction transaction;
    Offset stored_behind{};        // of the journal
    bool being_completed = false;  // by a thread that writes its markers
  };
  /// A request's change, stored; what is still to be done without the lock.
  struct Stored {
    Offset behind;
    std::optional<TransactionState> to_complete;
  };

  Transactions(Surroundings surroundings, Options options, Log log);
  Result<void> load() TL_EXCLUDES(mutex_);
  /// Stores what the transaction has become; undoes it when that fails.
  std::expected<Stored, kafka::KafkaError> store(const std::string& id, Entry& entry, const Transaction& before)
      TL_REQUIRES(mutex_);
  /// Waits for the disk, writes the markers, completes. False when it must be tried again later.
  bool finish(const std::string& id, const Stored& stored) TL_EXCLUDES(mutex_);
  /// Lets the partitions take the producer's records.
  void admit(const Producer& producer, const std::set<TopicPartition>& partitions);
  /// An id that nobody has if the transactional id needs one, else none. Takes a block of them from the disk at times.
  std::expected<ProducerId, kafka::KafkaError> fresh_id_for(const std::string& id) TL_EXCLUDES(mutex_);
  Entry* find(const std::string& id) TL_REQUIRES(mutex_);
  void expire(TimestampMs now_ms) TL_REQUIRES(mutex_);
  void maintain() TL_REQUIRES(mutex_);

  void run() TL_EXCLUDES(mutex_);
  /// Aborts what is overdue and completes what is decided and nobody works on.
  void look_after() TL_EXCLUDES(mutex_);

  // constant after construction
  const Surroundings surroundings_;
  const Options options_;
  const Log log_;

  Mutex mutex_;
  Condition wake_;
  Journal journal_;  // appends under mutex_
  std::map<std::string, Entry, std::less<>> entries_ TL_GUARDED_BY(mutex_);
  std::size_t open_partitions_ TL_GUARDED_BY(mutex_) = 0;  // of all ongoing transactions
  TimestampMs expired_at_ TL_GUARDED_BY(mutex_) = 0;
  bool is_first_look_ TL_GUARDED_BY(mutex_) = true;  // which completes what a stop has left
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: starts when all else is there
};

}  // namespace tickerlake::broker
