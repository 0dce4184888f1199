#include "services/broker/log/segment_listing.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "services/broker/log/segment.h"

namespace tickerlake::broker {
namespace {

namespace fs = std::filesystem;

/// A name that is nothing but a number of at least zero.
std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty() || value < 0) return std::nullopt;
  return value;
}

Result<std::vector<std::string>> names_in(const io::Path& directory) {
  std::error_code error;
  std::vector<std::string> names;
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    names.push_back(at->path().filename().string());
  if (error) return fail(ErrorCode::io, directory.string() + ": " + error.message());
  return names;
}

/// The entries that ascend; Apache Kafka fills an active index file with zeros behind them.
template <class Entry>
Result<std::vector<Entry>> read_index(const io::Path& path) {
  std::vector<Entry> entries;
  if (!fs::exists(path)) return entries;
  TRY(const std::string bytes, io::read_file(path));
  const std::byte* from = as_bytes(bytes).data();
  for (std::size_t at = 0; at + Entry::size <= bytes.size(); at += Entry::size) {
    const Entry entry = Entry::decode(from + at);
    if (at > 0 && entry.relative_offset <= entries.back().relative_offset) break;
    if (std::all_of(from + at, from + at + Entry::size, [](std::byte b) { return b == std::byte{0}; })) break;
    entries.push_back(entry);
  }
  return entries;
}

}  // namespace

Result<std::vector<std::pair<std::int32_t, io::Path>>> partition_directories(const io::Path& data,
                                                                             const std::string& topic) {
  std::vector<std::pair<std::int32_t, io::Path>> found;
  const auto missing = [&] {
    return fail(ErrorCode::not_found, "there is no topic " + topic + " in " + data.string() + " (nor kafka/topics/" +
                                          topic + ", as in tickerlake's data folder, nor " + topic +
                                          "-0, as in a log folder of Apache Kafka)");
  };
  if (topic.empty() || topic.front() == '.' || topic.find('/') != std::string::npos) return missing();
  const io::Path ours = data / "kafka" / "topics" / topic;
  const std::string prefix = fs::is_directory(ours) ? "" : topic + "-";
  const io::Path folder = prefix.empty() ? ours : data;
  if (!fs::is_directory(folder)) return missing();
  TRY(const auto names, names_in(folder));
  for (const std::string& name : names) {
    if (!name.starts_with(prefix) || !fs::is_directory(folder / name)) continue;
    const auto partition = number(std::string_view(name).substr(prefix.size()));
    if (partition && *partition <= INT32_MAX) found.emplace_back(static_cast<std::int32_t>(*partition), folder / name);
  }
  if (found.empty()) return missing();
  std::ranges::sort(found);
  return found;
}

Result<std::vector<Offset>> segment_bases(const io::Path& directory) {
  constexpr std::string_view extension = ".log";
  constexpr std::size_t digits = 20;
  TRY(const auto names, names_in(directory));
  std::vector<Offset> bases;
  for (const std::string& name : names) {
    if (name.size() != digits + extension.size() || !name.ends_with(extension)) continue;
    if (const auto base = number(std::string_view(name).substr(0, digits))) bases.emplace_back(*base);
  }
  std::ranges::sort(bases);
  return bases;
}

Result<SegmentListing> list_segment(const io::Path& directory, Offset base, const SeeBatch& see) {
  TRY(const io::File file, io::File::open(directory / segment_file_name(base, ".log"), io::File::Mode::read));
  SegmentListing segment;
  segment.base = segment.next = base;
  TRY(segment.size, file.size());
  std::int64_t position = 0;
  while (position + static_cast<std::int64_t>(kafka::batch_header_size) <= segment.size) {
    const auto header = read_batch_header(file, position);
    if (!header || position + header->size() > segment.size) break;
    if (segment.batches == 0 || header->base_timestamp < segment.min_base_ms)
      segment.min_base_ms = header->base_timestamp;
    segment.max_ms = std::max(segment.max_ms, header->max_timestamp);
    ++segment.batches;
    segment.records += header->record_count;
    segment.next = Offset(header->last_offset() + 1);
    see(*header, position);
    position += header->size();
  }
  segment.rest = segment.size - position;
  TRY(segment.offset_index, read_index<OffsetEntry>(directory / segment_file_name(base, ".index")));
  TRY(segment.time_index, read_index<TimeEntry>(directory / segment_file_name(base, ".timeindex")));
  return segment;
}

}  // namespace tickerlake::broker
