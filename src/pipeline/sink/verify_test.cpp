// A sink's intake, plans and files against a lake in memory; every damage to such a lake is found by verify.
#include "pipeline/sink/verify.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "pipeline/sink/intake.h"
#include "pipeline/sink/parquet_file.h"
#include "pipeline/sink/parquet_footer.h"
#include "pipeline/sink/start.h"

namespace tickerlake::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

const LakeNames names{.prefix = "p", .topic = "t"};

class MemoryLake final : public LakeStore {
 public:
  Result<std::vector<std::string>> list(std::string_view prefix) override {
    std::vector<std::string> keys;
    for (const auto& [key, bytes] : objects)
      if (key.starts_with(prefix)) keys.push_back(key);
    return keys;
  }
  Result<std::string> get(std::string_view key) override {
    const auto found = objects.find(std::string(key));
    if (found == objects.end()) return fail(ErrorCode::not_found, "no such object");
    return found->second;
  }
  Result<bool> exists(std::string_view key) override { return objects.contains(std::string(key)); }
  Result<void> put_new(std::string_view key, std::string_view, std::string_view bytes) override {
    if (!objects.emplace(key, bytes).second) return fail(ErrorCode::already_exists, "it is there");
    return {};
  }

  std::map<std::string, std::string> objects;
};

std::shared_ptr<const Layout> bars() {
  auto schema = Schema::parse(
      R"json({"fields":[{"name":"symbol","type":"string","required":true},{"name":"date","type":"date"}],"sort":["symbol"],"time":"date","partition_by":"year"})json");
  return *make_layout(*std::move(schema), "year");
}

/// What a topic's partition holds: record i has offset i; some offsets are no record.
struct Topic {
  struct Entry {
    std::optional<std::string> value;
    bool is_record = true;
  };
  std::vector<Entry> entries;

  void row(int year) {
    entries.push_back({.value = R"({"symbol":"S)" + std::to_string(entries.size() % 3) + R"(","date":")" +
                                std::to_string(year) + R"(-05-01"})"});
  }
  void bad() { entries.push_back({.value = "not json"}); }
  void tombstone() { entries.push_back({}); }
  void hole() { entries.push_back({.value = {}, .is_record = false}); }

  kafka::FetchedRecord at(std::int64_t offset) const {
    const auto& entry = entries[static_cast<std::size_t>(offset)];
    kafka::FetchedRecord record;
    record.offset = offset;
    record.has_value = entry.value.has_value();
    if (entry.value) record.value = *entry.value;
    return record;
  }
};

/// One run of a sink over one partition, without Kafka and threads: what sink.cpp does with Intake and Flusher.
class SmallSink {
 public:
  SmallSink(const Topic& topic, MemoryLake& lake) : topic_(topic), lake_(lake) {
    const auto keys = *lake.list(names.plan_prefix(0));
    planner_.listed(keys.empty() ? std::nullopt : std::optional(keys.back()));
    if (!keys.empty()) {
      planner_.last_read(Plan::parse(lake.objects.at(keys.back())), "c", "t");
      bool all = true;
      for (const auto& file : planner_.plan().files) all = all && lake.objects.contains(file.key);
      planner_.files_checked(all);
    }
    const auto layout = bars();
    intake_.emplace(planner_, planner_.redo() ? bars() : layout, layout, Tombstones::skip);
  }

  const SinkPlanner& planner() const { return planner_; }
  Intake& intake() { return *intake_; }

  /// Reads from the beginning, as a sink reads from where it must at least, to before `end`.
  void read(std::int64_t end) {
    for (std::int64_t offset = next_read_; offset < end; ++offset) take(offset);
    next_read_ = std::max(next_read_, end);
  }
  void take(std::int64_t offset) {
    const auto& entry = topic_.entries[static_cast<std::size_t>(offset)];
    if (!entry.is_record) return intake_->skip_to(offset + 1);
    const auto record = topic_.at(offset);
    intake_->take(record, now_);
    intake_->note_last(record);
  }

