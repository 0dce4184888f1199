// fsck of a segment's index of aborted transactions: against what its markers and the records before them say.
#include <fmt/format.h>

#include <algorithm>

#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_check.h"

namespace tickerlake::broker {
namespace {

Result<std::vector<AbortedEntry>> read_entries(const io::Path& path) {
  std::vector<AbortedEntry> entries;
  if (!std::filesystem::exists(path)) return entries;
  TRY(const AbortedIndex index, AbortedIndex::open(path));
  for (std::int64_t at = 0; at < index.count(); ++at) {
    TRY(const AbortedEntry entry, index.at(at));
    entries.push_back(entry);
  }
  return entries;
}

io::Path path_of(const io::Path& directory, const SegmentContent& content) {
  return directory / segment_file_name(content.base, aborted_extension);
}

}  // namespace

Result<std::string> check_aborted_index(const io::Path& directory, const SegmentContent& content, Offset first,
                                        Offset trusted) {
  TRY(const auto entries, read_entries(path_of(directory, content)));
  std::int64_t before = content.base.value() - 1;
  for (const AbortedEntry& entry : entries) {
    if (entry.last_offset >= trusted.value()) break;  // rebuilt at the next start
    if (!entry.may_follow(before)) return std::string("its entries are not in the order of markers");
    before = entry.last_offset;
    const bool is_known = std::ranges::any_of(content.aborted, [&](const DecidedTransaction& decided) {
      return decided.last.value() == entry.last_offset && decided.producer.value() == entry.producer_id;
    });
    if (!is_known && entry.first_offset >= first.value()) {
      return fmt::format("it names a transaction that was aborted at offset {}, where no such marker is",
                         entry.last_offset);
    }
  }
  for (const DecidedTransaction& decided : content.aborted) {
    if (decided.last >= trusted) continue;
    const bool is_there = std::ranges::any_of(entries, [&](const AbortedEntry& entry) {
      return entry.last_offset == decided.last.value() && entry.producer_id == decided.producer.value() &&
             entry.first_offset <= decided.first.value();
    });
    if (!is_there) {
      return fmt::format("it lacks the transaction that producer {} aborted at offset {}", decided.producer.value(),
                         decided.last.value());
    }
  }
  return std::string();
}

Result<void> rebuild_aborted_index(const io::Path& directory, const SegmentContent& content, Offset first) {
  const io::Path path = path_of(directory, content);
  TRY(std::vector<AbortedEntry> entries, read_entries(path));
  std::erase_if(entries, [&](const AbortedEntry& entry) {
    return !entry.may_follow(content.base.value() - 1) || entry.first_offset >= first.value();
  });
  for (const DecidedTransaction& decided : content.aborted) {
    const auto same = [&](const AbortedEntry& entry) { return entry.last_offset == decided.last.value(); };
    if (std::ranges::none_of(entries, same)) entries.push_back(entry_of(decided));
  }
  std::ranges::sort(entries, {}, &AbortedEntry::last_offset);
  Buffer bytes(entries.size() * AbortedEntry::size);
  for (std::size_t i = 0; i < entries.size(); ++i) entries[i].encode(bytes.data() + i * AbortedEntry::size);
  return io::write_file_atomically(path, as_text(bytes));
}

}  // namespace tickerlake::broker
