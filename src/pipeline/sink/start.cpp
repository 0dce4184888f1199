#include "pipeline/sink/start.h"

#include <thread>

#include "io/fault_point.h"
#include "io/file.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds patience{30'000};      // elections take up to twenty seconds with Kafka's defaults
constexpr milliseconds time_to_learn{3'000};  // of a broker that slept through one
constexpr std::size_t poll_records = 1'000;
constexpr std::int64_t most_records_searched = 10'000;  // for the schema
constexpr const char* schema_header = "tickerlake.schema";

/// Answers the planner's questions until it wants records.
Result<void> bring_to_collect(SinkPlanner& planner, const LakeNames& names, LakeStore& lake, const std::string& cluster,
                              const Stop& stop, const Log& log) {
  while (planner.step() != SinkStep::collect) {
    switch (planner.step()) {
      case SinkStep::list_plans: {
        std::vector<std::string> keys;
        CHECK(with_retries(stop, log, "listing plans", [&]() -> Result<void> {
          TRY(keys, lake.list(names.plan_prefix(planner.partition())));
          return {};
        }));
        io::fault_point("sink.start.listed.after");
        planner.listed(keys.empty() ? std::nullopt : std::optional(keys.back()));
        break;
      }
      case SinkStep::read_last: {
        std::string text;
        CHECK(with_retries(stop, log, "reading a plan", [&]() -> Result<void> {
          TRY(text, lake.get(planner.last_plan_key()));
          return {};
        }));
        planner.last_read(Plan::parse(text), cluster, names.topic);
        break;
      }
      case SinkStep::check_files: {
        bool all = true;
        for (const auto& file : planner.plan().files) {
          if (!all) break;
          CHECK(with_retries(stop, log, "looking for a file", [&]() -> Result<void> {
            TRY(all, lake.exists(file.key));
            return {};
          }));
        }
        io::fault_point("sink.start.checked.after");
        planner.files_checked(all);
        break;
      }
      case SinkStep::stopped:
        return std::unexpected(planner.failure());
      default:
        return fail(ErrorCode::internal, "a sink starts with its plans");
    }
  }
  return {};
}

/// Where a partition begins and ends. What the lake holds was in the topic: a leader that slept, and knows less for a
/// moment, is asked again.
Result<kafka::Watermarks> find_watermarks(kafka::Consumer& consumer, const std::string& topic, std::int32_t partition,
                                          std::int64_t in_lake, const Stop& stop) {
  const auto until = std::chrono::steady_clock::now() + time_to_learn;
  while (true) {
    TRY(const auto marks, consumer.watermarks(topic, partition, patience));
    if (marks.high >= in_lake || stop.requested() || std::chrono::steady_clock::now() >= until) return marks;
    std::this_thread::sleep_for(milliseconds(100));
  }
}

Result<PartitionStart> find_start(const SinkOptions& options, std::unique_ptr<SinkPlanner> planner,
                                  const kafka::Watermarks& marks, const Log& log) {
  PartitionStart start{.planner = std::move(planner), .watermarks = marks, .read_from = 0, .check = {}};
  const std::string where = options.topic + "/" + std::to_string(start.planner->partition());
  const std::int64_t next = start.planner->next_offset();
  if (next > marks.high)
    return fail(ErrorCode::corrupt, where + " ends at offset " + std::to_string(marks.high) + ", but the lake holds " +
                                        std::to_string(next) +
                                        " offsets of a topic of this name: it was made again; choose another prefix");
  if (const auto& redo = start.planner->redo()) {
    const OffsetSet left = redo->left_before();
    const std::int64_t first = left.empty() ? redo->first : left.front();
    if (first < marks.low && first > 0)
      return fail(ErrorCode::corrupt, where + ": offsets from " + std::to_string(first) +
                                          " are planned, not yet in the lake, and expired from the topic");
    start.read_from = std::max(first, marks.low);
    return start;
  }
  start.read_from = next;
  if (next < marks.low) {
    if (next > 0)
      log.warning("{}: offsets {} to {} expired from the topic before they were read", where, next, marks.low - 1);
    start.read_from = marks.low;
  } else if (const auto& found = start.planner->found(); found && found->last_record >= marks.low) {
    start.check = {.offset = found->last_record, .crc = found->last_record_crc};
    start.read_from = found->last_record;
  }
  if (const auto& found = start.planner->found(); found && !found->carried.empty()) {
    if (found->carried.front() < marks.low)
      log.warning("{}: offsets that were left for a later plan expired from the topic: {} and on", where,
                  found->carried.front());
    start.read_from = std::min(start.read_from, std::max(found->carried.front(), marks.low));
  }
  return start;
}

Result<std::shared_ptr<const Layout>> layout_from_text(const SinkOptions& options, std::string_view text,
                                                       std::string_view origin) {
  auto schema = Schema::parse(text);
  if (!schema) return std::unexpected(std::move(schema).error().within(origin));
  const std::string by = options.partition_by.empty() ? schema->partition_by : options.partition_by;
  return make_layout(*std::move(schema), by);
}

}  // namespace

