#pragma once
// Transactions of one transactional id: instances of its producer, the coordinator, its journal, partitions. Real are
// Transaction (what is decided when), its records (all that a crash leaves of it), ProducerState (what readers of
// committed records may see, which writers are stale). Simulated is the shell around them: the journal's and the
// partitions' syncs, admission, markers one by one, requests that arrive late, time-outs, kills and power losses.
#include <map>
#include <optional>
#include <set>

#include "services/broker/log/producer_state.h"
#include "services/broker/transactions/transaction.h"
#include "world.h"

namespace tickerlake::simulation {

class TransactionWorld {
 public:
  /// A protection of the broker's shell that a test takes away.
  enum class Without {
    nothing,
    sync_before_markers,    // of the decision
    sync_before_admission,  // of the partition's part in the transaction
    admission,              // a partition takes what comes
    sync_of_markers,        // before the transaction is complete
  };
  struct Options {
    int partitions = 2;
    int transactions = 2;  // at most, all together
    int instances = 2;
    int crashes = 1;
    int timeouts = 1;
    bool version2 = false;
    Without without = Without::nothing;
  };
  explicit TransactionWorld(Options options);

  void offer(Steps& steps) const;
  std::string tell(const Step& step) const;
  void take(const Step& step);
  void settle();
  const std::string& wrong() const { return wrong_; }
  std::string key() const;

 private:
  enum Action : std::uint8_t {
    start_instance,
    add,
    produce,
    commit,
    abort,
    ask_again,
    write_arrives,
    work,
    sync_journal,
    sync_partition,
    time_out,
    look_after,
    crash
  };
  enum class Kind : std::uint8_t { init, add, end, expire };
  /// What a client asks the coordinator for, or the coordinator does by itself.
  struct Request {
    Kind kind = Kind::init;
    int client = -1;
    int partition = -1;
    kafka::Marker marker = kafka::Marker::abort;
    broker::Producer producer{};
    enum class Stage : std::uint8_t { ask, stored, markers, markers_durable } stage = Stage::ask;
    int behind = 0;                                   // of the journal
    std::optional<broker::TransactionState> decided{};  // to be completed
    bool again = false;                               // ask once more when that is done
    std::vector<std::pair<int, int>> marked{};          // partition, records up to its marker
  };
  /// An instance of the producer.
  struct Client {
    bool initialized = false, gone = false, failed = false;
    broker::Producer producer;
    int transaction = -1;
    std::set<int> added;
    std::map<int, int> sequences;  // the next one of each partition
    int unacknowledged = 0;
    std::optional<Request> asked;  // without an answer yet
    bool in_flight = false;        // it is among requests_
  };
  struct Record {
    std::optional<kafka::Marker> marker;
    int transaction = -1;
    broker::Producer producer;
    int sequence = 0;
  };
  struct Log {
    std::vector<Record> records;
    int durable = 0;
    broker::ProducerState producers;
    std::vector<broker::DecidedTransaction> aborted;
    std::map<std::int64_t, std::int16_t> admitted;
  };
  struct Write {
    int client = 0, partition = 0;
    Record record;
  };
  struct Truth {
    bool commit_asked = false, told_committed = false, told_aborted = false;
  };

  bool can_work(const Request& request) const;
  void ask(int client, Request request);
  void work_on(std::size_t index);
  void ask_coordinator(Request& request);
  void store(Request& request);
  void answer(Request& request, kafka::KafkaError error);
  bool append(int partition, const Record& record);
  void remember(Log& log, const Record& record, int at) const;
  void arrive(std::size_t index);
  void restart(int kept);
  void look();
  std::set<int> visible(const Log& log) const;  // transactions with a record that readers of committed records see
  int visible_records(const Log& log, int transaction) const;
  void check();
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Options options_;
  std::vector<Client> clients_;
  std::vector<Request> requests_;
  std::vector<Write> writes_;
  std::vector<Log> logs_;
  std::vector<std::string> journal_;
  int journal_durable_ = 0;
  broker::Transaction transaction_;
  bool being_completed_ = false;
  std::vector<Truth> truths_;
  std::vector<std::set<int>> seen_;  // of each partition: what readers have seen
  int crashes_ = 0, timeouts_ = 0;
  std::string wrong_;
};

}  // namespace tickerlake::simulation
