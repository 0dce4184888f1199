// Compaction held against a model, through restarts and kills at every named step.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "kafka/records/batch_rewrite.h"
#include "kafka/records/marker.h"
#include "services/broker/log/log_testing.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/partition.h"

namespace {
/// Counts down on this thread; at zero the step is the last one, as by `kill -9`.
thread_local int steps_left = std::numeric_limits<int>::max();
struct Killed {};
}  // namespace

extern "C" void tickerlake_fault_point(const char*) {
  if (--steps_left == 0) throw Killed{};
}

namespace tickerlake::broker {
namespace {

using kafka::Marker;
using ::testing::ElementsAre;

constexpr TimestampMs start_ms = 1'000'000'000'000;
constexpr TimestampMs day_ms = 86'400'000;

struct Read {
  std::int64_t offset = 0;
  std::string key;
  std::optional<std::string> value;
  TimestampMs timestamp = 0;
  bool operator==(const Read&) const = default;
};

class PartitionCompactionTest : public ::testing::Test {
 protected:
  PartitionCompactionTest() {
    config_.compacted = true;
    config_.deletes = false;
    config_.segment_bytes = 600;
    config_.index_interval_bytes = 100;
    config_.min_cleanable_dirty_ratio = 0;
  }
  ~PartitionCompactionTest() override {
    steps_left = std::numeric_limits<int>::max();
    if (partition_) partition_->close();
    group_commit_.stop();
  }
  Partition& open() {
    if (partition_) partition_->close();
    auto opened = Partition::open(path_, config_, {group_commit_, clock_, Log()});
    ensure(opened.has_value(), opened ? "" : opened.error().message);
    partition_ = *std::move(opened);
    return *partition_;
  }
  struct Options {
    std::int64_t producer = -1;
    std::int32_t sequence = -1;
    bool transactional = false;
    kafka::Codec codec = kafka::Codec::none;
  };
  using Pairs = std::vector<std::pair<std::string, std::optional<std::string>>>;
  std::int64_t write(const Pairs& pairs) { return write(pairs, Options()); }
  std::int64_t write(const Pairs& pairs, const Options& options) {
    kafka::BatchBuilder builder({.codec = options.codec,
                                 .producer_id = options.producer,
                                 .producer_epoch = static_cast<std::int16_t>(options.producer < 0 ? -1 : 0),
                                 .base_sequence = options.sequence,
                                 .is_transactional = options.transactional});
    for (const auto& [key, value] : pairs) {
      builder.add(clock_.now_ms(), as_bytes(key), value ? std::optional(as_bytes(*value)) : std::nullopt);
    }
    if (options.transactional) partition_->admit(ProducerId(options.producer), 0);
    const auto appended = partition_->append_durably(*builder.finish(), Origin::client);
    ensure(appended.has_value(), appended ? "" : appended.error().message);
    return appended->base.value();
  }
  void end(std::int64_t producer, Marker marker) {
    const auto done =
        partition_->append_durably(kafka::make_marker(marker, producer, 0, clock_.now_ms()), Origin::broker);
    ensure(done.has_value(), "the marker is appended");
  }
  /// Makes everything so far part of full segments, and lets a checkpoint see it.
  void seal() {
    const std::string padding(450, 'p');
    write({{"seal", padding}});
    partition_->maintain();
  }
  Partition::Compacted compact(const CompactionLimits& limits = {}) {
    partition_->maintain();
    const auto done = partition_->compact(limits);
    ensure(done.has_value(), done ? "" : done.error().message);
    return *done;
  }
  /// What a consumer gets, from the beginning on; of committed records those that were not aborted.
  std::vector<Read> read(Isolation isolation = Isolation::read_committed) {
    std::vector<Read> records;
    Offset from = partition_->offsets().log_start;
    while (true) {
      const auto fetched = partition_->read(from, 500, true, isolation);
      ensure(fetched.has_value(), "every offset up to the end can be asked for");
      if (fetched->batches.empty()) return records;
      const Buffer bytes = fetched->batches.load().value();
      std::set<std::int64_t> aborted;
      auto next = fetched->aborted.begin();
      for (ByteView rest = bytes; !rest.empty();) {
        const auto batch = kafka::take_batch(rest);
        ensure(batch && kafka::crc_matches(*batch), "whole batches");
        const kafka::BatchHeader& header = batch->header;
        ensure(Offset(header.last_offset()) >= from, "a read goes forward");
        for (; next != fetched->aborted.end() && next->first.value() <= header.last_offset(); ++next) {
          aborted.insert(next->producer.value());
        }
        if (header.is_control()) {
          aborted.erase(header.producer_id);
        } else if (!header.is_transactional() || !aborted.contains(header.producer_id)) {
          read_batch(*batch, records);
        }
        from = Offset(header.last_offset() + 1);
      }
    }
  }
  static void read_batch(const kafka::Batch& batch, std::vector<Read>& into) {
    auto reader = kafka::RecordReader::open(batch);
    ensure(reader.has_value(), "a readable batch");
    kafka::Record record;
    while (true) {
      const auto more = reader->next(record);
      ensure(more.has_value(), "a readable record");
      if (!*more) return;
      into.push_back({record.offset, std::string(as_text(*record.key)),
                      record.value ? std::optional(std::string(as_text(*record.value))) : std::nullopt,
                      record.timestamp});
    }
  }
  std::vector<std::string> keys() {
    std::vector<std::string> found;
    for (const Read& record : read()) {
      if (record.key != "seal") found.push_back(record.key + (record.value ? "=" + *record.value : ""));
    }
    return found;
  }
  /// Headers of all batches in the files.
  std::vector<kafka::BatchHeader> batches() {
    std::vector<kafka::BatchHeader> headers;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().extension() != ".log") continue;
      const std::string bytes = io::read_file(entry.path()).value();
      for (ByteView rest = as_bytes(bytes); !rest.empty();) headers.push_back(kafka::take_batch(rest)->header);
    }
    std::ranges::sort(headers, {}, &kafka::BatchHeader::base_offset);
    return headers;
  }

