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
  while (true) {
    {
      MutexLock lock(mutex_);
      while (dirty_.empty() && !stopping_) wake_.wait(mutex_);
      if (dirty_.empty()) return;
      round.swap(dirty_);
    }
    if (round.size() > 1) {
      for (const auto& file : round) file->begin_sync();
    }
    for (const auto& file : round) file->sync();
    round.clear();
  }
}

}  // namespace tickerlake::broker
