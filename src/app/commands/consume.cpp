#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <map>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "app/start.h"
#include "kafka/client/admin.h"
#include "kafka/client/group_consumer.h"

namespace tickerlake::app {
namespace {

constexpr std::chrono::milliseconds patience{10'000};
constexpr std::chrono::milliseconds poll_time{250};
constexpr std::size_t most_records_a_poll = 500;  // as Java's max.poll.records

struct Counts {
  std::int64_t records = 0, polls = 0, empty_polls = 0;
};

/// What both ways of reading share: records that are printed, counted, and end at --max.
class Reading {
 public:
  Reading(const ConsumeOptions& options, Context& context)
      : options_(options), context_(context), printer_(options.output, options.topic) {}

  bool goes_on() const {
    return !context_.interrupt.requested() && (options_.max == 0 || counts_.records < options_.max);
  }
  std::size_t most() const {
    const std::int64_t left =
        options_.max == 0 ? std::numeric_limits<std::int64_t>::max() : options_.max - counts_.records;
    return static_cast<std::size_t>(std::min<std::int64_t>(left, most_records_a_poll));
  }
  void print(const kafka::RecordBatch& batch) {
    ++counts_.polls;
    counts_.empty_polls += batch.records().empty();
    for (const kafka::FetchedRecord& record : batch.records()) {
      printer_.print(record);
      ++counts_.records;
    }
    std::fflush(stdout);
  }
  void finish() const {
    fmt::print(stderr, "{} records in {} polls, {} of them empty\n", grouped(counts_.records), grouped(counts_.polls),
               grouped(counts_.empty_polls));
  }

 private:
  const ConsumeOptions& options_;
  Context& context_;
  RecordPrinter printer_;
  Counts counts_;
};

Result<std::vector<kafka::PartitionOffset>> first_offsets(kafka::Admin& admin, const ConsumeOptions& options,
                                                          const Start& start, int partitions) {
  std::vector<kafka::PartitionOffset> from;
  for (std::int32_t partition = 0; partition < partitions; ++partition) {
    if (options.partition && *options.partition != partition) continue;
    TRY(const std::int64_t offset, offset_of(admin, "--from", start, options.topic, partition));
    from.push_back({partition, offset});
  }
  return from;
}

/// Partitions assigned by hand: no group, nobody else is disturbed.
Result<void> read_assigned(const ConsumeOptions& options, Context& context, const kafka::ClientSettings& settings,
                           const Start& start) {
  TRY(const auto admin, kafka::Admin::create(settings, context.log));
  TRY(const int partitions, partitions_of(*admin, options.topic));
  if (options.partition && *options.partition >= partitions) {
    return fail(ErrorCode::not_found,
                fmt::format("topic {} has the partitions 0 to {}", options.topic, partitions - 1));
  }
  TRY(const auto from, first_offsets(*admin, options, start, partitions));
  std::map<std::int32_t, std::int64_t> left;  // partitions that have not reached the end they had, and that end
  for (const auto& [partition, offset] : from) {
    TRY(const auto marks, admin->watermarks(options.topic, partition, patience));
    if (offset < marks.high) left[partition] = marks.high;
  }
  TRY(const auto consumer, kafka::Consumer::create(settings, "tickerlake-consume", context.log));
  CHECK(consumer->assign(options.topic, from));
  kafka::RecordBatch batch;
  Reading reading(options, context);
  while (reading.goes_on() && (options.follow || !left.empty())) {
    CHECK(consumer->poll(batch, reading.most(), poll_time));
    for (const auto& record : batch.records()) {
      const auto found = left.find(record.partition);
      if (found != left.end() && record.offset + 1 >= found->second) left.erase(found);
    }
    // The last offsets may hold no records: those of transactions' ends.
    for (const auto& end : batch.ends()) {
      const auto found = left.find(end.partition);
      if (found != left.end() && end.offset >= found->second) left.erase(found);
    }
    reading.print(batch);
  }
  reading.finish();
  return {};
}

/// As a member of a group: the coordinator deals the partitions out, and remembers how far the group is.
Result<void> read_as_member(const ConsumeOptions& options, Context& context, const kafka::ClientSettings& settings,
                            const Start& start) {
  const bool is_end = start.kind == Start::Kind::beginning || start.kind == Start::Kind::end;
  if (!is_end || options.partition) {
    return fail(ErrorCode::invalid_argument,
                "--group: the group's offsets and its coordinator say where to read; only --from beginning or end "
                "(where the group has no offset yet) goes with it");
  }
  TRY(const auto admin, kafka::Admin::create(settings, context.log));
  CHECK(partitions_of(*admin, options.topic));
  TRY(const auto consumer, kafka::GroupConsumer::create(settings, options.group, options.topic,
                                                        start.kind == Start::Kind::beginning, context.log));
  kafka::RecordBatch batch;
  Reading reading(options, context);
  std::vector<std::int32_t> mine;
  std::map<std::int32_t, bool> at_end;  // of mine
  const auto all_read = [&] {
    return !mine.empty() && std::ranges::all_of(mine, [&](std::int32_t partition) { return at_end[partition]; });
  };
  while (reading.goes_on() && (options.follow || !all_read())) {
    CHECK(consumer->poll(batch, reading.most(), poll_time));
    TRY(auto now, consumer->assignment());
    if (now != mine) {
      mine = std::move(now);
      at_end.clear();
      if (mine.empty()) {
        fmt::print(stderr, "rebalance: the partitions of {} are dealt out anew\n", options.topic);
      } else {
        fmt::print(stderr, "rebalance: partitions {} of {} are this member's\n", fmt::join(mine, ","), options.topic);
      }
    }
    for (const auto& record : batch.records()) at_end[record.partition] = false;
    for (const auto& end : batch.ends()) at_end[end.partition] = true;
    reading.print(batch);
    for (const auto& record : batch.records()) CHECK(consumer->done(record));
  }
  reading.finish();
  return {};
}

}  // namespace

int run_consume(const ConsumeOptions& options, Context& context) {
  const auto outcome = [&]() -> Result<void> {
    TRY(const auto settings, kafka_settings(options.kafka));
    TRY(const Start start, parse_start("--from", options.from));
    return options.group.empty() ? read_assigned(options, context, settings, start)
                                 : read_as_member(options, context, settings, start);
  }();
  if (!outcome) return report("consume", outcome.error());
  return context.interrupt.requested() && !options.follow ? ExitCode::interrupted : ExitCode::done;
}

int run_tail(const TailOptions& options, Context& context) {
  ConsumeOptions records = options.records;
  records.from = "-" + std::to_string(options.last);
  records.follow = true;
  return run_consume(records, context);
}

}  // namespace tickerlake::app