  io::TemporaryDirectory directory_;
  io::Path path_ = directory_.path() / "p";
  testing::ManualClock clock_{start_ms};
  GroupCommit group_commit_{Log()};
  TopicConfig config_;
  std::shared_ptr<Partition> partition_;
};

TEST_F(PartitionCompactionTest, keeps_the_last_record_of_each_key_with_its_offset_and_timestamp) {
  open();
  write({{"a", "1"}, {"b", "1"}, {"a", "2"}});
  write({{"c", "1"}, {"b", "2"}}, {.codec = kafka::Codec::zstd});
  const auto before = read();
  seal();
  seal();
  compact();
  const auto after = read();
  ASSERT_GE(after.size(), 3u);
  EXPECT_EQ(after[0], before[2]);
  EXPECT_EQ(after[1], before[3]);
  EXPECT_EQ(after[2], before[4]);
}

TEST_F(PartitionCompactionTest, never_touches_the_active_segment) {
  open();
  write({{"a", "1"}});
  write({{"a", "2"}});
  EXPECT_EQ(compact().bytes_before, 0);
  EXPECT_THAT(keys(), ElementsAre("a=1", "a=2"));
}

TEST_F(PartitionCompactionTest, tombstones_stay_for_delete_retention_ms_after_they_were_met) {
  config_.delete_retention_ms = day_ms;
  open();
  write({{"a", "1"}});
  write({{"a", std::nullopt}, {"b", "1"}});
  seal();
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("a", "b=1"));
  clock_.advance(day_ms - 1);
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("a", "b=1")) << "with the same timestamps, though their base is the horizon";
  clock_.advance(1);
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("b=1"));
}

TEST_F(PartitionCompactionTest, drops_aborted_records_at_once_and_their_marker_after_its_horizon) {
  config_.delete_retention_ms = day_ms;
  open();
  write({{"a", "old"}});
  write({{"a", "aborted"}}, {.producer = 7, .sequence = 0, .transactional = true});
  end(7, Marker::abort);
  write({{"b", "committed"}}, {.producer = 7, .sequence = 1, .transactional = true});
  end(7, Marker::commit);
  write({{"c", "1"}}, {.producer = 7, .sequence = 2, .transactional = true});
  end(7, Marker::commit);
  seal();
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("a=old", "b=committed", "c=1"));
  const auto markers = [this] {
    return std::ranges::count_if(batches(), [](const auto& h) { return h.is_control() && h.record_count > 0; });
  };
  EXPECT_EQ(markers(), 3);
  seal();
  compact();  // nothing is left of the aborted one: its marker gets a horizon
  EXPECT_EQ(markers(), 3);
  clock_.advance(day_ms);
  seal();
  compact();
  EXPECT_EQ(markers(), 2);
  EXPECT_THAT(keys(), ElementsAre("a=old", "b=committed", "c=1"));
}

