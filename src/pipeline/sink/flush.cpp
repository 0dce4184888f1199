#include "pipeline/sink/flush.h"

#include <algorithm>

#include "base/panic.h"
#include "io/fault_point.h"
#include "pipeline/sink/parquet_file.h"

namespace tickerlake::pipeline {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Result<void> with_retries(const Stop& stop, const Log& log, const std::string& what,
                          const std::function<Result<void>()>& attempt) {
  constexpr milliseconds patience{60'000}, longest_pause{2'000}, look_interval{50};
  const auto give_up = steady_clock::now() + patience;
  milliseconds pause{50};
  while (true) {
    auto outcome = attempt();
    if (outcome) return outcome;
    const ErrorCode code = outcome.error().code;
    const bool passes = code == ErrorCode::unavailable || code == ErrorCode::timeout || code == ErrorCode::conflict;
    if (!passes || steady_clock::now() > give_up) return outcome;
    log.info("{}: {}; trying again", what, outcome.error().message);
    for (const auto until = steady_clock::now() + pause; steady_clock::now() < until;) {
      if (stop.requested()) return fail(ErrorCode::cancelled, "stopped");
      std::this_thread::sleep_for(look_interval);
    }
    pause = std::min(pause * 2, longest_pause);
  }
}

namespace {

void raise(std::atomic<std::int64_t>& most, std::int64_t value) {
  for (std::int64_t seen = most; seen < value && !most.compare_exchange_weak(seen, value);) continue;
}

}  // namespace

Flusher::Flusher(LakeStore& lake, LakeNames names, DeadLetterTopic& letters, const Stop& stop, std::size_t threads,
                 Log log, std::function<void(std::int32_t, std::int64_t)> done)
    : lake_(lake),
      names_(std::move(names)),
      letters_(letters),
      stop_(stop),
      log_(std::move(log)),
      done_(std::move(done)) {
  for (std::size_t i = 0; i < std::min(threads, max_threads); ++i) threads_.emplace_back([this] { work(); });
}

Flusher::~Flusher() {
  MutexLock lock(mutex_);
  closing_ = true;
  queue_.clear();
  changed_.notify_all();
}

void Flusher::add(std::unique_ptr<Flush> flush) {
  counts_.bytes_in_flight += flush->bytes;
  MutexLock lock(mutex_);
  busy_.push_back(flush->planner->partition());
  queue_.push_back(std::move(flush));
  changed_.notify_all();
}

bool Flusher::is_busy(std::int32_t partition) {
  MutexLock lock(mutex_);
  return std::find(busy_.begin(), busy_.end(), partition) != busy_.end();
}

bool Flusher::is_idle() {
  MutexLock lock(mutex_);
  return busy_.empty();
}

void Flusher::wait(milliseconds timeout) {
  MutexLock lock(mutex_);
  if (!busy_.empty() && !failure_) changed_.wait_until(mutex_, steady_clock::now() + timeout);
}

std::optional<Error> Flusher::failure() {
  MutexLock lock(mutex_);
  return failure_;
}

void Flusher::work() {
  while (true) {
    std::unique_ptr<Flush> flush;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !closing_) changed_.wait(mutex_);
      if (closing_) return;
      flush = std::move(queue_.front());
      queue_.pop_front();
      if (failure_) flush.reset();  // after a failure nothing more is written
    }
    if (flush == nullptr) continue;
    const std::int32_t partition = flush->planner->partition();
    auto outcome = run(*flush);
    if (outcome) done_(partition, flush->planner->next_offset());
    counts_.bytes_in_flight -= flush->bytes;
    flush.reset();
    MutexLock lock(mutex_);
    std::erase(busy_, partition);
    if (!outcome && !failure_) failure_ = std::move(outcome).error();
    changed_.notify_all();
  }
}

