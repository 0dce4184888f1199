#include "services/broker/topic_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "io/fault_point.h"

namespace tickerlake::broker {

namespace {

constexpr const char* topic_file_name = "topic";

/// "key rest of the line"
std::pair<std::string_view, std::string_view> split_line(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

std::unexpected<Error> corrupt(std::string_view line) {
  return fail(ErrorCode::corrupt, fmt::format("topic file: can't read \"{}\"", line));
}

Result<void> remove_tree(const io::Path& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail_errno("can't remove " + path.string(), error.value());
  return {};
}

/// Its name is on disk when its parent is synced.
Result<void> make_folder(const io::Path& path) {
  std::error_code error;
  std::filesystem::create_directory(path, error);
  if (error) return fail_errno("can't make the folder " + path.string(), error.value());
  return {};
}

}  // namespace

std::string TopicRecord::encode() const {
  std::string text =
      fmt::format("version 1\nid {}\npartitions {}\ninternal {}\n", hex(id.bytes), partitions, internal ? 1 : 0);
  for (const auto& [name, value] : config) text += fmt::format("config {} {}\n", name, value);
  return text;
}

Result<TopicRecord> TopicRecord::decode(std::string_view text) {
  TopicRecord record;
  bool has_id = false;
  bool has_version = false;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return corrupt(text);
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto [key, value] = split_line(line);
    if (key == "version") {
      if (value != "1") return fail(ErrorCode::corrupt, fmt::format("topic file: version {} is unknown", value));
      has_version = true;
    } else if (key == "id") {
      const auto bytes = unhex(value);
      if (!bytes || bytes->size() != record.id.bytes.size()) return corrupt(line);
      std::ranges::copy(*bytes, record.id.bytes.begin());
      has_id = true;
    } else if (key == "partitions") {
      const auto [stop, error] = std::from_chars(value.data(), value.data() + value.size(), record.partitions);
      if (error != std::errc() || stop != value.data() + value.size()) return corrupt(line);
    } else if (key == "internal") {
      record.internal = value == "1";
    } else if (key == "config") {
      const auto [name, setting] = split_line(value);
      record.config.emplace(name, setting);
    } else {
      return corrupt(line);
    }
  }
  if (!has_version || !has_id || record.partitions < 1) {
    return fail(ErrorCode::corrupt, "topic file: version, id or partitions are missing");
  }
  return record;
}

TopicStore::TopicStore(const io::Path& directory)
    : topics_(directory / "topics"), making_(directory / "making"), trash_(directory / "trash") {}

Result<std::vector<std::string>> TopicStore::discover() {
  CHECK(remove_tree(making_));
  for (const io::Path* path : {&topics_, &making_, &trash_}) CHECK(io::make_directories(*path));
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(topics_, error)) {
    names.push_back(entry.path().filename().string());
  }
  if (error) return fail_errno("can't list " + topics_.string(), error.value());
  std::ranges::sort(names);
  return names;
}

Result<TopicRecord> TopicStore::read(std::string_view name) const {
  const io::Path path = topics_ / name / topic_file_name;
  TRY(const std::string text, io::read_file(path));
  auto record = TopicRecord::decode(text);
  if (!record) return std::unexpected(std::move(record.error()).within(path.string()));
  return record;
}

Result<void> TopicStore::create(std::string_view name, const TopicRecord& record, const Fill& fill) {
  const io::Path made = making_ / random_uuid();
  CHECK(make_folder(made));
  for (std::int32_t i = 0; i < record.partitions; ++i) {
    const io::Path folder = made / std::to_string(i);
    CHECK(make_folder(folder));
    if (!fill) continue;
    CHECK(fill(i, folder));
    CHECK(io::sync_directory(folder));
  }
  CHECK(io::write_file_atomically(made / topic_file_name, record.encode()));  // syncs the folder's entries too
  io::fault_point("broker.topic.create.before");
  CHECK(io::rename(made, topics_ / name));
  CHECK(io::sync_directory(topics_));
  io::fault_point("broker.topic.create.after");
  return {};
}

Result<void> TopicStore::write(std::string_view name, const TopicRecord& record) {
  const io::Path folder = topics_ / name;
  for (std::int32_t i = 0; i < record.partitions; ++i) CHECK(make_folder(folder / std::to_string(i)));
  return io::write_file_atomically(folder / topic_file_name, record.encode());
}

Result<void> TopicStore::remove(std::string_view name) {
  io::fault_point("broker.topic.delete.before");
  CHECK(io::rename(topics_ / name, trash_ / random_uuid()));
  CHECK(io::sync_directory(topics_));
  io::fault_point("broker.topic.delete.after");
  return {};
}

Result<void> TopicStore::empty_trash() {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(trash_, error)) CHECK(remove_tree(entry.path()));
  if (error) return fail_errno("can't list " + trash_.string(), error.value());
  return {};
}

io::Path TopicStore::partition_directory(std::string_view name, std::int32_t index) const {
  return topics_ / name / std::to_string(index);
}

}  // namespace tickerlake::broker
