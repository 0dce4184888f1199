#include "services/s3/store/index.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdio>
#include <memory>
#include <thread>

#include "base/bytes.h"
#include "base/mutex.h"
#include "base/panic.h"
#include "io/fault_point.h"

namespace tickerlake::s3 {
namespace {

rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

std::unexpected<Error> fail_rocksdb(const rocksdb::Status& status) {
  const ErrorCode code = status.IsCorruption() ? ErrorCode::internal
                         : status.IsNoSpace()  ? ErrorCode::exhausted
                                               : ErrorCode::io;
  return fail(code, "the index of objects: " + status.ToString());
}

class Cursor final : public IndexCursor {
 public:
  explicit Cursor(std::shared_ptr<rocksdb::DB> db)
      : db_(std::move(db)), iterator_(db_->NewIterator(rocksdb::ReadOptions())) {}
  void seek(std::string_view key) override { iterator_->Seek(slice(key)); }
  void next() override { iterator_->Next(); }
  bool valid() const override { return iterator_->Valid(); }
  std::string_view key() const override { return view(iterator_->key()); }
  std::string_view value() const override { return view(iterator_->value()); }

 private:
  const std::shared_ptr<rocksdb::DB> db_;
  const std::unique_ptr<rocksdb::Iterator> iterator_;
};

/// What RocksDB has to say, as lines of ours. Its own log file would be one more thing that a full disk breaks: builds
/// with assertions (Debian's) end the process at the second line that can't be written.
class Told final : public rocksdb::Logger {
 public:
  explicit Told(Log log) : Logger(rocksdb::WARN_LEVEL), log_(std::move(log)) {}
  using Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, 512> text;
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (size <= 0) return;
    std::string_view line(text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1));
    while (line.ends_with('\n')) line.remove_suffix(1);
    log_.warning("the index of objects: {}", line);
  }

 private:
  const Log log_;
};

// Entries are a few hundred bytes and there are seldom more than some 100,000: small buffers, few files, no statistics.
rocksdb::Options options_for_small_memory(const Log& log) {
  rocksdb::Options options;
  options.info_log = std::make_shared<Told>(log);
  options.create_if_missing = true;
  options.write_buffer_size = static_cast<std::size_t>(4_MiB);
  options.max_write_buffer_number = 2;
  options.max_total_wal_size = static_cast<std::uint64_t>(16_MiB);
  options.max_open_files = 64;
  options.max_file_opening_threads = 1;
  options.max_background_jobs = 2;
  options.max_manifest_file_size = static_cast<std::uint64_t>(1_MiB);
  options.skip_stats_update_on_db_open = true;
  options.skip_checking_sst_file_sizes_on_db_open = true;
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  options.avoid_flush_during_shutdown = true;  // the log is synced; the next open replays at most 4 MiB
  options.compression = rocksdb::kLZ4Compression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = rocksdb::NewLRUCache(static_cast<std::size_t>(8_MiB));
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10, false));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// After a write that found the disk full RocksDB refuses all others, often for good; so the database is closed and
/// opened again once there is room. Meanwhile it is read as before.
class RocksIndex final : public Index {
 public:
  RocksIndex(io::Path path, rocksdb::Options options) : path_(std::move(path)), options_(std::move(options)) {}

  Result<void> open() {
    MutexLock lock(mutex_);
    return open_locked();
  }

  Result<void> open_read_only() {
    MutexLock lock(mutex_);
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::OpenForReadOnly(options_, path_.string(), &db);
    if (!status.ok()) return fail_rocksdb(status);
    db_.reset(db);
    return {};
  }

  Result<void> verify() const override {
    const rocksdb::Status status = db()->VerifyChecksum();
    if (!status.ok()) return fail_rocksdb(status);
    return {};
  }

  Result<std::optional<std::string>> get(std::string_view key) const override {
    std::string value;
    const rocksdb::Status status = db()->Get(rocksdb::ReadOptions(), slice(key), &value);
    if (status.IsNotFound()) return std::nullopt;
    if (!status.ok()) return fail_rocksdb(status);
    return value;
  }

