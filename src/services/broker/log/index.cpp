#include "services/broker/log/index.h"

#include <array>

namespace tickerlake::broker {

OffsetEntry OffsetEntry::decode(const std::byte* from) {
  return {load_big_endian<std::int32_t>(from), load_big_endian<std::int32_t>(from + 4)};
}
void OffsetEntry::encode(std::byte* to) const {
  store_big_endian(to, relative_offset);
  store_big_endian(to + 4, position);
}

TimeEntry TimeEntry::decode(const std::byte* from) {
  return {load_big_endian<std::int64_t>(from), load_big_endian<std::int32_t>(from + 8)};
}
void TimeEntry::encode(std::byte* to) const {
  store_big_endian(to, timestamp_ms);
  store_big_endian(to + 8, relative_offset);
}

AbortedEntry AbortedEntry::decode(const std::byte* from) {
  return {load_big_endian<std::int16_t>(from), load_big_endian<std::int64_t>(from + 2),
          load_big_endian<std::int64_t>(from + 10), load_big_endian<std::int64_t>(from + 18),
          load_big_endian<std::int64_t>(from + 26)};
}
void AbortedEntry::encode(std::byte* to) const {
  store_big_endian(to, version);
  store_big_endian(to + 2, producer_id);
  store_big_endian(to + 10, first_offset);
  store_big_endian(to + 18, last_offset);
  store_big_endian(to + 26, last_stable);
}

template <class Entry>
Result<IndexFile<Entry>> IndexFile<Entry>::open(const io::Path& path) {
  IndexFile index(path);
  TRY(File file, index.file());
  TRY(const std::int64_t size, file->size());
  index.stored_ = size / Entry::size;
  if (index.stored_ > 0) {
    TRY(index.last_, index.read(index.stored_ - 1, file));
  }
  return index;
}

template <class Entry>
Result<typename IndexFile<Entry>::File> IndexFile<Entry>::file() const {
  if (held_) return held_;
  TRY(io::File file, io::File::open(path_, io::File::Mode::read_write));
  return std::make_shared<const io::File>(std::move(file));
}

template <class Entry>
Result<void> IndexFile<Entry>::hold() {
  TRY(held_, file());
  return {};
}

template <class Entry>
Result<Entry> IndexFile<Entry>::read(std::int64_t index, File& opened) const {
  if (index >= stored_) return tail_[static_cast<std::size_t>(index - stored_)];
  if (index == stored_ - 1 && last_) return *last_;
  if (!opened) {
    TRY(opened, file());
  }
  std::array<std::byte, Entry::size> bytes;
  CHECK(opened->read_exactly_at(index * Entry::size, bytes));
  return Entry::decode(bytes.data());
}

template <class Entry>
Result<Entry> IndexFile<Entry>::at(std::int64_t index) const {
  File opened;
  return read(index, opened);
}

template <class Entry>
Result<std::optional<Entry>> IndexFile<Entry>::last() const {
  if (count() == 0) return std::optional<Entry>();
  TRY(const Entry entry, at(count() - 1));
  return std::optional<Entry>(entry);
}

template <class Entry>
Result<void> IndexFile<Entry>::append(const Entry& entry) {
  tail_.push_back(entry);
  if (tail_.size() >= max_tail) return flush();
  return {};
}

template <class Entry>
Result<void> IndexFile<Entry>::flush() {
  if (tail_.empty()) return {};
  Buffer bytes(tail_.size() * Entry::size);
  std::byte* to = bytes.data();
  for (const Entry& entry : tail_) {
    entry.encode(to);
    to += Entry::size;
  }
  TRY(const File to_file, file());
  CHECK(to_file->write_at(stored_ * Entry::size, bytes));
  last_ = tail_.back();
  stored_ += static_cast<std::int64_t>(tail_.size());
  tail_.clear();
  return {};
}

template <class Entry>
Result<void> IndexFile<Entry>::keep(std::int64_t count) {
  CHECK(flush());
  TRY(File kept, file());
  CHECK(kept->truncate(count * Entry::size));
  last_.reset();
  stored_ = count;
  if (count > 0) {
    TRY(last_, read(count - 1, kept));
  }
  return {};
}

template class IndexFile<OffsetEntry>;
template class IndexFile<TimeEntry>;
template class IndexFile<AbortedEntry>;

}  // namespace tickerlake::broker
