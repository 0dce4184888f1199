#include "services/broker/group_commit.h"

#include <utility>

namespace tickerlake::broker {

GroupCommit::GroupCommit(Log log, const Metrics& metrics)
    : log_(std::move(log)),
      metrics_(metrics),
      round_seconds_(
          metrics.histogram("tickerlake_kafka_sync_seconds", "Rounds of the group commit: how long syncing took.")),
      synced_partitions_(
          metrics.counter("tickerlake_kafka_sync_partitions_total", "Partitions synced, over all rounds.")),
      synced_bytes_(metrics.counter("tickerlake_kafka_sync_bytes_total", "Bytes made durable, over all rounds.")),
      thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() { stop(); }

void GroupCommit::mark_dirty(std::shared_ptr<Syncable> file) {
  MutexLock lock(mutex_);
  if (rounds_.mark(std::move(file))) wake_.notify_one();
}

void GroupCommit::stop() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void GroupCommit::run() {
  while (true) {
    std::vector<std::shared_ptr<Syncable>> round;
    {
      MutexLock lock(mutex_);
      while (!rounds_.is_due() && !stopping_) wake_.wait(mutex_);
      while (!stopping_ && std::chrono::steady_clock::now() < rounds_.earliest()) {
        wake_.wait_until(mutex_, rounds_.earliest());
      }
      if (!rounds_.is_due()) return;
      round = rounds_.begin(std::chrono::steady_clock::now());
    }
    const auto started = std::chrono::steady_clock::now();
    if (round.size() > 1) {
      for (const auto& file : round) file->begin_sync();
    }
    std::int64_t bytes = 0;
    for (const auto& file : round) bytes += file->sync();
    round_seconds_.observe(std::chrono::steady_clock::now() - started);
    synced_partitions_.add(round.size());
    synced_bytes_.add(static_cast<std::uint64_t>(bytes));
    MutexLock lock(mutex_);
    rounds_.end(bytes);
  }
}

}  // namespace tickerlake::broker
