#include "services/broker/log_cleaner.h"

#include <sys/resource.h>
#include <unistd.h>

namespace tickerlake::broker {

namespace {
/// Below the threads that serve: what is compacted a moment later costs nobody anything.
constexpr int niceness = 10;
}  // namespace

void LogCleaner::start(Partitions partitions) {
  partitions_ = std::move(partitions);
  thread_ = std::thread([this] { run(); });
}

void LogCleaner::begin_stop() {
  MutexLock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void LogCleaner::stop() {
  begin_stop();
  if (thread_.joinable()) thread_.join();
}

void LogCleaner::set(const CleanerSettings& settings) {
  MutexLock lock(mutex_);
  settings_ = settings;
  changed_.notify_all();
}

void LogCleaner::run() {
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), niceness);  // a hint: it may fail
  while (true) {
    bool enabled = false;
    {
      MutexLock lock(mutex_);
      if (stopping_) return;
      enabled = settings_.enabled;
    }
    std::shared_ptr<Partition> dirtiest;
    double most = 0;
    if (enabled) {
      for (const auto& partition : partitions_()) {
        partition->maintain();  // what no checkpoint covers is not touched
        const double dirt = partition->compaction_due();
        if (dirt <= most) continue;
        most = dirt;
        dirtiest = partition;
      }
    }
    if (dirtiest) {
      clean(*dirtiest);
      continue;
    }
    MutexLock lock(mutex_);
    if (!stopping_) changed_.wait_until(mutex_, std::chrono::steady_clock::now() + settings_.backoff);
  }
}

void LogCleaner::clean(Partition& partition) {
  CompactionLimits limits;
  limits.pace = [this](std::int64_t bytes) { pace(bytes); };
  {
    MutexLock lock(mutex_);
    limits.key_bytes = settings_.key_bytes;
  }
  const auto started = std::chrono::steady_clock::now();
  const auto done = partition.compact(limits);
  if (!done) {
    if (done.error().code != ErrorCode::unavailable) {
      log_.error("{} is not compacted any more until the next start: {}", partition.directory().string(),
                 done.error().message);
    }
    return;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  log_.info("{}: compacted up to offset {}, {} bytes to {} in {:.3f} s", partition.directory().string(),
            done->until.value(), done->bytes_before, done->bytes_after, took.count());
}

void LogCleaner::pace(std::int64_t bytes) {
  MutexLock lock(mutex_);
  const auto now = std::chrono::steady_clock::now();
  const double seconds = static_cast<double>(bytes) / settings_.bytes_per_second;
  if (paced_until_ < now) paced_until_ = now;
  paced_until_ +=
      std::chrono::duration_cast<std::chrono::steady_clock::duration>(std::chrono::duration<double>(seconds));
  // A stop does not wait for what the pace would still ask for.
  while (!stopping_ && std::chrono::steady_clock::now() < paced_until_) {
    if (!changed_.wait_until(mutex_, paced_until_)) return;
  }
}

}  // namespace tickerlake::broker
