// What a partition does on the side: checkpoints, retention, deletion of records, the orderly end.
#include <algorithm>

#include "base/panic.h"
#include "io/fault_point.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {

namespace {
/// How much may be written, and how long a change may wait, before maintain() makes a checkpoint: bounds what recovery
/// has to read.
constexpr std::int64_t checkpoint_bytes = 64_MiB;
constexpr TimestampMs checkpoint_interval_ms = 60'000;
}  // namespace

Result<void> Partition::write_checkpoint(bool also_when_closed) {
  MutexLock checkpoint_lock(checkpoint_mutex_);
  PartitionLog::CheckpointParts parts;
  {
    MutexLock lock(mutex_);
    if (closed_ && !also_when_closed) return fail(ErrorCode::unavailable, "the partition is closed");
    TRY(parts, log_->prepare_checkpoint());
  }
  sync();
  for (const auto& index : parts.indexes) {
    if (auto synced = index->sync(); !synced) panic(synced.error().message);
  }
  const Checkpoint& checkpoint = parts.checkpoint;
  io::fault_point("broker.checkpoint.before");
  if (checkpoint.has_producers) {
    CHECK(io::write_file_atomically(directory_ / snapshot_file_name(checkpoint.recovery.offset),
                                    as_text(parts.producers)));
  }
  io::fault_point("broker.checkpoint.between");  // the snapshot is there, the checkpoint is the old one
  CHECK(broker::write_checkpoint(directory_, checkpoint));
  io::fault_point("broker.checkpoint.after");
  if (last_checkpoint_ && last_checkpoint_->has_producers &&
      last_checkpoint_->recovery.offset != checkpoint.recovery.offset) {
    CHECK(io::remove_file(directory_ / snapshot_file_name(last_checkpoint_->recovery.offset)));
  }
  last_checkpoint_ = checkpoint;
  last_checkpoint_ms_ = environment_.clock.now_ms();
  return {};
}

bool Partition::needs_checkpoint(bool at_once) {
  MutexLock checkpoint_lock(checkpoint_mutex_);
  MutexLock lock(mutex_);
  if (closed_ && !at_once) return false;
  const LogPosition end = log_->end();
  if (!last_checkpoint_) return end.offset > Offset(0);
  if (last_checkpoint_->log_start != log_->log_start() || last_checkpoint_->cleaned != log_->cleaned()) return true;
  const LogPosition& covered = last_checkpoint_->recovery;
  if (covered == end) return false;
  if (at_once || covered.segment != end.segment || end.position - covered.position >= checkpoint_bytes) return true;
  return environment_.clock.now_ms() - last_checkpoint_ms_ >= checkpoint_interval_ms;
}

void Partition::apply_retention(TimestampMs producer_expiration) {
  const TimestampMs now_ms = environment_.clock.now_ms();
  Result<std::vector<Offset>> expired;
  {
    MutexLock lock(mutex_);
    if (closed_) return;
    log_->expire_producers(now_ms, producer_expiration);
    if (cleaning_) return;
    expired = log_->take_expired(config_, durability_.durable().offset, now_ms);
    if (expired) {
      for (Offset base : *expired) doomed_.push_back({base, now_ms + config_.file_delete_delay_ms});
    }
  }
  if (!expired) {
    environment_.log.error("{}: retention failed: {}", directory_.string(), expired.error().message);
  } else if (!expired->empty()) {
    environment_.log.info("{}: {} segment(s) below offset {} expired", directory_.string(), expired->size(),
                          offsets().log_start.value());
  }
}

void Partition::maintain() {
  if (needs_checkpoint(false)) {
    if (auto written = write_checkpoint(); !written) {
      if (written.error().code == ErrorCode::unavailable) return;
      // The files stay: without a checkpoint the next start would find the log start below what is gone.
      environment_.log.error("{}: no checkpoint: {}", directory_.string(), written.error().message);
      return;
    }
  }
  remove_doomed(environment_.clock.now_ms());
}

void Partition::remove_doomed(TimestampMs now_ms) {
  std::vector<Offset> due;
  {
    MutexLock lock(mutex_);
    std::erase_if(doomed_, [&](const Doomed& doomed) {
      if (doomed.due_ms > now_ms) return false;
      due.push_back(doomed.base);
      return true;
    });
  }
  for (Offset base : due) {
    if (auto removed = Segment::remove(directory_, base); !removed) {
      environment_.log.warning("{}", removed.error().message);
    }
  }
}

Result<Offset> Partition::delete_records(Offset before) {
  const Offsets now = offsets();
  if (before > now.high_watermark) {
    return fail(ErrorCode::invalid_argument, "records can only be deleted up to the high watermark");
  }
  if (before > now.durable) sync();
  {
    MutexLock lock(mutex_);
    if (closed_) return fail(ErrorCode::unavailable, "the partition is closed");
    if (before <= log_->log_start()) return log_->log_start();
    log_->set_log_start(before);
  }
  CHECK(write_checkpoint());
  return before;
}

Result<void> Partition::close_cleanly() {
  close();
  if (!needs_checkpoint(true)) return {};
  return write_checkpoint(true);
}

}  // namespace tickerlake::broker
