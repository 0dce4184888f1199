#pragma once
// Query executions: queued, run by a pool of threads, remembered.
#include <boost/json/object.hpp>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/log.h"
#include "base/metrics.h"
#include "services/athena/api/state.h"
#include "services/athena/engine/engine.h"
#include "services/athena/engine/execution.h"

namespace tickerlake::athena {

constexpr std::size_t max_queued_executions = 500;
constexpr std::chrono::minutes max_run_time{30};  // Athena's for DML; longer ones fail with "Query timeout"
constexpr TimestampMs execution_retention_ms = TimestampMs{45} * 86'400'000;  // Athena's 45 days

/// What is asked for when an execution starts.
struct Submission {
  ExecutionRequest request;  // id and output filled in
  std::string token;
  boost::json::object echo;  // QueryExecutionContext, ResultConfiguration, ExecutionParameters… as they are shown
  std::unique_ptr<sql::Statement> statement;
};

/// Thread-safe.
class Executions {
 public:
  Executions(Environment environment, Engine& engine, State& state, int workers, Log log, Metrics metrics = {});
  /// Cancels everything and waits.
  ~Executions();

  /// ErrorCode::exhausted when too many wait.
  Result<void> start(Submission submission);
  /// The API's QueryExecution, and what GetQueryResults needs beside it ("columns"). Nothing: no such execution.
  Result<std::optional<boost::json::object>> find(const std::string& id);
  /// Ends an execution that isn't over; false when there is no such execution.
  Result<bool> stop(const std::string& id);
  struct Load {
    std::size_t running = 0, queued = 0;
  };
  Load load();

 private:
  struct Live {
    Submission submission;
    ExecutionRecord record;
    Cancellation cancellation;
    TimestampMs started = 0;  // protected by Executions::mutex_ as what follows
    bool overdue = false;     // has run for max_run_time
    bool over = false;        // body is final; protected by Executions::mutex_ as record is
  };
  void work();
  void run(Live& live);
  /// Cancels what runs too long, until the service stops. A thread of its own.
  void watch_the_clock();
  Outcome<ExecutionResult> run_statement(Live& live);
  /// Makes the record final, unless it is; stores it.
  void finish(Live& live, const Outcome<ExecutionResult>& outcome);
  Result<void> store(const ExecutionRecord& record);
  void count(const ExecutionRecord& record, std::int64_t bytes_scanned, std::chrono::milliseconds took) const;

  // constant after construction
  const Environment environment_;
  Engine& engine_;
  State& state_;
  const Log log_;
  const Metrics metrics_;

  Mutex mutex_;  // before State's and Cancellation's
  Condition ready_;
  Condition stopped_;
  std::deque<std::shared_ptr<Live>> queue_ TL_GUARDED_BY(mutex_);
  std::map<std::string, std::shared_ptr<Live>> live_ TL_GUARDED_BY(mutex_);
  bool stopping_ TL_GUARDED_BY(mutex_) = false;
  std::vector<std::jthread> workers_;
  std::jthread clock_;
};

}  // namespace tickerlake::athena
