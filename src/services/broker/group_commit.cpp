#include "services/broker/group_commit.h"

#include <utility>

namespace tickerlake::broker {

GroupCommit::GroupCommit(Log log) : log_(std::move(log)), thread_([this] { run(); }) {}

GroupCommit::~GroupCommit() { stop(); }

void GroupCommit::mark_dirty(std::shared_ptr<Syncable> file) {
  MutexLock lock(mutex_);
  dirty_.push_back(std::move(file));
  if (dirty_.size() == 1) wake_.notify_one();
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
  std::vector<std::shared_ptr<Syncable>> round;
  auto earliest = std::chrono::steady_clock::now();
  while (true) {
    {
      MutexLock lock(mutex_);
      while (dirty_.empty() && !stopping_) wake_.wait(mutex_);
      while (!stopping_ && std::chrono::steady_clock::now() < earliest) wake_.wait_until(mutex_, earliest);
      if (dirty_.empty()) return;
      round.swap(dirty_);
    }
    const auto started = std::chrono::steady_clock::now();
    if (round.size() > 1) {
      for (const auto& file : round) file->begin_sync();
    }
    std::int64_t bytes = 0;
    for (const auto& file : round) bytes += file->sync();
    round.clear();
    earliest = bytes >= bulk_round_bytes ? started + bulk_round_interval : started;
  }
}

}  // namespace tickerlake::broker