TEST_F(PartitionCompactionTest, an_undecided_transaction_holds_compaction_back) {
  open();
  write({{"a", "1"}});
  write({{"b", "1"}}, {.producer = 7, .sequence = 0, .transactional = true});
  seal();
  write({{"a", "2"}});
  seal();
  seal();
  compact();
  EXPECT_EQ(read(Isolation::read_uncommitted).front().value, "1");
  end(7, Marker::commit);
  seal();
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("b=1", "a=2"));
}

TEST_F(PartitionCompactionTest,
       a_producers_last_batch_stays_in_name_so_that_a_retry_is_known_after_everything_is_checked) {
  open();
  const auto first = write({{"a", "1"}}, {.producer = 7, .sequence = 0});
  write({{"a", "2"}});
  seal();
  seal();
  compact();
  EXPECT_THAT(keys(), ElementsAre("a=2"));
  partition_->close();
  ASSERT_TRUE(io::remove_file(path_ / "checkpoint").has_value());
  open();
  EXPECT_EQ(write({{"a", "1"}}, {.producer = 7, .sequence = 0}), first) << "a duplicate, told its offset";
  const auto second = write({{"b", "1"}}, {.producer = 7, .sequence = 1});
  EXPECT_EQ(second, partition_->offsets().log_end.value() - 1);
}

TEST_F(PartitionCompactionTest, a_read_passes_over_what_was_emptied_and_ends_behind_it) {
  open();
  const std::string value(400, 'v');
  for (int i = 0; i < 12; ++i) write({{"a", value}, {"b", std::to_string(i)}}, {.producer = 10 + i, .sequence = 0});
  partition_->maintain();
  compact();  // each batch was its producer's last: its name stays
  const auto headers = batches();
  ASSERT_EQ(headers.size(), 12u);
  ASSERT_EQ(std::ranges::count(headers, 0, &kafka::BatchHeader::record_count), 10);
  for (const Isolation isolation : {Isolation::read_uncommitted, Isolation::read_committed}) {
    for (std::int64_t from = 0; from < 20; ++from) {
      const auto fetched = partition_->read(Offset(from), 1, true, isolation);
      ASSERT_TRUE(fetched.has_value());
      EXPECT_EQ(kafka::parse_batch_header(*fetched->batches.load())->base_offset, 20) << from;
    }
  }
}