  Result<void> commit(const IndexBatch& batch) override {
    if (stalled_) CHECK(reopen());
    rocksdb::WriteBatch writes;
    for (const std::string& key : batch.removals) writes.Delete(key);
    for (const auto& [key, value] : batch.puts) writes.Put(key, value);
    rocksdb::WriteOptions options;
    options.sync = true;
    io::fault_point("s3.index.commit.before");
    const rocksdb::Status status = db()->Write(options, &writes);
    io::fault_point("s3.index.commit.after");
    if (status.IsNoSpace()) stalled_ = true;
    if (status.IsIOError() && !status.IsNoSpace()) panic("the index of objects can't be written: " + status.ToString());
    if (!status.ok()) return fail_rocksdb(status);
    return {};
  }

  std::unique_ptr<IndexCursor> cursor() const override { return std::make_unique<Cursor>(db()); }

 private:
  std::shared_ptr<rocksdb::DB> db() const {
    MutexLock lock(mutex_);
    return db_;
  }

  Result<void> open_locked() TL_REQUIRES(mutex_) {
    rocksdb::DB* db = nullptr;
    const rocksdb::Status status = rocksdb::DB::Open(options_, path_.string(), &db);
    if (!status.ok()) return fail_rocksdb(status);
    db_.reset(db);
    return {};
  }

  /// ErrorCode::exhausted while the disk is full or readers do not let go of the database.
  Result<void> reopen() {
    MutexLock lock(mutex_);
    if (!stalled_) return {};
    if (auto room = probe_room(); !room) return fail(ErrorCode::exhausted, room.error().message);
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (db_.use_count() > 1) {  // nobody gets it anew while the mutex is held
      if (std::chrono::steady_clock::now() > give_up) return fail(ErrorCode::exhausted, "the index of objects is busy");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    db_.reset();
    if (auto opened = open_locked(); !opened) panic(opened.error().message);
    stalled_ = false;
    return {};
  }

  /// Whether opening would find the room that it needs: it writes what the log holds into a table.
  Result<void> probe_room() const {
    const io::Path probe = path_ / "probe.tmp";
    const auto filled = [&]() -> Result<void> {
      TRY(const io::File file, io::File::open(probe, io::File::Mode::read_write));
      const Buffer block(static_cast<std::size_t>(1_MiB));
      for (std::int64_t at = 0; at < reopening_bytes; at += std::ssize(block)) CHECK(file.write_at(at, block));
      return {};
    }();
    CHECK(io::remove_file(probe));
    return filled;
  }

  static constexpr std::int64_t reopening_bytes = 8_MiB;

  const io::Path path_;
  const rocksdb::Options options_;
  std::atomic<bool> stalled_ = false;
  mutable Mutex mutex_;
  std::shared_ptr<rocksdb::DB> db_ TL_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::unique_ptr<Index>> Index::open(const io::Path& path, const Log& log) {
  CHECK(io::make_directories(path));
  auto index = std::make_unique<RocksIndex>(path, options_for_small_memory(log));
  CHECK(index->open());
  return index;
}

Result<std::unique_ptr<Index>> Index::open_read_only(const io::Path& path) {
  if (!std::filesystem::exists(path / "CURRENT")) {
    return fail(ErrorCode::not_found, path.string() + " holds no index");
  }
  rocksdb::Options options = options_for_small_memory(Log());
  options.create_if_missing = false;
  // A record that is damaged in the middle of the log is an error here; the usual mode ends the log there, silently.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  auto index = std::make_unique<RocksIndex>(path, std::move(options));
  CHECK(index->open_read_only());
  return index;
}

Result<void> Index::salvage(const io::Path& path) {
  const rocksdb::Status status = rocksdb::RepairDB(path.string(), options_for_small_memory(Log()));
  if (!status.ok()) return fail_rocksdb(status);
  return {};
}

std::optional<std::string> after_prefix(std::string_view prefix) {
  std::string next(prefix);
  while (!next.empty() && static_cast<unsigned char>(next.back()) == 0xFF) next.pop_back();
  if (next.empty()) return std::nullopt;
  next.back() = static_cast<char>(static_cast<unsigned char>(next.back()) + 1);
  return next;
}

}  // namespace tickerlake::s3
