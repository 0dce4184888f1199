#include "services/broker/import/kafka_log_dir.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <map>
#include <sstream>

#include "base/digest.h"
#include "kafka/records/marker.h"
#include "services/broker/import/batch_files.h"
#include "services/broker/import/group_offsets.h"
#include "services/broker/import/metadata_log.h"
#include "services/broker/log/checkpoint.h"
#include "services/broker/log/segment.h"
#include "services/broker/log/segment_check.h"
#include "services/broker/log/segment_listing.h"
#include "services/broker/topic_store.h"
#include "services/broker/topics.h"

namespace tickerlake::broker {
namespace {

constexpr const char* offsets_topic_name = "__consumer_offsets";
constexpr std::size_t offsets_per_batch = 1'000;

struct FoundTopic {
  std::map<std::int32_t, io::Path> partitions;
  std::optional<TopicId> id;
};

/// "prices-3": the topic's name may have dashes of its own.
std::optional<std::pair<std::string, std::int32_t>> partition_folder(const std::string& name) {
  const std::size_t dash = name.rfind('-');
  if (dash == std::string::npos || dash == 0) return std::nullopt;
  std::int32_t number = 0;
  const auto [stop, error] = std::from_chars(name.data() + dash + 1, name.data() + name.size(), number);
  if (error != std::errc() || stop != name.data() + name.size() || number < 0) return std::nullopt;
  return std::pair(name.substr(0, dash), number);
}

/// "topic_id: " and 22 characters of URL-safe base64.
Result<std::optional<TopicId>> topic_id_of(const io::Path& partition) {
  const auto text = io::read_file(partition / "partition.metadata");
  if (!text) return std::optional<TopicId>();  // before Kafka 2.8
  const std::size_t at = text->find("topic_id: ");
  const auto invalid = [&] {
    return fail(ErrorCode::corrupt, partition.string() + "/partition.metadata can't be read");
  };
  if (at == std::string::npos || text->size() < at + 10 + 22) return invalid();
  std::string encoded = text->substr(at + 10, 22) + "==";
  std::ranges::replace(encoded, '-', '+');
  std::ranges::replace(encoded, '_', '/');
  const auto bytes = unbase64(encoded);
  TopicId id;
  if (!bytes || bytes->size() != id.bytes.size()) return invalid();
  std::ranges::copy(*bytes, id.bytes.begin());
  return std::optional(id);
}

/// "0\n<count>\n<topic> <partition> <offset>\n…"
std::map<std::pair<std::string, std::int32_t>, Offset> log_starts_of(const io::Path& log_dir) {
  std::map<std::pair<std::string, std::int32_t>, Offset> starts;
  const auto text = io::read_file(log_dir / "log-start-offset-checkpoint");
  if (!text) return starts;
  std::istringstream lines(*text);
  std::string version, count, topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  lines >> version >> count;
  while (lines >> topic >> partition >> offset) starts[{topic, partition}] = Offset(offset);
  return starts;
}

/// One partition's batches into a new folder, as this broker keeps them.
class PartitionCopy {
 public:
  PartitionCopy(const io::Path& from, const io::Path& to, ImportedTopic& told, const Log& log)
      : from_(from), to_(to), told_(told), log_(log) {}

  std::int64_t largest_producer() const { return largest_producer_; }

  Result<void> run(Offset log_start) {
    TRY(const auto bases, segment_bases(from_));
    if (bases.empty()) return {};
    next_ = bases.front();
    for (std::size_t i = 0; i < bases.size(); ++i) {
      const bool last = i + 1 == bases.size();
      if (bases[i] < next_) return fail(ErrorCode::corrupt, from_.string() + ": its segments overlap");
      CHECK(copy_segment(bases[i], last ? std::nullopt : std::optional(bases[i + 1])));
    }
    // What is behind `recovery` is read when the topic is opened; indexes, producers and aborted transactions come of
    // it.
    Checkpoint checkpoint;
    checkpoint.log_start = std::clamp(log_start, bases.front(), next_);
    checkpoint.recovery = {bases.front(), bases.front(), 0};
    checkpoint.cleaned = has_gaps_ ? next_ : Offset(0);
    return write_checkpoint(to_, checkpoint);
  }

