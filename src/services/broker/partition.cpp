#include "services/broker/partition.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/panic.h"
#include "io/fault_point.h"
#include "kafka/records/batch_rewrite.h"
#include "kafka/records/records.h"
#include "services/broker/append_check.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {

namespace {

void sync_or_panic(const io::File& file) {
  if (auto synced = file.sync(); !synced) panic(synced.error().message);
}

std::optional<int> level_of(const TopicConfig& config) {
  switch (*config.codec) {
    case kafka::Codec::gzip:
      return static_cast<int>(config.gzip_level);
    case kafka::Codec::lz4:
      return static_cast<int>(config.lz4_level);
    case kafka::Codec::zstd:
      return static_cast<int>(config.zstd_level);
    default:
      return std::nullopt;
  }
}

}  // namespace

Partition::Partition(std::unique_ptr<PartitionLog> log, const TopicConfig& config, Environment environment)
    : environment_(std::move(environment)),
      read_log_(environment_.log.limited(1)),
      directory_(log->directory()),
      last_checkpoint_(log->opened_with()),
      last_checkpoint_ms_(environment_.clock.now_ms()),
      log_(std::move(log)),
      config_(config),
      durability_(log_->end()) {}

Partition::~Partition() = default;

Result<std::shared_ptr<Partition>> Partition::open(const io::Path& directory, const TopicConfig& config,
                                                   Environment environment) {
  TRY(auto log, PartitionLog::open(directory, config, environment.clock.now_ms(), environment.log));
  const bool recovered = !log->unsynced().files.empty();
  std::shared_ptr<Partition> partition(new Partition(std::move(log), config, std::move(environment)));
  // What was recovered may only be in the page cache; nobody may read it before it is on disk.
  if (recovered) CHECK(partition->write_checkpoint());
  return partition;
}

std::expected<Appended, AppendError> Partition::append(ByteView bytes, Origin origin, Visible visible) {
  const TimestampMs now_ms = environment_.clock.now_ms();
  const TopicConfig config = settings();
  auto checked = check_append(bytes, origin, config, now_ms);
  if (!checked) return std::unexpected(std::move(checked.error()));
  Buffer recompressed;
  if (config.codec && *config.codec != checked->header.codec() && !checked->header.is_control()) {
    auto done = kafka::recompress(*checked, *config.codec, level_of(config), kafka::max_decompressed_batch);
    if (!done) return std::unexpected(AppendError{Refusal::invalid_record, done.error().message});
    recompressed = *std::move(done);
    bytes = recompressed;
    checked->header = *kafka::parse_batch_header(bytes);
    checked->bytes = bytes;
    if (checked->header.size() > std::min(config.segment_bytes, max_batch_size)) {
      return std::unexpected(AppendError{Refusal::too_large, "the batch is too large in the topic's compression.type"});
    }
  }
  kafka::BatchHeader header = checked->header;

  // Only the header changes, except for LogAppendTime, whose CRC covers everything.
  Buffer copy;
  const bool append_time = config.timestamp_type == TimestampType::log_append_time;
  const std::size_t copied = append_time ? bytes.size() : kafka::batch_header_size;
  copy.assign(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(copied));
  kafka::patch_leader_epoch(copy, leader_epoch);
  if (append_time) {
    kafka::set_log_append_time(copy, now_ms);
    header = *kafka::parse_batch_header(copy);
  }

  MutexLock lock(mutex_);
  if (closed_) return std::unexpected(AppendError{Refusal::closed, "the partition is closed"});
  if (header.has_producer()) {
    if (auto known = refuse_or_repeat(header, origin)) {
      if (*known && !append_time) (*known)->log_append_time_ms = -1;
      return *std::move(known);
    }
  }
  const LogPosition begin = log_->end();
  const Offset base = begin.offset;
  header.base_offset = base.value();
  kafka::patch_base_offset(copy, base.value());
  const std::array<ByteView, 2> parts = {copy, bytes.subspan(copied)};
  const auto marker = header.is_control() ? kafka::marker_of(*checked) : std::nullopt;
  if (auto appended = log_->append(parts, header, config, now_ms, marker); !appended) {
    environment_.log.error("append failed: {}", appended.error().message);
    return std::unexpected(AppendError{Refusal::storage, appended.error().message});
  }
  if (marker) admitted_.erase(ProducerId(header.producer_id));
  if (durability_.appended(begin, visible)) environment_.group_commit.mark_dirty(shared_from_this());
  if (durability_.visible(log_->end()).offset > base) {
    for (FetchSignal* watcher : watchers_) watcher->notify();
  }
  return Appended{base, log_->end().offset, append_time ? now_ms : -1, log_->log_start(), false};
}