Result<void> Flusher::put(const std::string& key, const char* content_type, const std::string& bytes, bool& existed) {
  existed = false;
  return with_retries(stop_, log_, key, [&]() -> Result<void> {
    auto outcome = lake_.put_new(key, content_type, bytes);
    if (!outcome && outcome.error().code == ErrorCode::already_exists) {
      existed = true;
      return {};
    }
    return outcome;
  });
}

Result<void> Flusher::run(Flush& flush) {
  SinkPlanner& planner = *flush.planner;
  while (true) {
    switch (planner.step()) {
      case SinkStep::store_plan: {
        bool existed = false;
        io::fault_point("sink.plan.put.before");
        CHECK(put(names_.plan_key(planner.partition(), planner.plan().first), "application/json", planner.plan().json(),
                  existed));
        io::fault_point("sink.plan.put.after");
        existed ? planner.taken() : planner.stored();
        break;
      }
      case SinkStep::read_taken: {
        Result<std::string> text = std::string();
        CHECK(with_retries(stop_, log_, "reading a plan", [&]() -> Result<void> {
          text = lake_.get(names_.plan_key(planner.partition(), planner.plan().first));
          if (!text) return std::unexpected(text.error());
          return {};
        }));
        planner.taken_read(Plan::parse(*text));
        break;
      }
      case SinkStep::write_letters:
        io::fault_point("sink.letters.write.before");
        CHECK(letters_.write(planner.partition(), flush.letters, flush.redone, stop_));
        io::fault_point("sink.letters.write.after");
        counts_.dead_letters += planner.plan().dead_letters;
        planner.letters_written();
        break;
      case SinkStep::write_files:
        CHECK(write_files(flush));
        counts_.rows += planner.plan().rows;
        counts_.tombstones += planner.plan().tombstones;
        counts_.offsets += planner.plan().last - planner.plan().first + 1;
        raise(counts_.newest_row_ms, flush.newest_row_ms);
        ++counts_.plans;
        planner.files_written();
        return {};
      case SinkStep::stopped:
        return std::unexpected(planner.failure());
      default:
        panic("a flush begins with a plan");
    }
  }
}

Result<void> Flusher::write_files(const Flush& flush) {
  using Folder = std::pair<const std::string, Rows>;
  std::vector<const Folder*> folders;  // in the order of the plan's files
  for (const auto& folder : flush.rows.folders()) folders.push_back(&folder);
  std::atomic<std::size_t> next = 0;
  Mutex mutex;
  std::optional<Error> failure;
  const auto upload = [&] {
    for (std::size_t i = next++; i < folders.size(); i = next++) {
      auto outcome = write_file(flush, folders[i]->first, folders[i]->second, i);
      if (outcome) continue;
      next = folders.size();
      MutexLock lock(mutex);
      if (!failure) failure = std::move(outcome).error();
    }
  };
  {
    std::vector<std::jthread> helpers;
    while (helpers.size() + 1 < std::min(folders.size(), max_uploads)) helpers.emplace_back(upload);
    upload();
  }
  if (failure) return std::unexpected(*std::move(failure));
  return {};
}

Result<void> Flusher::write_file(const Flush& flush, const std::string& folder, const Rows& rows, std::size_t index) {
  if (stop_.requested()) return fail(ErrorCode::cancelled, "stopped");
  const Plan& plan = flush.planner->plan();
  const FileSource source{.topic = plan.topic,
                          .partition = plan.partition,
                          .first = plan.first,
                          .last = plan.last,
                          .folder = folder,
                          .offsets = rows.offsets()};
  const std::string bytes =
      write_parquet(flush.layout->schema, rows, flush.layout->partitioning, plan.version > 1 ? &source : nullptr);
  bool existed = false;
  io::fault_point("sink.file.put.before");
  CHECK(put(plan.files[index].key, "application/vnd.apache.parquet", bytes, existed));
  io::fault_point("sink.file.put.after");
  ++counts_.files;
  counts_.file_bytes += static_cast<std::int64_t>(bytes.size());
  return {};
}

}  // namespace tickerlake::pipeline