 private:
  Result<void> copy_segment(Offset base, std::optional<Offset> following) {
    const std::string name = segment_file_name(base, ".log");
    TRY(const io::File file, io::File::open(to_ / name, io::File::Mode::create_new));
    std::int64_t size = 0;
    Buffer copy;
    next_ = base;
    const auto take = [&](const kafka::Batch& batch) -> Result<void> {
      has_gaps_ |= Offset(batch.header.base_offset) > next_;
      copy.assign(batch.bytes.begin(), batch.bytes.end());
      kafka::patch_leader_epoch(copy, leader_epoch);
      CHECK(file.write_at(size, copy));
      size += std::ssize(copy);
      next_ = Offset(batch.header.last_offset() + 1);
      ++told_.batches;
      largest_producer_ = std::max(largest_producer_, batch.header.producer_id);
      return {};
    };
    TRY(const std::int64_t torn, visit_batches(from_ / name, !following, take));
    if (torn > 0) log_.warning("{}: {} bytes at the end are no whole batch", (from_ / name).string(), torn);
    // Kafka's compaction may leave a segment without its end; here each ends where the next one begins.
    while (following && next_ < *following) {
      const Offset until = std::min(*following, next_ + std::numeric_limits<std::int32_t>::max());
      const Buffer placeholder = placeholder_batch(next_, until);
      CHECK(file.write_at(size, placeholder));
      size += std::ssize(placeholder);
      next_ = until;
      has_gaps_ = true;
    }
    told_.bytes += size;
    return file.sync();
  }

  const io::Path& from_;
  const io::Path& to_;
  ImportedTopic& told_;
  const Log& log_;
  Offset next_;
  bool has_gaps_ = false;
  std::int64_t largest_producer_ = -1;
};

class Import {
 public:
  Import(const io::Path& from, const io::Path& to, const Clock& clock, const Log& log)
      : from_(from), to_(to), clock_(clock), log_(log), store_(to) {}

  Result<Imported> run() {
    CHECK(io::make_directories(to_));
    CHECK(find_topics());
    TRY(configs_, topic_configs_of(from_));
    starts_ = log_starts_of(from_);
    TRY(const auto existing, store_.discover());
    for (const auto& [name, topic] : found_) {
      if (std::ranges::find(existing, name) == existing.end()) continue;
      return fail(ErrorCode::already_exists, fmt::format("topic \"{}\" exists already", name));
    }
    for (const auto& [name, topic] : found_) CHECK(copy_topic(name, topic));
    CHECK(take_ids());
    CHECK(settle());
    return std::move(told_);
  }

 private:
  Result<void> find_topics() {
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(from_, error)) {
      if (!entry.is_directory()) continue;
      const std::string folder = entry.path().filename().string();
      const auto parsed = partition_folder(folder);
      if (!parsed || parsed->first == "__cluster_metadata") continue;
      const auto& [topic, partition] = *parsed;
      if (topic == offsets_topic_name) {
        offsets_.push_back(entry.path());
      } else if (topic.starts_with("__") || topic.ends_with("-delete") || topic.ends_with("-future") ||
                 topic.ends_with("-stray") || !check_topic_name(topic)) {
        told_.skipped.push_back(folder + ": an internal topic, or on its way elsewhere");
      } else {
        found_[topic].partitions[partition] = entry.path();
      }
    }
    if (error) return fail_errno("can't list " + from_.string(), error.value());
    std::ranges::sort(offsets_);
    if (found_.empty() && offsets_.empty()) {
      return fail(ErrorCode::not_found, from_.string() + " has no topics: it should be one of Apache Kafka's log.dirs");
    }
    return {};
  }

