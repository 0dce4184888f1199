#include "pipeline/sink/offset_set.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

#include "base/digest.h"
#include "base/panic.h"

namespace tickerlake::pipeline {
namespace {

void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) to += static_cast<char>(value | 0x80);
  to += static_cast<char>(value);
}

bool take_varint(std::string_view& from, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    if (from.empty()) return false;
    const auto byte = static_cast<unsigned char>(from.front());
    from.remove_prefix(1);
    bits |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) {
      value = static_cast<std::int64_t>(bits);
      return true;
    }
  }
  return false;
}

std::unexpected<Error> bad() { return fail(ErrorCode::corrupt, "not a set of offsets"); }

}  // namespace

void OffsetSet::add_run(std::int64_t first, std::int64_t last) {
  ensure(first <= last && (runs_.empty() || first > runs_.back().last), "offsets are added in rising order");
  size_ += last - first + 1;
  if (!runs_.empty() && runs_.back().last + 1 == first)
    runs_.back().last = last;
  else
    runs_.push_back({first, last});
}

bool OffsetSet::contains(std::int64_t offset) const {
  const auto next = std::upper_bound(runs_.begin(), runs_.end(), offset,
                                     [](std::int64_t value, const Run& run) { return value < run.first; });
  return next != runs_.begin() && std::prev(next)->last >= offset;
}

OffsetSet OffsetSet::of(std::vector<Run> runs) {
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.first < b.first; });
  OffsetSet result;
  for (const Run& run : runs) result.add_run(run.first, run.last);
  return result;
}

OffsetSet OffsetSet::united_with(const OffsetSet& other) const {
  OffsetSet result;
  auto a = runs_.begin(), b = other.runs_.begin();
  std::int64_t done = std::numeric_limits<std::int64_t>::min();  // the last offset that was added
  while (a != runs_.end() || b != other.runs_.end()) {
    const bool mine = b == other.runs_.end() || (a != runs_.end() && a->first < b->first);
    const Run& run = mine ? *a++ : *b++;
    if (run.last <= done) continue;
    result.add_run(std::max(run.first, done + 1), run.last);
    done = run.last;
  }
  return result;
}

OffsetSet OffsetSet::without(const OffsetSet& other) const {
  OffsetSet result;
  auto hole = other.runs_.begin();
  for (const Run& run : runs_) {
    std::int64_t from = run.first;
    while (hole != other.runs_.end() && hole->last < from) ++hole;
    for (auto at = hole; at != other.runs_.end() && at->first <= run.last; ++at) {
      if (at->first > from) result.add_run(from, at->first - 1);
      from = at->last + 1;
    }
    if (from <= run.last) result.add_run(from, run.last);
  }
  return result;
}

OffsetSet OffsetSet::common_with(const OffsetSet& other) const { return without(without(other)); }

std::string OffsetSet::text() const {
  constexpr std::size_t most = 3;
  std::string result;
  for (std::size_t i = 0; i < std::min(runs_.size(), most); ++i) {
    if (i > 0) result += ", ";
    result += runs_[i].first == runs_[i].last ? std::to_string(runs_[i].first)
                                              : fmt::format("{} to {}", runs_[i].first, runs_[i].last);
  }
  if (runs_.size() > most) result += fmt::format(" and {} more ranges", runs_.size() - most);
  return result;
}

std::string OffsetSet::encode() const {
  if (empty()) return {};
  std::string runs;
  std::int64_t behind = 0;
  for (const Run& run : runs_) {
    put_varint(runs, static_cast<std::uint64_t>(run.first - behind));
    put_varint(runs, static_cast<std::uint64_t>(run.last - run.first));
    behind = run.last + 1;
  }
  const auto bytes_of_bits = static_cast<std::uint64_t>(back() - front()) / 8 + 1;
  if (bytes_of_bits + 10 >= runs.size()) return "r" + base64(as_bytes(runs));
  std::string bits;
  put_varint(bits, static_cast<std::uint64_t>(front()));
  const std::size_t start = bits.size();
  bits.resize(start + bytes_of_bits);
  for (const Run& run : runs_) {
    for (std::int64_t offset = run.first; offset <= run.last; ++offset) {
      const auto at = static_cast<std::uint64_t>(offset - front());
      bits[start + at / 8] = static_cast<char>(bits[start + at / 8] | 1 << at % 8);
    }
  }
  return "b" + base64(as_bytes(bits));
}

Result<OffsetSet> OffsetSet::decode(std::string_view text) {
  OffsetSet result;
  if (text.empty()) return result;
  const auto buffer = unbase64(text.substr(1));
  if (!buffer) return bad();
  std::string_view bytes = as_text(*buffer);
  constexpr std::int64_t limit = std::numeric_limits<std::int64_t>::max() / 4;
  if (text.front() == 'r') {
    std::int64_t behind = 0;
    while (!bytes.empty()) {
      std::int64_t gap = 0, more = 0;
      if (!take_varint(bytes, gap) || !take_varint(bytes, more)) return bad();
      if (gap > limit - behind || more > limit - behind - gap || result.runs_.size() >= max_runs) return bad();
      result.add_run(behind + gap, behind + gap + more);
      behind += gap + more + 1;
    }
    return result;
  }
  std::int64_t first = 0;
  if (text.front() != 'b' || !take_varint(bytes, first) || first > limit) return bad();
  for (std::size_t i = 0; i < bytes.size(); ++i)
    for (int bit = 0; bit < 8; ++bit)
      if (static_cast<unsigned char>(bytes[i]) >> bit & 1) result.add(first + static_cast<std::int64_t>(i * 8) + bit);
  return result;
}

}  // namespace tickerlake::pipeline
