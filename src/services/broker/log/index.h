#pragma once
// A segment's sparse indexes: files of fixed-size, sorted entries. Layout: docs/formats/log.md.
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file.h"

namespace tickerlake::broker {

/// A batch begins at `position` of the segment and its first offset is the segment's base + relative_offset.
struct OffsetEntry {
  static constexpr std::int64_t size = 8;
  std::int32_t relative_offset = 0;
  std::int32_t position = 0;

  static OffsetEntry decode(const std::byte* from);
  void encode(std::byte* to) const;
};

/// No record up to the end of the batch at base + relative_offset is younger than the timestamp.
struct TimeEntry {
  static constexpr std::int64_t size = 12;
  TimestampMs timestamp_ms = -1;
  std::int32_t relative_offset = 0;

  static TimeEntry decode(const std::byte* from);
  void encode(std::byte* to) const;
};

/// A transaction that was aborted; it stands in the index of the segment that has its marker. In the order of markers.
struct AbortedEntry {
  static constexpr std::int64_t size = 34;
  std::int16_t version = 0;
  std::int64_t producer_id = -1;
  std::int64_t first_offset = 0;  // absolute, as all here
  std::int64_t last_offset = 0;   // of the marker
  std::int64_t last_stable = 0;   // every transaction that ended later began at or behind it

  /// Whether it can stand behind an entry whose marker is at `before`: in the order of markers, each behind a record.
  /// Zeros, which a power failure may leave, can stand nowhere.
  bool may_follow(std::int64_t before) const {
    return version == 0 && first_offset >= 0 && first_offset < last_offset && last_offset > before;
  }

  static AbortedEntry decode(const std::byte* from);
  void encode(std::byte* to) const;
};

/// Entries in a file; the youngest ones in memory until flush(). Nothing here is synced: what a checkpoint covers was
/// synced by it, the rest is rebuilt. One writer; the owner's lock covers reads too. The file is opened when it is
/// needed, as a broker has more segments than it may have descriptors for three files of each. Who reads at the end
/// doesn't need it: the last entry is in memory.
template <class Entry>
class IndexFile {
 public:
  /// Opens or creates. A torn last entry is ignored.
  static Result<IndexFile> open(const io::Path& path);

  std::int64_t count() const { return stored_ + static_cast<std::int64_t>(tail_.size()); }
  Result<Entry> at(std::int64_t index) const;
  Result<std::optional<Entry>> last() const;
  /// The last entry for which `holds` is true, where it is true for a prefix of the entries.
  template <class Predicate>
  Result<std::optional<Entry>> last_where(const Predicate& holds) const;

  /// How many entries, from the first on, satisfy `holds`, where it is true for a prefix of them.
  template <class Predicate>
  Result<std::int64_t> prefix_length(const Predicate& holds) const;

  Result<void> append(const Entry& entry);
  /// Keeps so many entries, the first ones.
  Result<void> keep(std::int64_t count);
  /// Keeps the entries before the first for which `holds` is false. They are asked about one by one, in their order:
  /// what was not synced may be anything after a power failure, so that a search could be led astray.
  template <class Predicate>
  Result<void> keep_while(const Predicate& holds);
  Result<void> flush();
  /// For syncing without the owner's lock, after flush().
  using File = std::shared_ptr<const io::File>;
  Result<File> file() const;
  /// Keeps the file open from now on: another one will get its name.
  Result<void> hold();

 private:
  static constexpr std::size_t max_tail = 512;
  explicit IndexFile(io::Path path) : path_(std::move(path)) {}
  /// Opens the file if `opened` is none yet.
  Result<Entry> read(std::int64_t index, File& opened) const;
  template <class Predicate>
  Result<std::int64_t> prefix_length(const Predicate& holds, File& opened) const;

  io::Path path_;
  File held_;
  std::int64_t stored_ = 0;    // entries in the file
  std::optional<Entry> last_;  // of these
  std::vector<Entry> tail_;    // entries behind them
};

using OffsetIndex = IndexFile<OffsetEntry>;
using TimeIndex = IndexFile<TimeEntry>;
using AbortedIndex = IndexFile<AbortedEntry>;

template <class Entry>
template <class Predicate>
Result<std::int64_t> IndexFile<Entry>::prefix_length(const Predicate& holds) const {
  File opened;
  return prefix_length(holds, opened);
}

template <class Entry>
template <class Predicate>
Result<std::int64_t> IndexFile<Entry>::prefix_length(const Predicate& holds, File& opened) const {
  std::int64_t low = 0;
  std::int64_t high = count();
  if (last_ && holds(*last_)) {
    low = stored_;
  } else if (last_) {
    high = stored_ - 1;
  }
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    TRY(const Entry entry, read(middle, opened));
    if (holds(entry)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

template <class Entry>
template <class Predicate>
Result<std::optional<Entry>> IndexFile<Entry>::last_where(const Predicate& holds) const {
  File opened;
  TRY(const std::int64_t length, prefix_length(holds, opened));
  if (length == 0) return std::optional<Entry>();
  TRY(const Entry entry, read(length - 1, opened));
  return std::optional<Entry>(entry);
}

template <class Entry>
template <class Predicate>
Result<void> IndexFile<Entry>::keep_while(const Predicate& holds) {
  std::int64_t kept = 0;
  File opened;
  for (; kept < count(); ++kept) {
    TRY(const Entry entry, read(kept, opened));
    if (!holds(entry)) break;
  }
  return keep(kept);
}

}  // namespace tickerlake::broker
