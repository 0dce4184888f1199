#include "services/athena/api/executions.h"

#include <boost/json.hpp>
#include <chrono>
#include <filesystem>

#include "io/fault_point.h"
#include "services/athena/api/execution_json.h"
#include "services/athena/sql/parser.h"

namespace tickerlake::athena {

Executions::Executions(Environment environment, Engine& engine, State& state, int workers, Log log, Metrics metrics)
    : environment_(environment), engine_(engine), state_(state), log_(std::move(log)), metrics_(std::move(metrics)) {
  const auto left = state_.unfinished();
  for (auto record : left.value_or(std::vector<ExecutionRecord>{})) {
    set_failed(record.body,
               {ErrorCategory::system, error_type::internal,
                "GENERIC_INTERNAL_ERROR: the service stopped while the query was at work", false, true},
               SystemClock().now_ms());
    (void)store(record);
  }
  for (int i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  clock_ = std::jthread([this] { watch_the_clock(); });
}

Executions::~Executions() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    queue_.clear();
    for (auto& [id, live] : live_) live->cancellation.cancel();
  }
  ready_.notify_all();
  stopped_.notify_all();
  workers_.clear();  // joins
}

Result<void> Executions::start(Submission submission) {
  auto live = std::make_shared<Live>();
  live->submission = std::move(submission);
  const auto& request = live->submission.request;
  live->record = {request.id, request.workgroup, SystemClock().now_ms(), live->submission.token, {}};
  live->record.body =
      new_execution(request, live->submission.echo, *live->submission.statement, live->record.submitted);
  {
    const MutexLock lock(mutex_);
    if (queue_.size() >= max_queued_executions) {
      return fail(ErrorCode::exhausted,
                  "You have exceeded the limit for the number of queries you can run concurrently. "
                  "Please reduce the number of concurrent queries submitted by this account.");
    }
  }
  CHECK(state_.put_execution(live->record));
  {
    const MutexLock lock(mutex_);
    live_.emplace(request.id, live);
    queue_.push_back(std::move(live));
  }
  ready_.notify_one();
  return {};
}

Result<std::optional<boost::json::object>> Executions::find(const std::string& id) {
  {
    const MutexLock lock(mutex_);
    const auto live = live_.find(id);
    if (live != live_.end()) return live->second->record.body;
  }
  TRY(auto record, state_.find_execution(id));
  if (!record) return std::nullopt;
  return std::move(record->body);
}

Result<bool> Executions::stop(const std::string& id) {
  std::shared_ptr<Live> live;
  {
    const MutexLock lock(mutex_);
    const auto found = live_.find(id);
    if (found != live_.end()) live = found->second;
  }
  if (!live) {
    TRY(const auto record, state_.find_execution(id));
    return record.has_value();
  }
  live->cancellation.cancel();
  finish(*live, std::unexpected(failure_of_engine({ErrorCode::cancelled, ""})));
  // An interrupt between two of DuckDB's statements is lost; the next one is not.
  for (int i = 0; i < 20; ++i) {
    {
      const MutexLock lock(mutex_);
      if (!live_.contains(id)) break;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    live->cancellation.cancel();
  }
  return true;
}

void Executions::work() {
  while (true) {
    std::shared_ptr<Live> live;
    {
      const MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) ready_.wait(mutex_);
      if (stopping_) return;
      live = std::move(queue_.front());
      queue_.pop_front();
    }
    run(*live);
    const MutexLock lock(mutex_);
    live_.erase(live->record.id);
  }
}

void Executions::watch_the_clock() {
  constexpr auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(max_run_time).count();
  const MutexLock lock(mutex_);
  while (!stopping_) {
    const TimestampMs now = SystemClock().now_ms();
    for (auto& [id, live] : live_) {
      if (live->started == 0 || now - live->started < limit) continue;
      live->overdue = true;
      live->cancellation.cancel();  // again each time: an interrupt between two of DuckDB's statements is lost
    }
    stopped_.wait_until(mutex_, std::chrono::steady_clock::now() + std::chrono::seconds(1));
  }
}