Result<std::shared_ptr<const Layout>> make_layout(Schema schema, std::string_view partition_by) {
  TRY(const auto partitioning, Partitioning::of(schema, partition_by));
  auto layout = std::make_shared<Layout>();
  layout->schema = std::move(schema);
  layout->partitioning = partitioning;
  layout->partition_by = partition_by;
  layout->schema_json = layout->schema.json();
  return layout;
}

Result<std::shared_ptr<const Layout>> layout_of(const Plan& plan) {
  TRY(auto schema, Schema::parse(plan.schema));
  return make_layout(std::move(schema), plan.partition_by);
}

Result<std::vector<PartitionStart>> find_starts(const SinkOptions& options, LakeStore& lake, kafka::Consumer& consumer,
                                                const std::string& cluster, int partitions, const Stop& stop,
                                                const Log& log) {
  const LakeNames names{.prefix = options.prefix, .topic = options.topic};
  std::vector<PartitionStart> starts;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    auto planner = std::make_unique<SinkPlanner>(partition);
    CHECK(bring_to_collect(*planner, names, lake, cluster, stop, log));
    TRY(const auto marks, find_watermarks(consumer, options.topic, partition, planner->next_offset(), stop));
    TRY(auto start, find_start(options, std::move(planner), marks, log));
    starts.push_back(std::move(start));
  }
  return starts;
}

Result<std::shared_ptr<const Layout>> find_layout(const SinkOptions& options, kafka::Consumer& consumer,
                                                  const std::vector<PartitionStart>& starts, const Stop& stop,
                                                  const Log& log) {
  if (options.schema_file) {
    TRY(const std::string text, io::read_file(*options.schema_file));
    return layout_from_text(options, text, options.schema_file->string());
  }
  for (const auto& start : starts) {
    const auto& found = start.planner->found();
    if (!found) continue;
    return layout_from_text({.topic = {},
                             .prefix = {},
                             .partition_by = options.partition_by.empty() ? found->partition_by : options.partition_by,
                             .schema_file = {},
                             .group = {},
                             .kafka = {}},
                            found->schema, "the last plan's schema");
  }

  std::vector<kafka::PartitionOffset> from;
  std::int64_t to_read = 0;
  for (const auto& start : starts) {
    from.push_back({start.planner->partition(), start.read_from});
    to_read += start.watermarks.high - start.read_from;
  }
  if (to_read == 0 && options.until_end) return nullptr;
  CHECK(consumer.assign(options.topic, from));
  kafka::RecordBatch batch;
  std::int64_t searched = 0;
  bool told = false;
  std::size_t quiet_polls = 0;
  while (searched < most_records_searched) {
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped while looking for the schema");
    CHECK(consumer.poll(batch, poll_records, milliseconds(100)));
    for (const auto& record : batch.records()) {
      ++searched;
      if (const auto text = record.header(schema_header))
        return layout_from_text(options, *text, "the schema that topic " + options.topic + " declares");
    }
    quiet_polls = batch.records().empty() ? quiet_polls + 1 : 0;
    constexpr std::size_t enough_quiet = 20;  // two seconds without a record
    if (options.until_end && searched >= to_read && quiet_polls > 0) break;
    if (!told && searched > 0 && quiet_polls > enough_quiet) {
      told = true;
      log.warning(
          "topic {} has records, but none of them declares a schema: waiting for one that does (or give --schema FILE)",
          options.topic);
    }
  }
  return fail(ErrorCode::invalid_argument, "none of the first " + std::to_string(searched) + " records of topic " +
                                               options.topic + " declares a schema (header " + schema_header +
                                               "): give --schema FILE");
}

}  // namespace tickerlake::pipeline