std::optional<std::expected<Appended, AppendError>> Partition::refuse_or_repeat(const kafka::BatchHeader& header,
                                                                                Origin origin) {
  const ProducerId producer(header.producer_id);
  const ProducerState::Verdict verdict = log_->producers().judge(header);
  const bool has_sequence = origin == Origin::client;
  if (const auto* duplicate = std::get_if<ProducerState::Duplicate>(&verdict); duplicate && has_sequence) {
    return Appended{duplicate->base, duplicate->next, duplicate->max_timestamp_ms, log_->log_start(), true};
  }
  const bool stale = std::holds_alternative<ProducerState::StaleEpoch>(verdict);
  if (auto refused = refusal(verdict, header); refused && (has_sequence || stale)) {
    return std::unexpected(*std::move(refused));
  }
  if (header.is_control()) return std::nullopt;
  if (header.is_transactional() ? is_admitted_locked(producer, header.producer_epoch)
                                : !log_->producers().is_in_transaction(producer)) {
    return std::nullopt;
  }
  const char* why = header.is_transactional() ? "the transaction has ended, or this partition was not added to it"
                                              : "a batch outside the transaction that its producer has begun";
  return std::unexpected(AppendError{Refusal::not_in_transaction, why});
}

void Partition::admit(ProducerId producer, std::int16_t epoch) {
  MutexLock lock(mutex_);
  admitted_[producer] = epoch;
}

bool Partition::is_admitted(ProducerId producer, std::int16_t epoch) const {
  MutexLock lock(mutex_);
  return is_admitted_locked(producer, epoch);
}

bool Partition::is_admitted_locked(ProducerId producer, std::int16_t epoch) const {
  const auto found = admitted_.find(producer);
  return found != admitted_.end() && found->second == epoch;
}

std::vector<DescribedProducer> Partition::producers() const {
  MutexLock lock(mutex_);
  return log_->producers().describe();
}

void Partition::when_durable(Offset next, Completion completion) {
  {
    MutexLock lock(mutex_);
    if (durability_.wait(next, completion)) return;
  }
  completion();
}

std::expected<Appended, AppendError> Partition::append_durably(ByteView batch, Origin origin) {
  auto appended = append(batch, origin);
  if (!appended) return appended;
  Mutex mutex;
  Condition changed;
  bool durable = false;
  when_durable(appended->next, [&] {
    MutexLock lock(mutex);
    durable = true;
    changed.notify_one();
  });
  MutexLock lock(mutex);
  while (!durable) changed.wait(mutex);
  return appended;
}

void Partition::begin_sync() {
  std::vector<std::shared_ptr<const io::File>> files;
  {
    MutexLock lock(mutex_);
    files = log_->unsynced().files;
  }
  for (const auto& file : files) file->begin_sync();
}

std::int64_t Partition::sync() {
  std::vector<Completion> completions;
  std::int64_t bytes = 0;
  {
    MutexLock sync_lock(sync_mutex_);
    PartitionLog::Unsynced unsynced;
    LogPosition end;
    {
      MutexLock lock(mutex_);
      durability_.begin_sync();
      unsynced = log_->take_unsynced();
      end = log_->end();
    }
    bytes = unsynced.bytes;
    io::fault_point("broker.log.sync.before");
    for (const auto& file : unsynced.files) sync_or_panic(*file);
    if (unsynced.directory) {
      if (auto synced = io::sync_directory(directory_); !synced) panic(synced.error().message);
    }
    io::fault_point("broker.log.sync.after");
    MutexLock lock(mutex_);
    completions = durability_.synced(end);
    log_->made_durable(durability_.durable().offset);
    for (FetchSignal* watcher : watchers_) watcher->notify();
  }
  for (Completion& completion : completions) completion();
  return bytes;
}

Offsets Partition::offsets() const {
  MutexLock lock(mutex_);
  return offsets_locked();
}

Offsets Partition::offsets_locked() const {
  const LogPosition end = log_->end();
  const Offset durable = durability_.durable().offset;
  return {log_->log_start(), durability_.visible(end).offset, durable, end.offset, log_->last_stable(durable)};
}

std::int64_t Partition::size_bytes() const {
  MutexLock lock(mutex_);
  return log_->size_bytes();
}

TopicConfig Partition::settings() const {
  MutexLock lock(mutex_);
  return config_;
}

void Partition::set_config(const TopicConfig& config) {
  MutexLock lock(mutex_);
  config_ = config;
}

Partition::Watch::Watch(std::shared_ptr<Partition> partition, FetchSignal& signal)
    : partition_(std::move(partition)), signal_(&signal) {
  MutexLock lock(partition_->mutex_);
  partition_->watchers_.push_back(signal_);
}

Partition::Watch::~Watch() {
  if (partition_ == nullptr) return;
  MutexLock lock(partition_->mutex_);
  auto& watchers = partition_->watchers_;
  watchers.erase(std::ranges::find(watchers, signal_));
}

void Partition::close() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
    for (FetchSignal* watcher : watchers_) watcher->notify();
  }
  {
    MutexLock compaction_ended(compaction_mutex_);
    MutexLock checkpoint_ended(checkpoint_mutex_);
  }
  sync();
}

}  // namespace tickerlake::broker