  Result<void> copy_topic(const std::string& name, const FoundTopic& topic) {
    TopicRecord record;
    record.partitions = topic.partitions.rbegin()->first + 1;
    if (record.partitions > max_partitions_per_topic) {
      return fail(ErrorCode::exhausted, fmt::format("topic {} has too many partitions", name));
    }
    TRY(const auto id, topic_id_of(topic.partitions.begin()->second));
    record.id = id.value_or(kafka::Uuid::random());
    for (const auto& [key, value] : configs_[name]) {
      if (const auto good = TopicConfig::parse({{key, value}}); good) {
        record.config[key] = value;
      } else {
        log_.warning("topic {}: {}", name, good.error().message);
      }
    }
    ImportedTopic& told = told_.topics.emplace_back();
    told.name = name;
    told.partitions = record.partitions;
    for (std::int32_t i = 0; i < record.partitions; ++i) {
      if (!topic.partitions.contains(i)) {
        told_.skipped.push_back(fmt::format("{}-{}: there is no such folder; the partition is empty", name, i));
      }
    }
    return store_.create(name, record, [&](std::int32_t index, const io::Path& folder) -> Result<void> {
      const auto partition = topic.partitions.find(index);
      if (partition == topic.partitions.end()) return {};
      const auto start = starts_.find({name, index});
      PartitionCopy copy(partition->second, folder, told, log_);
      const auto done = copy.run(start == starts_.end() ? Offset(0) : start->second);
      largest_producer_ = std::max(largest_producer_, copy.largest_producer());
      return done;
    });
  }

  /// A broker with topics of a cluster is that cluster to whoever remembers its id; and ids of producers whose batches
  /// are here must not be given out again.
  Result<void> take_ids() {
    const io::Path own_id = to_ / "cluster-id";
    if (!std::filesystem::exists(own_id)) {
      std::string id = kafka::Uuid::random().text();
      std::istringstream lines(io::read_file(from_ / "meta.properties").value_or(""));
      constexpr std::string_view name = "cluster.id=";
      for (std::string line; std::getline(lines, line);) {
        if (line.starts_with(name)) id = line.substr(name.size());
      }
      CHECK(io::write_file_atomically(own_id, id + "\n"));
    }
    const io::Path next_producer = to_ / "next-producer-id";
    const std::string text = io::read_file(next_producer).value_or("0");
    const std::int64_t next = std::max<std::int64_t>(std::strtoll(text.c_str(), nullptr, 10), largest_producer_ + 1);
    return io::write_file_atomically(next_producer, std::to_string(next) + "\n");
  }

  /// Opens what was copied, which makes the indexes, decides what nobody else will, and leaves all cleanly closed.
  Result<void> settle() {
    Topics::Options options;
    options.max_partitions = partitions_for_files(io::raise_open_file_limit());
    options.cleaner.enabled = false;
    TRY(const auto topics, Topics::open(to_, options, clock_, log_));
    for (ImportedTopic& told : told_.topics) {
      for (const auto& partition : topics->find(told.name)->partitions) {
        for (const DescribedProducer& producer : partition->producers()) {
          if (!producer.transaction) continue;
          const Buffer marker =
              kafka::make_marker(kafka::Marker::abort, producer.id.value(), producer.epoch, clock_.now_ms());
          const auto ended = partition->append_durably(marker, Origin::broker);
          if (!ended) return fail(ErrorCode::io, told.name + ": " + ended.error().message);
          ++told.aborted;
        }
      }
    }
    CHECK(write_offsets(*topics));
    topics->close();
    return {};
  }

  Result<void> write_offsets(Topics& topics) {
    if (offsets_.empty()) return {};
    TRY(const auto records, committed_offsets_of(offsets_));
    Journal journal(topics, clock_, offsets_topic_name, log_);
    Offset end;
    for (std::size_t at = 0; at < records.size(); at += offsets_per_batch) {
      const std::size_t count = std::min(offsets_per_batch, records.size() - at);
      TRY(end, journal.append(std::span(records).subspan(at, count)));
    }
    if (!records.empty()) journal.wait_durable(end);
    told_.group_offsets = std::ssize(records);
    return {};
  }

  const io::Path& from_;
  const io::Path& to_;
  const Clock& clock_;
  const Log& log_;
  TopicStore store_;
  std::map<std::string, FoundTopic> found_;
  std::vector<io::Path> offsets_;  // partitions of __consumer_offsets
  std::map<std::string, ConfigMap> configs_;
  std::map<std::pair<std::string, std::int32_t>, Offset> starts_;
  std::int64_t largest_producer_ = -1;
  Imported told_;
};

}  // namespace

Result<Imported> import_kafka_log_dir(const io::Path& from, const io::Path& to, const Clock& clock, const Log& log) {
  return Import(from, to, clock, log).run();
}

}  // namespace tickerlake::broker