  enum class Crash { no, before_plan, before_files, between_files };
  /// False: the process died.
  bool flush(std::optional<Clock::time_point> hold_since, Crash crash = Crash::no) {
    auto flush = intake_->cut(names, "c", "w", hold_since);
    EXPECT_NE(flush, nullptr) << planner_.failure().message;
    if (flush == nullptr || crash == Crash::before_plan) return false;
    if (planner_.step() == SinkStep::store_plan) {
      EXPECT_TRUE(lake_.put_new(names.plan_key(0, planner_.plan().first), "", planner_.plan().json()));
      planner_.stored();
    }
    if (crash == Crash::before_files) return false;
    planner_.letters_written();
    const Plan& plan = planner_.plan();
    std::size_t index = 0;
    for (const auto& [folder, rows] : flush->rows.folders()) {
      const FileSource source{.topic = plan.topic,
                              .partition = 0,
                              .first = plan.first,
                              .last = plan.last,
                              .folder = folder,
                              .offsets = rows.offsets()};
      const std::string bytes =
          write_parquet(flush->layout->schema, rows, flush->layout->partitioning, plan.version > 1 ? &source : nullptr);
      const std::string& key = plan.files[index++].key;
      static_cast<void>(lake_.put_new(key, "", bytes));
      EXPECT_EQ(lake_.objects.at(key), bytes) << "a file is a function of its plan";
      if (crash == Crash::between_files) return false;
    }
    planner_.files_written();
    return true;
  }
  void advance(std::chrono::seconds by) { now_ += by; }
  Clock::time_point now() const { return now_; }

 private:
  const Topic& topic_;
  MemoryLake& lake_;
  SinkPlanner planner_{0};
  std::optional<Intake> intake_;
  std::int64_t next_read_ = 0;
  Clock::time_point now_ = Clock::now();
};

VerifyReport verify(MemoryLake& lake) {
  const Stop stop;
  auto report = verify_lake({.topic = "t", .prefix = "p"}, lake, stop, {}, Log());
  EXPECT_TRUE(report) << (report ? "" : report.error().message);
  return report ? *report : VerifyReport{};
}

std::string told(const VerifyReport& report) {
  std::string all;
  for (const auto& problem : report.problems) all += problem.object + ": " + problem.what + "\n";
  return all;
}

/// Two plans with files for 2016 and 2017 each, a dead letter, a tombstone, a hole; and a third plan.
struct Damaged {
  Topic topic;
  MemoryLake lake;
  std::vector<std::string> files, plans;

  Damaged() {
    for (int i = 0; i < 40; ++i) topic.row(2016 + i % 2);
    topic.bad(), topic.tombstone(), topic.hole();
    for (int i = 0; i < 40; ++i) topic.row(2016 + i % 2);
    SmallSink sink(topic, lake);
    for (const std::int64_t end : {30, 60, 83}) {
      sink.read(end);
      EXPECT_TRUE(sink.flush({}));
    }
    for (const auto& [key, bytes] : lake.objects) (key.starts_with("p/") ? files : plans).push_back(key);
  }
  /// The damage is found, and the message says so.
  void expect(const std::string& object, const std::string& words) {
    const auto report = verify(lake);
    EXPECT_NE(told(report).find(object), std::string::npos) << told(report);
    EXPECT_NE(told(report).find(words), std::string::npos) << told(report);
    for (const auto& problem : report.problems) EXPECT_FALSE(problem.remedy.empty());
  }
};

TEST(Verify, accounts_for_every_offset_of_a_whole_lake) {
  Damaged sound;
  const auto report = verify(sound.lake);
  EXPECT_EQ(told(report), "");
  ASSERT_EQ(report.partitions.size(), 1u);
  const auto& its = report.partitions[0];
  EXPECT_EQ(its.next_offset, 83);
  EXPECT_EQ(its.plans, 3);
  EXPECT_EQ(its.files, 6);
  EXPECT_EQ(its.rows, 80);
  EXPECT_EQ(its.dead_letters, 1);
  EXPECT_EQ(its.tombstones, 1);
  EXPECT_EQ(its.no_record, 1);
  EXPECT_EQ(its.waiting, 0);
}

TEST(Verify, finds_a_missing_file) {
  Damaged damaged;
  damaged.lake.objects.erase(damaged.files[0]);
  damaged.expect(damaged.files[0], "missing");
}

TEST(Verify, tells_an_unfinished_plan_from_a_missing_file) {
  Damaged damaged;
  const auto last = damaged.plans.back();
  const auto key = Plan::parse(damaged.lake.objects.at(last))->files[1].key;
  damaged.lake.objects.erase(key);
  damaged.expect(key, "unfinished");
}

TEST(Verify, finds_a_file_that_no_plan_names_but_not_what_belongs_to_others) {
  Damaged damaged;
  damaged.lake.objects["p/year=2016/copy.parquet"] = damaged.lake.objects.at(damaged.files[0]);
  damaged.expect("p/year=2016/copy.parquet", "no plan names it");
  damaged.lake.objects.erase("p/year=2016/copy.parquet");
  damaged.lake.objects["p/_temporary/x"] = "hidden from crawlers";
  const std::string of_another = LakeNames{.prefix = "p", .topic = "u"}.file_key("year=2016", 0, 0, 4);
  damaged.lake.objects[of_another] = "another topic's";
  damaged.lake.objects[LakeNames{.prefix = "p", .topic = "u"}.plan_key(0, 0)] = "its plan";
  EXPECT_EQ(told(verify(damaged.lake)), "");
  damaged.lake.objects[names.file_key("year=2016", 0, 7, 9)] = "x";
  damaged.expect(names.file_key("year=2016", 0, 7, 9), "no plan names it");
}

