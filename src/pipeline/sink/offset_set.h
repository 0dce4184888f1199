#pragma once
// Offsets as runs: which of them a file, a plan's dead letters or its tombstones are (docs/formats/lake.md).
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tickerlake::pipeline {

/// A set of offsets, small where they follow each other.
class OffsetSet {
 public:
  struct Run {
    std::int64_t first;
    std::int64_t last;  // included
    bool operator==(const Run&) const = default;
  };
  /// More runs than that are refused when a text is read.
  static constexpr std::size_t max_runs = 100'000'000;

  /// Offsets must come in rising order.
  void add(std::int64_t offset) { add_run(offset, offset); }
  void add_run(std::int64_t first, std::int64_t last);
  void clear() { *this = {}; }

  bool empty() const { return runs_.empty(); }
  std::int64_t size() const { return size_; }
  std::int64_t front() const { return runs_.front().first; }
  std::int64_t back() const { return runs_.back().last; }
  const std::vector<Run>& runs() const { return runs_; }
  bool contains(std::int64_t offset) const;
  bool operator==(const OffsetSet&) const = default;

  OffsetSet united_with(const OffsetSet& other) const;
  OffsetSet without(const OffsetSet& other) const;
  OffsetSet common_with(const OffsetSet& other) const;
  /// Of runs in any order that have no offset in common.
  static OffsetSet of(std::vector<Run> runs);
  /// "5 to 9, 12, 14 and 3 more".
  std::string text() const;

  /// "" when empty, else "r" with base64 of runs or "b" with base64 of bits, whichever is shorter.
  std::string encode() const;
  /// ErrorCode::corrupt.
  static Result<OffsetSet> decode(std::string_view text);

 private:
  std::vector<Run> runs_;  // rising, none touches the next
  std::int64_t size_ = 0;
};

}  // namespace tickerlake::pipeline