TEST_F(PartitionCompactionTest, where_all_was_emptied_the_last_batch_leads_a_reader_to_the_end) {
  config_.compacted = false;
  open();
  const std::string value(400, 'v');
  for (int i = 0; i < 7; ++i) {  // no compacted log keeps what has no key
    kafka::BatchBuilder builder({.producer_id = 10 + i, .producer_epoch = 0, .base_sequence = 0});
    builder.add(clock_.now_ms(), std::nullopt, as_bytes(value));
    ASSERT_TRUE(partition_->append_durably(*builder.finish(), Origin::client).has_value());
  }
  config_.compacted = true;
  partition_->set_config(config_);
  const std::int64_t undecided = write({{"b", value}}, {.producer = 21, .sequence = 0, .transactional = true});
  compact();
  EXPECT_EQ(std::ranges::count(batches(), 0, &kafka::BatchHeader::record_count), 7);
  for (std::int64_t from = 0; from < undecided; ++from) {
    const auto fetched = partition_->read(Offset(from), 1'000, true, Isolation::read_committed);
    ASSERT_TRUE(fetched.has_value());
    const Buffer bytes = fetched->batches.load().value();
    ASSERT_EQ(bytes.size(), kafka::batch_header_size);
    EXPECT_EQ(kafka::parse_batch_header(bytes)->last_offset(), undecided - 1);
    EXPECT_TRUE(partition_->read(Offset(from), 1, false, Isolation::read_committed)->batches.empty());
  }
  EXPECT_TRUE(partition_->read(Offset(undecided), 1'000, true, Isolation::read_committed)->batches.empty());
}

TEST_F(PartitionCompactionTest, small_segments_become_one) {
  config_.segment_bytes = 1'200;
  open();
  for (int i = 0; i < 60; ++i) write({{"k" + std::to_string(i % 3), std::string(100, 'v')}});
  partition_->maintain();
  const auto logs = [this] {
    std::int64_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) count += entry.path().extension() == ".log";
    return count;
  };
  const auto before = logs();
  compact();
  partition_->maintain();
  write({{"z", std::string(1'000, 'v')}});
  compact();
  EXPECT_LT(logs(), before / 2);
  EXPECT_EQ(partition_->offsets().log_end, Offset(61));
}

TEST_F(PartitionCompactionTest, what_the_memory_for_keys_does_not_hold_waits_for_the_next_pass) {
  config_.segment_bytes = 100'000;
  open();
  for (int round = 0; round < 2; ++round) {
    Pairs pairs;
    for (int i = 0; i < 1'500; ++i) pairs.emplace_back("key" + std::to_string(i), std::to_string(round));
    write(pairs);
  }
  write({{"z", std::string(100'000 - 100, 'v')}});
  const auto first = compact({.key_bytes = 1});
  EXPECT_LT(first.until, Offset(3'000));
  while (compact({.key_bytes = 1}).bytes_before > 0) {
  }
  std::map<std::string, int> seen;
  for (const Read& record : read()) ++seen[record.key];
  EXPECT_EQ(seen.size(), 1'501u);
  for (const auto& [key, count] : seen) EXPECT_EQ(count, 1) << key;
}

TEST_F(PartitionCompactionTest, records_without_a_key_are_refused) {
  open();
  const auto refused = partition_->append(testing::make_batch({.records = 2}), Origin::client);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error().why, Refusal::invalid_record);
  EXPECT_EQ(refused.error().record, 0);
}

TEST_F(PartitionCompactionTest, is_due_by_the_dirty_ratio_or_when_a_record_has_waited_too_long) {
  config_.min_cleanable_dirty_ratio = 0.9;
  open();
  write({{"a", "1"}});
  seal();
  seal();
  compact();
  write({{"a", "2"}});
  seal();
  EXPECT_EQ(partition_->compaction_due(), 0);
  config_.max_compaction_lag_ms = 1'000;
  partition_->set_config(config_);
  clock_.advance(2'000);
  EXPECT_GT(partition_->compaction_due(), 0);
  config_.min_compaction_lag_ms = day_ms;
  partition_->set_config(config_);
  EXPECT_EQ(partition_->compaction_due(), 0);
}

/// What was appended, and what has to be there.
class Model {
 public:
  void append(std::int64_t first, const std::vector<std::pair<std::string, std::optional<std::string>>>& pairs,
              std::optional<std::int64_t> transaction) {
    for (const auto& [key, value] : pairs) {
      written_[first] = {key, value};
      if (transaction) {
        undecided_[*transaction].push_back(first);
      } else {
        commit(first);
      }
      ++first;
    }
  }
  void end(std::int64_t producer, bool committed) {
    for (const std::int64_t offset : undecided_[producer]) {
      if (committed) {
        commit(offset);
      } else {
        aborted_.insert(offset);
      }
    }
    undecided_.erase(producer);
  }
  /// Of committed records, as a reader gets them.
  void check(const std::vector<Read>& found, Offset compacted_until, Offset last_stable) const {
    std::int64_t before = -1;
    std::set<std::int64_t> there;
    for (const Read& record : found) {
      ASSERT_GT(record.offset, before);
      before = record.offset;
      there.insert(record.offset);
      const auto written = written_.find(record.offset);
      ASSERT_NE(written, written_.end()) << "offset " << record.offset << " was never written";
      ASSERT_EQ(written->second.first, record.key);
      ASSERT_EQ(written->second.second, record.value);
      ASSERT_FALSE(aborted_.contains(record.offset)) << "offset " << record.offset << " was aborted";
    }
    for (const auto& [key, offset] : last_) {
      if (!written_.at(offset).second) continue;    // a tombstone may have gone
      if (Offset(offset) >= last_stable) continue;  // not to be read yet
      ASSERT_TRUE(there.contains(offset)) << "the last record of " << key << ", offset " << offset << ", is gone";
    }
    std::map<std::string, std::int64_t> seen;
    for (const Read& record : found) {
      if (Offset(record.offset) >= compacted_until) break;
      ASSERT_TRUE(seen.try_emplace(record.key, record.offset).second)
          << "offsets " << seen[record.key] << " and " << record.offset << " have one key";
    }
  }

 private:
  void commit(std::int64_t offset) {
    auto& last = last_.try_emplace(written_.at(offset).first, offset).first->second;
    last = std::max(last, offset);
  }
  std::map<std::int64_t, std::pair<std::string, std::optional<std::string>>> written_;
  std::map<std::string, std::int64_t> last_;
  std::map<std::int64_t, std::vector<std::int64_t>> undecided_;
  std::set<std::int64_t> aborted_;
};

class CompactionHistory : public PartitionCompactionTest {
 protected:
  void run(unsigned seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    random_.seed(seed);
    path_ = directory_.path() / std::to_string(seed);
    config_.segment_bytes = 700 + roll(1'500);
    config_.delete_retention_ms = roll(2) == 0 ? 0 : 5'000;
    model_ = {};
    producers_.clear();
    compacted_until_ = Offset(0);
    open();
    for (int step = 0; step < 60 && !HasFatalFailure(); ++step) take_step();
    for (auto& [producer, state] : producers_) decide(producer, state);
    for (int i = 0; i < 2; ++i) seal_and_note();
    try_compaction(std::numeric_limits<int>::max());
    check();
  }

 private:
  struct Producer {
    std::int32_t sequence = 0;
    bool in_transaction = false;
  };
  unsigned roll(unsigned sides) { return static_cast<unsigned>(random_() % sides); }

  void take_step() {
    switch (roll(12)) {
      case 0:
        partition_->maintain();
        break;
      case 1:
        clock_.advance(roll(10'000));
        break;
      case 2: {
        const bool clean = roll(2) == 0;
        if (clean) ensure(partition_->close_cleanly().has_value(), "a clean stop");
        if (!clean && roll(4) == 0) {
          partition_->close();
          ensure(io::remove_file(path_ / "checkpoint").has_value(), "everything is checked");
        }
        open();
        check();
        break;
      }
      case 3:
      case 4:
        partition_->maintain();
        try_compaction(roll(3) == 0 ? std::numeric_limits<int>::max() : static_cast<int>(1 + roll(60)));
        check();
        break;
      default:
        write_something();
    }
  }

  void write_something() {
    Pairs pairs;
    for (unsigned i = 0; i <= roll(4); ++i) {
      const auto value = roll(5) == 0 ? std::nullopt : std::optional(std::string(1 + roll(60), 'v'));
      pairs.emplace_back("k" + std::to_string(roll(8)), value);
    }
    Options options;
    options.codec = roll(3) == 0 ? kafka::Codec::lz4 : kafka::Codec::none;
    if (roll(3) > 0) {
      options.producer = roll(4);
      Producer& state = producers_[options.producer];
      if (state.in_transaction && roll(3) == 0) return decide(options.producer, state);
      state.in_transaction |= roll(2) == 0;
      options.transactional = state.in_transaction;
      options.sequence = state.sequence;
      state.sequence += static_cast<std::int32_t>(pairs.size());
    }
    const std::int64_t first = write(pairs, options);
    model_.append(first, pairs, options.transactional ? std::optional(options.producer) : std::nullopt);
  }

  void decide(std::int64_t producer, Producer& state) {
    if (!state.in_transaction) return;
    const bool committed = roll(2) == 0;
    end(producer, committed ? Marker::commit : Marker::abort);
    model_.end(producer, committed);
    state.in_transaction = false;
  }

  void seal_and_note() {
    const std::string padding(2'000, 'p');
    config_.segment_bytes = 4'000;
    partition_->set_config(config_);
    const Pairs pairs = {{"seal", padding}};
    model_.append(write(pairs), pairs, std::nullopt);
    config_.segment_bytes = 400;
    partition_->set_config(config_);
    partition_->maintain();
  }

  /// The last step that it gets to is the steps-th one that can be killed; then everything is opened again.
  void try_compaction(int steps) {
    try {
      steps_left = steps;
      const auto done = partition_->compact({});
      steps_left = std::numeric_limits<int>::max();
      ensure(done.has_value(), done ? "" : done.error().message);
      if (done->bytes_before > 0) compacted_until_ = done->until;
    } catch (const Killed&) {
      steps_left = std::numeric_limits<int>::max();
      open();
    }
  }

  void check() { model_.check(read(), compacted_until_, partition_->offsets().last_stable); }

  std::mt19937 random_;
  Model model_;
  std::map<std::int64_t, Producer> producers_;
  Offset compacted_until_;
};

TEST_F(CompactionHistory, random_histories_with_kills_lose_nothing_that_is_not_superseded) {
  const unsigned first = std::random_device{}();
  for (unsigned i = 0; i < 25 && !HasFatalFailure(); ++i) run(first + i);
}

}  // namespace
}  // namespace tickerlake::broker