void Executions::run(Live& live) {
  {
    const MutexLock lock(mutex_);
    live.started = SystemClock().now_ms();
    if (!live.over) set_running(live.record.body);
  }
  const auto outcome = run_statement(live);
  finish(live, outcome);
}

Outcome<ExecutionResult> Executions::run_statement(Live& live) {
  const auto& request = live.submission.request;
  if (live.cancellation.cancelled()) return std::unexpected(failure_of_engine({ErrorCode::cancelled, ""}));
  TRY(const auto folder, engine_.make_work_folder(request.id));
  TRY(const auto database, engine_.lease());
  TRY(auto connection, told(database->connect(), failure_of_engine));
  Outcome<ExecutionResult> outcome;
  {
    Execution execution{request, environment_,          engine_, state_, live.cancellation,
                        folder,  std::move(connection), {},      {}};
    execution.inputs.with_path = request.query.find("$path") != std::string::npos;
    bool parameters_valid = true;
    for (const auto& text : request.parameters) {
      auto expression = sql::parse_expression(text);
      if (!expression) {
        outcome = std::unexpected(failure_of(expression.error()));
        parameters_valid = false;
        break;
      }
      execution.parameters.push_back(std::move(*expression));
    }
    live.cancellation.watch(&execution.connection);
    if (parameters_valid) outcome = execute(execution, *live.submission.statement);
    live.cancellation.watch(nullptr);
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  return outcome;
}

void Executions::finish(Live& live, const Outcome<ExecutionResult>& outcome) {
  ExecutionRecord record;
  {
    const MutexLock lock(mutex_);
    if (live.over) return;
    live.over = true;
    record = live.record;
    const auto now = SystemClock().now_ms();
    if (outcome) {
      set_succeeded(record.body, *outcome, now);
    } else if (live.overdue && outcome.error().cancelled) {
      set_failed(record.body, {ErrorCategory::user, error_type::resources, "Query timeout", false, false}, now);
    } else {
      set_failed(record.body, outcome.error(), now);
    }
    set_times(record.body, record.submitted, live.started, now);
  }
  // On disk before anybody is told: a client that has seen SUCCEEDED finds it so after a crash.
  if (const auto stored = store(record); !stored && outcome) {
    set_failed(record.body,
               {ErrorCategory::system, error_type::internal,
                "GENERIC_INTERNAL_ERROR: the query's end can't be stored: " + stored.error().message, false, true},
               SystemClock().now_ms());
  }
  {
    const MutexLock lock(mutex_);
    live.record = record;
  }
  const std::chrono::milliseconds took(SystemClock().now_ms() - record.submitted);
  count(record, outcome ? outcome->bytes_scanned : 0, took);
  const Log log = log_.with("id", record.id).with("ms", took.count());
  if (outcome) {
    log.with("rows", outcome->rows_out).info("query succeeded");
  } else {
    log.info("query ended: {}", outcome.error().message);
  }
}

void Executions::count(const ExecutionRecord& record, std::int64_t bytes_scanned,
                       std::chrono::milliseconds took) const {
  metrics_.counter("tickerlake_athena_queries_total", "Queries ended, by state.", {{"state", state_of(record.body)}})
      .add();
  metrics_.counter("tickerlake_athena_bytes_scanned_total", "Bytes that queries read.")
      .add(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes_scanned, 0)));
  metrics_.histogram("tickerlake_athena_query_seconds", "Time from submission to the end, queueing included.")
      .observe(took);
}

Executions::Load Executions::load() {
  const MutexLock lock(mutex_);
  return {live_.size() - std::min(live_.size(), queue_.size()), queue_.size()};
}

Result<void> Executions::store(const ExecutionRecord& record) {
  io::fault_point("athena.execution.store.before");
  const auto stored = state_.put_execution(record);
  io::fault_point("athena.execution.store.after");
  if (!stored) log_.error("execution {} is not stored: {}", record.id, stored.error().message);
  return stored;
}

}  // namespace tickerlake::athena
