#pragma once
// One segment under fsck's eyes: which bytes are whole batches, what is missing, whether the indexes point at them.
#include <string>
#include <vector>

#include "base/result.h"
#include "services/broker/log/checkpoint.h"
#include "services/broker/log/producer_state.h"
#include "services/broker/log/segment.h"

namespace tickerlake::broker {

/// A run of bytes that are whole batches, or of bytes that are none.
struct SegmentPiece {
  std::int64_t from = 0, to = 0;  // bytes
  Offset first, next;             // the offsets that it has, or that are missing for it
  std::string damage;             // empty: whole batches
  bool misnumbered = false;       // a whole batch but for the fields that its CRC does not cover: offset, leader epoch
  bool good() const { return damage.empty(); }
};

struct SegmentContent {
  Offset base;
  std::int64_t size = 0;
  bool missing = false;  // there is no such file
  std::int64_t batches = 0;
  std::int64_t point_position = 0;  // where the first batch at or behind SegmentScan::trusted_offset begins
  TimestampMs max_timestamp_ms = -1;
  std::vector<DecidedTransaction> aborted;  // by markers here, of those that SegmentScan::producers_until tells
  std::vector<SegmentPiece> pieces;         // cover the file; the last one may be bytes that end early
  std::vector<std::string> index_faults;    // of both indexes, within what is trusted
  Offset end() const { return pieces.empty() ? base : pieces.back().next; }
  bool has_damage() const;
};

/// What scanning needs to know.
struct SegmentScan {
  io::Path directory;
  Offset base;
  /// Only what lies before it was promised to be on disk: index entries behind it are rebuilt at the next start and
  /// not looked at. Offset and byte position.
  Offset trusted_offset;
  std::int64_t trusted_position = 0;
  std::int64_t index_interval = 4096;
  bool gaps_allowed = false;  // compaction leaves offsets without a batch, nothing else does
  /// Takes note of the producers of batches before this offset; may be null.
  ProducerState* producers = nullptr;
  Offset producers_until;
  TimestampMs now_ms = 0;
};

/// Reads the whole segment; after bytes that are no batch it goes on at the next whole one. The last piece's `next`,
/// when it is damage, is not known yet: equal to its first. Errors: io.
Result<SegmentContent> scan_segment(const SegmentScan& scan);

/// The bytes of a batch without records that stands for offsets nobody has any more, as Kafka's compaction leaves them.
Buffer placeholder_batch(Offset first, Offset next);

/// Writes the segment anew under the name `to`: its whole batches, and placeholders for the offsets of its damage.
/// Synced.
Result<void> rewrite_segment(const io::Path& directory, const SegmentContent& content, const io::Path& to);

/// Builds both indexes from the segment's batches, which must be whole. Synced.
Result<void> rebuild_indexes(const io::Path& directory, Offset base, std::int64_t index_interval);

/// What is wrong with the index of aborted transactions, held against content.aborted; empty when nothing is. Only what
/// lies before `trusted` was promised to be there; transactions that began before `first` can't be told from batches.
Result<std::string> check_aborted_index(const io::Path& directory, const SegmentContent& content, Offset first,
                                        Offset trusted);
/// Builds it anew from content.aborted; entries of transactions that began before `first` stay. Synced.
Result<void> rebuild_aborted_index(const io::Path& directory, const SegmentContent& content, Offset first);

/// Where the first batch at or behind the offset begins; the file's end when there is none.
Result<std::int64_t> position_of(const io::Path& directory, Offset base, Offset offset);

}  // namespace tickerlake::broker
