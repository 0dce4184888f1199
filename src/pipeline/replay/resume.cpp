#include "pipeline/replay/resume.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include "kafka/client/partitioner.h"
#include "pipeline/market/event_merge.h"
#include "pipeline/replay/bar_record.h"

namespace tickerlake::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{30'000};  // elections take up to twenty seconds with Kafka's defaults
constexpr milliseconds settle_time{100};
constexpr milliseconds commit_patience{90'000};  // a follower that sleeps holds the others up for 30 s by default
constexpr int most_settle_rounds = 50;
constexpr std::size_t poll_records = 1'000;

Result<std::vector<kafka::Watermarks>> read_watermarks(kafka::Consumer& consumer, const std::string& topic,
                                                       int partitions) {
  std::vector<kafka::Watermarks> all;
  for (int partition = 0; partition < partitions; ++partition) {
    TRY(const auto marks, consumer.watermarks(topic, partition, patience));
    all.push_back(marks);
  }
  return all;
}

std::optional<std::int64_t> seq_of(const kafka::FetchedRecord& record) {
  const auto text = record.header(seq_header.data());
  std::int64_t seq = 0;
  if (!text) return {};
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), seq);
  if (error != std::errc() || end != text->data() + text->size() || seq < 0) return {};
  return seq;
}

/// Reads [from, high) of the partitions and keeps the last record with a seq of each.
Result<void> read_tails(kafka::Consumer& consumer, const std::string& topic,
                        const std::vector<kafka::PartitionOffset>& from, const Stop& stop, TopicState& state) {
  CHECK(consumer.assign(topic, from));
  std::size_t open = from.size();
  std::vector<bool> done(state.last.size());
  const auto finish = [&](std::int32_t partition, std::int64_t position) {
    const auto index = static_cast<std::size_t>(partition);
    if (done[index] || position < state.watermarks[index].high) return;
    done[index] = true;
    --open;
  };
  kafka::RecordBatch batch;
  auto deadline = steady_clock::now() + patience;
  while (open > 0) {
    if (stop.requested()) return fail(ErrorCode::cancelled, "stopped while reading the topic's end");
    CHECK(consumer.poll(batch, poll_records, milliseconds(100)));
    for (const auto& record : batch.records()) {
      LastSent& last = state.last[static_cast<std::size_t>(record.partition)];
      if (const auto seq = seq_of(record); seq && *seq >= last.seq) last = {*seq, std::string(record.value)};
      finish(record.partition, record.offset + 1);
    }
    for (const auto& end : batch.ends()) finish(end.partition, end.offset);
    if (!batch.records().empty() || !batch.ends().empty()) deadline = steady_clock::now() + patience;
    if (steady_clock::now() > deadline) return fail(ErrorCode::timeout, "topic " + topic + " could not be read");
  }
  return consumer.assign(topic, {});
}

}  // namespace

Result<TopicState> read_topic_state(kafka::Consumer& consumer, const std::string& topic, int partitions,
                                    const Stop& stop, const Log& log) {
  TopicState state;
  CHECK(consumer.wait_until_committed(topic, partitions, commit_patience));
  TRY(state.watermarks, read_watermarks(consumer, topic, partitions));
  state.last.resize(static_cast<std::size_t>(partitions));
  const auto is_empty = [](const kafka::Watermarks& marks) { return marks.high == 0; };
  if (std::all_of(state.watermarks.begin(), state.watermarks.end(), is_empty)) return state;

  for (int round = 0; round < most_settle_rounds && !stop.requested(); ++round) {
    std::this_thread::sleep_for(settle_time);
    CHECK(consumer.wait_until_committed(topic, partitions, commit_patience));
    TRY(auto now, read_watermarks(consumer, topic, partitions));
    const bool still = std::equal(now.begin(), now.end(), state.watermarks.begin(),
                                  [](const auto& a, const auto& b) { return a.high == b.high; });
    state.watermarks = std::move(now);
    if (still) break;
    log.info("topic {} is still growing: waiting for the records of an earlier run", topic);
  }

  // Usually the very last record tells; others may have written behind ours, so then the search goes further back.
  std::vector<std::int64_t> window(state.last.size(), 1);
  for (const std::int64_t reach : {std::int64_t{1}, std::int64_t{1'000}, std::numeric_limits<std::int64_t>::max()}) {
    std::vector<kafka::PartitionOffset> from;
    for (std::size_t i = 0; i < state.last.size(); ++i) {
      const auto& marks = state.watermarks[i];
      const std::int64_t available = marks.high - marks.low;
      if (state.last[i].seq < 0 && available > 0 && (reach == 1 || available > window[i])) {
        from.push_back({static_cast<std::int32_t>(i), marks.high - std::min(reach, available)});
        window[i] = std::min(reach, available);
      }
    }
    if (!from.empty()) CHECK(read_tails(consumer, topic, from, stop, state));
  }
  return state;
}

Result<void> verify_same_history(const Dataset& dataset, const std::string& topic, const std::vector<LastSent>& last) {
  std::int64_t furthest = -1;
  for (const auto& sent : last) furthest = std::max(furthest, sent.seq);
  if (furthest < 0) return {};
  const auto differs = [&](std::int64_t seq) {
    return fail(ErrorCode::conflict, "topic " + topic + " holds the replay of other rows (they differ at seq " +
                                         std::to_string(seq) +
                                         "): choose another topic, or the same files and options");
  };
  if (furthest >= dataset.rows) return differs(dataset.rows);

  BarFormatter formatter;
  std::vector<std::int32_t> partition_of_series;
  for (const auto& series : dataset.series) {
    formatter.add_symbol(series.symbol);
    partition_of_series.push_back(kafka::partition_of(series.symbol, static_cast<std::int32_t>(last.size())));
  }
  EventMerge merge(dataset);
  for (std::int64_t seq = 0; seq <= furthest && merge.next(); ++seq) {
    for (std::size_t partition = 0; partition < last.size(); ++partition) {
      if (last[partition].seq != seq) continue;
      const bool here = partition_of_series[merge.series()] == static_cast<std::int32_t>(partition);
      if (!here || formatter.format(merge.series(), merge.bar()) != last[partition].value) return differs(seq);
    }
  }
  return {};
}

}  // namespace tickerlake::pipeline