TEST(Verify, finds_every_truncation) {
  Damaged damaged;
  const std::string whole = damaged.lake.objects.at(damaged.files[0]);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    damaged.lake.objects[damaged.files[0]] = whole.substr(0, size);
    ASSERT_NE(told(verify(damaged.lake)).find(damaged.files[0]), std::string::npos) << size;
  }
}

TEST(Verify, finds_a_changed_byte_of_the_data_and_survives_any_of_the_footer) {
  Damaged damaged;
  const std::string whole = damaged.lake.objects.at(damaged.files[0]);
  const std::size_t footer = whole.size() - 8 - static_cast<unsigned char>(whole[whole.size() - 8]) -
                             (static_cast<std::size_t>(static_cast<unsigned char>(whole[whole.size() - 7])) << 8);
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x15);
    const auto summary = check_parquet(changed);
    if (at < footer) {
      EXPECT_FALSE(summary) << at;
    }
  }
}

TEST(Verify, finds_swapped_files) {
  Damaged damaged;
  std::swap(damaged.lake.objects.at(damaged.files[0]), damaged.lake.objects.at(damaged.files[1]));
  damaged.expect(damaged.files[0], "by its own account");
  damaged.expect(damaged.files[1], "by its own account");
}

TEST(Verify, finds_a_missing_plan_in_the_middle_and_at_the_start) {
  for (const std::size_t which : {0u, 1u}) {
    Damaged damaged;
    damaged.lake.objects.erase(damaged.plans[which]);
    damaged.expect(damaged.plans[which + 1], "no plan holds the offsets between");
  }
}

TEST(Verify, finds_a_missing_last_plan_by_its_files) {
  Damaged damaged;
  damaged.lake.objects.erase(damaged.plans.back());
  damaged.expect(".parquet", "no plan names it");
}

TEST(Verify, finds_overlapping_plans) {
  Damaged damaged;
  auto plan = *Plan::parse(damaged.lake.objects.at(damaged.plans[1]));
  plan.first = 20;
  plan.files.clear();
  plan.rows = 0;
  damaged.lake.objects[names.plan_key(0, 20)] = plan.json();
  damaged.expect(names.plan_key(0, 20), "the plans before it hold all offsets up to 29");
}

TEST(Verify, finds_an_edited_plan_and_one_in_the_wrong_place) {
  Damaged damaged;
  std::string& text = damaged.lake.objects.at(damaged.plans[1]);
  const std::string whole = text;
  for (std::size_t at = 0; at + 1 < text.size(); ++at) {
    text = whole;
    text[at] = static_cast<char>(text[at] ^ 1);
    ASSERT_NE(told(verify(damaged.lake)), "") << at;
  }
  text = damaged.lake.objects.at(damaged.plans[0]);
  damaged.expect(damaged.plans[1], "it is the plan of t/0 from offset 0 on");
}

TEST(Verify, finds_what_an_edit_with_a_good_checksum_gets_wrong) {
  const auto edited = [](const std::function<void(Plan&)>& edit, const std::string& words) {
    Damaged damaged;
    auto plan = *Plan::parse(damaged.lake.objects.at(damaged.plans[1]));
    edit(plan);
    damaged.lake.objects[damaged.plans[1]] = plan.json();
    damaged.expect("", words);
  };
  edited([](Plan& plan) { plan.dead_letters = 2; }, "counts of dead letters");
  edited([](Plan& plan) { plan.rows += 1; }, "promises");
  edited([](Plan& plan) { plan.files[0].rows += 1; }, "its plan");
  edited([](Plan& plan) { plan.files.pop_back(); }, "no plan names it");
  edited([](Plan& plan) { plan.last -= 1; }, "no plan holds the offsets between");
  edited([](Plan& plan) { plan.tombstone_offsets = plan.dead_letter_offsets; }, "dead letters, tombstones");
  edited([](Plan& plan) { plan.carried.add(31); }, "left for later");
}

