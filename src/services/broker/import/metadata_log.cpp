#include "services/broker/import/metadata_log.h"

#include <algorithm>

#include "kafka/records/records.h"
#include "kafka/wire/reader.h"
#include "services/broker/import/batch_files.h"

namespace tickerlake::broker {
namespace {

constexpr std::int8_t topic_resource = 2;  // ConfigResource.Type
constexpr std::uint64_t topic_record = 2, config_record = 4, remove_topic_record = 9;

// The records' forms are those of Kafka's metadata schemas, version 0.
struct TopicRecord {
  std::string name;
  kafka::Uuid id;
  static void fields(auto& c, auto& m) {
    c(m.name);
    c(m.id);
  }
};
struct ConfigRecord {
  std::int8_t resource_type = 0;
  std::string resource_name, name;
  std::optional<std::string> value;
  static void fields(auto& c, auto& m) {
    c(m.resource_type);
    c(m.resource_name);
    c(m.name);
    c(m.value);
  }
};
struct RemoveTopicRecord {
  kafka::Uuid id;
  static void fields(auto& c, auto& m) { c(m.id); }
};

class Metadata {
 public:
  Result<void> apply(ByteView value) {
    kafka::Reader reader(value, 0, true);
    reader.unsigned_varint();  // of the frame
    const std::uint64_t type = reader.unsigned_varint();
    reader.unsigned_varint();  // the record's version
    if (type == topic_record) {
      TopicRecord record;
      reader.read_struct(record);
      names[record.id] = record.name;
    } else if (type == config_record) {
      ConfigRecord record;
      reader.read_struct(record);
      if (record.resource_type != topic_resource) return reader.check();
      if (record.value) {
        configs[record.resource_name][record.name] = *record.value;
      } else {
        configs[record.resource_name].erase(record.name);
      }
    } else if (type == remove_topic_record) {
      RemoveTopicRecord record;
      reader.read_struct(record);
      configs.erase(names[record.id]);
    }
    return reader.check();
  }

  std::map<kafka::Uuid, std::string> names;
  std::map<std::string, ConfigMap> configs;
};

Result<void> apply_file(Metadata& metadata, const io::Path& file, std::int64_t from, bool torn_end) {
  const auto apply = [&](const kafka::Batch& batch) -> Result<void> {
    if (batch.header.is_control()) return {};
    TRY(auto reader, kafka::RecordReader::open(batch));
    kafka::Record record;
    while (true) {
      TRY(const bool more, reader.next(record));
      if (!more) return {};
      if (record.offset >= from && record.value) CHECK(metadata.apply(*record.value));
    }
  };
  CHECK(visit_batches(file, torn_end, apply));
  return {};
}

}  // namespace

Result<std::map<std::string, ConfigMap>> topic_configs_of(const io::Path& log_dir) {
  const io::Path folder = log_dir / "__cluster_metadata-0";
  Metadata metadata;
  if (!std::filesystem::is_directory(folder)) return metadata.configs;
  std::vector<io::Path> snapshots, segments;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".checkpoint") snapshots.push_back(entry.path());
    if (entry.path().extension() == ".log") segments.push_back(entry.path());
  }
  if (error) return fail_errno("can't list " + folder.string(), error.value());
  // Both are named by a 20-digit offset: a segment's first, a snapshot's end.
  std::ranges::sort(snapshots);
  std::ranges::sort(segments);
  std::int64_t from = 0;
  if (!snapshots.empty()) {
    CHECK(apply_file(metadata, snapshots.back(), 0, false));
    from = std::strtoll(snapshots.back().filename().string().substr(0, 20).c_str(), nullptr, 10);
  }
  for (const io::Path& segment : segments) CHECK(apply_file(metadata, segment, from, segment == segments.back()));
  return std::move(metadata.configs);
}

}  // namespace tickerlake::broker