TEST(Verify, reads_lakes_of_the_first_version_by_their_counts) {
  Topic topic;
  for (int i = 0; i < 10; ++i) topic.row(2016);
  MemoryLake lake;
  {
    SmallSink sink(topic, lake);
    sink.read(5);
    ASSERT_TRUE(sink.flush({}));
  }
  // The first plan becomes one of version 1, without its file: what a sink of that version left half done.
  auto plan = *Plan::parse(lake.objects.at(names.plan_key(0, 0)));
  const std::string file = plan.files[0].key;
  plan.version = 1;
  lake.objects[names.plan_key(0, 0)] = plan.json();
  lake.objects.erase(file);
  SmallSink sink(topic, lake);
  sink.read(5);
  ASSERT_TRUE(sink.flush({}));
  EXPECT_FALSE(check_parquet(lake.objects.at(file))->source) << "the file of an old plan is as old sinks wrote it";
  sink.read(10);
  ASSERT_TRUE(sink.flush({}));
  const auto report = verify(lake);
  EXPECT_EQ(told(report), "");
  EXPECT_EQ(report.partitions[0].counted_offsets, 5);
  EXPECT_EQ(report.partitions[0].rows, 10);
}

TEST(LateRows, wait_for_company_instead_of_making_a_tiny_file_with_each_flush) {
  Topic topic;
  for (int flush = 0; flush < 10; ++flush) {
    for (int i = 0; i < 1'000; ++i) topic.row(2017);
    topic.row(1999);
  }
  topic.row(2017);
  MemoryLake lake;
  SmallSink sink(topic, lake);
  for (int flush = 1; flush <= 10; ++flush) {
    sink.read(flush * 1'001);
    ASSERT_TRUE(sink.flush(sink.now() - std::chrono::seconds(60)));
    sink.advance(std::chrono::seconds(10));
  }
  sink.read(10'011);
  ASSERT_TRUE(sink.flush({}));
  const auto report = verify(lake);
  EXPECT_EQ(told(report), "");
  EXPECT_EQ(report.partitions[0].rows, 10'011);
  std::size_t late_files = 0;
  for (const auto& [key, bytes] : lake.objects) late_files += key.starts_with("p/year=1999") ? 1 : 0;
  EXPECT_LE(late_files, 3u);
  EXPECT_GE(late_files, 1u);
}

TEST(LateRows, stay_exactly_once_through_crashes_at_every_step) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int round = 0; round < 300; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    Topic topic;
    std::int64_t rows = 0;
    for (int i = 0; i < 1'500; ++i) {
      const unsigned kind = random() % 1'000;
      kind < 3   ? topic.bad()
      : kind < 6 ? topic.tombstone()
      : kind < 9 ? topic.hole()
                 : topic.row(kind < 20 ? 1999 : 2017);
      rows += kind < 9 ? 0 : 1;
    }
    topic.row(2017);
    const auto end = static_cast<std::int64_t>(topic.entries.size());
    MemoryLake lake;
    bool done = false;
    for (int life = 0; !done; ++life) {
      SmallSink sink(topic, lake);
      bool alive = true;
      if (sink.planner().redo()) {
        sink.read(sink.planner().redo()->last + 1);
        alive = sink.flush({}, life < 30 ? static_cast<SmallSink::Crash>(random() % 4) : SmallSink::Crash::no);
      }
      while (alive && sink.planner().next_offset() < end) {
        const std::int64_t to = std::min<std::int64_t>(end, sink.planner().next_offset() + 1 + random() % 400);
        sink.read(to);
        sink.advance(std::chrono::seconds(random() % 20));
        // Rows may wait only when a record follows.
        const bool follows = to < end && topic.entries[static_cast<std::size_t>(to)].is_record;
        const auto hold = follows ? std::optional(sink.now() - std::chrono::seconds(30)) : std::nullopt;
        alive = sink.flush(
            hold, life < 30 && random() % 4 == 0 ? static_cast<SmallSink::Crash>(random() % 4) : SmallSink::Crash::no);
      }
      done = alive;
    }
    const auto report = verify(lake);
    ASSERT_EQ(told(report), "");
    ASSERT_EQ(report.partitions[0].rows, rows + 1);
    ASSERT_EQ(report.partitions[0].waiting, 0);
    ASSERT_EQ(report.partitions[0].next_offset, end);
  }
}

TEST(Intake, cuts_before_many_dead_letters_fill_the_memory) {
  Topic topic;
  topic.bad();
  MemoryLake lake;
  SmallSink sink(topic, lake);
  std::int64_t offset = 0;
  for (; !sink.intake().too_many_letters(); ++offset) {
    kafka::FetchedRecord record;
    record.offset = offset;
    record.has_value = true;
    record.value = "bad";
    sink.intake().take(record, Clock::now());
    ASSERT_LE(offset, 100'000);
  }
  EXPECT_LT(sink.intake().memory(), 64_MiB);
}

}  // namespace
}  // namespace tickerlake::pipeline
