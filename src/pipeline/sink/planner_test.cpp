#include "pipeline/sink/planner.h"

#include <gtest/gtest.h>

#include <list>
#include <map>
#include <random>
#include <sstream>

namespace tickerlake::pipeline {
namespace {

/// A lake in memory with the one property that all rests on: a key is written once.
struct FakeLake {
  std::map<std::string, std::string> objects;
  std::vector<std::string> letters;
  bool put_new(const std::string& key, const std::string& content) { return objects.emplace(key, content).second; }
};

constexpr std::int64_t topic_end = 12;
const LakeNames names{.prefix = "p", .topic = "t"};

/// One sink of one partition. Each act() performs one step's effect on the lake; a file a step.
class FakeSink {
 public:
  FakeSink(FakeLake& lake, int id, std::int64_t cut) : lake_(lake), id_(id), cut_(cut) {}

  bool finished() const {
    return planner_.step() == SinkStep::stopped ||
           (planner_.step() == SinkStep::collect && !planner_.redo() && planner_.next_offset() >= topic_end);
  }
  const SinkPlanner& planner() const { return planner_; }

  /// With lose_answer the effect happens, but the sink sees an error, and tries the same again.
  void act(bool lose_answer = false) {
    switch (planner_.step()) {
      case SinkStep::list_plans: {
        std::optional<std::string> last;
        const std::string prefix = names.plan_prefix(0);
        for (const auto& [key, content] : lake_.objects)
          if (key.starts_with(prefix)) last = key;
        return planner_.listed(last);
      }
      case SinkStep::read_last:
        return planner_.last_read(Plan::parse(lake_.objects.at(planner_.last_plan_key())), "c", "t");
      case SinkStep::check_files: {
        bool all = true;
        // The sink's shell asks for the files of the plan that was found.
        for (const auto& file : planner_.found()->files) all = all && lake_.objects.contains(file.key);
        return planner_.files_checked(all);
      }
      case SinkStep::collect: {
        const auto& redo = planner_.redo();
        const std::int64_t first = redo ? redo->first : planner_.next_offset();
        const std::int64_t last = redo ? redo->last : std::min(first + cut_ - 1, topic_end - 1);
        files_done_ = 0;
        return planner_.collected(plan(first, last));
      }
      case SinkStep::store_plan: {
        const bool new_key = lake_.put_new(names.plan_key(0, planner_.plan().first), planner_.plan().json());
        if (lose_answer) return;
        return new_key ? planner_.stored() : planner_.taken();
      }
      case SinkStep::read_taken:
        return planner_.taken_read(Plan::parse(lake_.objects.at(names.plan_key(0, planner_.plan().first))));
      case SinkStep::write_letters:
        if (planner_.plan().dead_letters > 0) lake_.letters.push_back(std::to_string(planner_.plan().first));
        return planner_.letters_written();
      case SinkStep::write_files:
        if (files_done_ < planner_.plan().files.size()) {
          const auto& file = planner_.plan().files[files_done_];
          const std::string content = content_of(file.key);
          if (!lake_.put_new(file.key, content)) {
            EXPECT_EQ(lake_.objects.at(file.key), content);
          }
          if (!lose_answer) ++files_done_;
          return;
        }
        return planner_.files_written();
      case SinkStep::stopped:
        return;
    }
  }

 private:
  /// Offsets that are even go to folder "a", odd ones to "b".
  Plan plan(std::int64_t first, std::int64_t last) const {
    Plan plan{.cluster = "c",
              .topic = "t",
              .partition = 0,
              .first = first,
              .last = last,
              .schema = "{}",
              .partition_by = "x",
              .files = {},
              .rows = last - first + 1,
              .dead_letters = 0,
              .tombstones = 0,
              .last_record = last,
              .last_record_crc = static_cast<std::uint32_t>(last),
              .writer = std::to_string(id_)};
    for (const char* folder : {"a", "b"}) {
      std::int64_t rows = 0;
      for (std::int64_t offset = first; offset <= last; ++offset)
        rows += (offset % 2 == 0) == (folder[0] == 'a') ? 1 : 0;
      if (rows > 0) plan.files.push_back({names.file_key(folder, 0, first, last), rows});
    }
    return plan;
  }
  /// The offsets in a file, as they follow from its name alone.
  static std::string content_of(const std::string& key) {
    const auto plus = key.rfind('+');
    const std::int64_t first = std::stoll(key.substr(plus + 1, 20)), last = std::stoll(key.substr(plus + 22, 20));
    std::string content;
    for (std::int64_t offset = first; offset <= last; ++offset)
      if ((offset % 2 == 0) == (key.find("/a/") != key.npos)) content += std::to_string(offset) + " ";
    return content;
  }

  FakeLake& lake_;
  SinkPlanner planner_{0};
  int id_;
  std::int64_t cut_;
  std::size_t files_done_ = 0;
};

/// Every offset in exactly one file; every file belongs to a plan, every plan's files are there.
void expect_exactly_once(const FakeLake& lake, const std::string& history) {
  std::map<std::int64_t, int> seen;
  std::size_t files = 0, planned = 0;
  std::int64_t next = 0;
  for (const auto& [key, content] : lake.objects) {
    if (key.starts_with("_tickerlake/")) {
      const auto plan = Plan::parse(content);
      ASSERT_TRUE(plan);
      EXPECT_EQ(plan->first, next) << history;
      next = plan->last + 1;
      planned += plan->files.size();
      for (const auto& file : plan->files) EXPECT_TRUE(lake.objects.contains(file.key)) << history;
      continue;
    }
    ++files;
    std::istringstream offsets(content);
    for (std::int64_t offset; offsets >> offset;) ++seen[offset];
  }
  EXPECT_EQ(files, planned) << history;
  EXPECT_EQ(next, topic_end) << history;
  EXPECT_EQ(static_cast<std::int64_t>(seen.size()), topic_end) << history;
  for (const auto& [offset, count] : seen) EXPECT_EQ(count, 1) << "offset " << offset << " " << history;
}

void run_to_end(FakeLake& lake, int id, std::int64_t cut, const std::string& history) {
  FakeSink sink(lake, id, cut);
  for (int steps = 0; !sink.finished() && steps < 1'000; ++steps) sink.act();
  EXPECT_NE(sink.planner().step(), SinkStep::stopped) << history;
}

TEST(SinkPlan, puts_every_offset_into_one_file_when_killed_once_or_twice_at_any_step) {
  for (int first_kill = 0; first_kill < 40; ++first_kill) {
    for (int second_kill = 0; second_kill < 40; ++second_kill) {
      FakeLake lake;
      int id = 0;
      for (const int kill_after : {first_kill, second_kill}) {
        FakeSink sink(lake, id, 5 - id);  // another cut each time: only what is planned fixes the files
        for (int step = 0; step < kill_after && !sink.finished(); ++step) sink.act();
        ++id;
      }
      const std::string history = std::to_string(first_kill) + "," + std::to_string(second_kill);
      run_to_end(lake, id, 4, history);
      expect_exactly_once(lake, history);
    }
  }
}

TEST(SinkPlan, takes_its_own_plan_for_its_own_when_the_answer_was_lost) {
  for (int lost = 0; lost < 40; ++lost) {
    FakeLake lake;
    FakeSink sink(lake, 1, 5);
    for (int step = 0; !sink.finished() && step < 1'000; ++step) sink.act(step == lost);
    EXPECT_NE(sink.planner().step(), SinkStep::stopped);
    expect_exactly_once(lake, std::to_string(lost));
  }
}

TEST(SinkPlan, a_second_writer_loses_before_it_uploads_anything) {
  FakeLake lake;
  FakeSink first(lake, 1, 5), second(lake, 2, 4);
  while (first.planner().step() != SinkStep::store_plan) first.act();
  while (second.planner().step() != SinkStep::store_plan) second.act();
  first.act();
  const auto before = lake.objects;
  while (!second.finished()) second.act();
  EXPECT_EQ(second.planner().step(), SinkStep::stopped);
  EXPECT_EQ(second.planner().failure().code, ErrorCode::conflict);
  EXPECT_EQ(lake.objects, before);
}

TEST(SinkPlan, keeps_exactly_once_under_every_interleaving_of_two_sinks_for_a_short_while) {
  constexpr int choices = 14;
  for (unsigned schedule = 0; schedule < 1u << choices; ++schedule) {
    FakeLake lake;
    FakeSink a(lake, 1, 7), b(lake, 2, 5);
    for (int i = 0; i < choices; ++i) {
      FakeSink& turn = schedule >> i & 1 ? a : b;
      if (!turn.finished()) turn.act();
    }
    // Both are killed there, and somebody finishes.
    run_to_end(lake, 3, 6, std::to_string(schedule));
    expect_exactly_once(lake, std::to_string(schedule));
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(SinkPlan, keeps_exactly_once_under_random_crashes_pauses_and_lost_answers_of_many_sinks) {
  const unsigned seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int round = 0; round < 3'000; ++round) {
    const std::string history = "seed " + std::to_string(seed) + " round " + std::to_string(round);
    FakeLake lake;
    int next_id = 4;
    std::list<FakeSink> alive;
    for (int id = 0; id < 3; ++id) alive.emplace_back(lake, id, 1 + static_cast<std::int64_t>(random() % 7));
    for (int step = 0; step < 200; ++step) {
      auto sink = std::next(alive.begin(), static_cast<std::ptrdiff_t>(random() % alive.size()));
      if (random() % 20 == 0 || sink->planner().step() == SinkStep::stopped) {
        alive.erase(sink);
        alive.emplace_back(lake, next_id++, 1 + static_cast<std::int64_t>(random() % 7));
      } else if (!sink->finished()) {
        sink->act(random() % 10 == 0);
      }
    }
    run_to_end(lake, next_id, 3, history);
    expect_exactly_once(lake, history);
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(SinkPlan, stops_when_the_lake_belongs_to_another_cluster_or_the_topic_changed) {
  FakeLake lake;
  run_to_end(lake, 1, 12, "");
  SinkPlanner planner(0);
  planner.listed(names.plan_key(0, 0));
  auto plan = Plan::parse(lake.objects.at(names.plan_key(0, 0)));
  ASSERT_TRUE(plan);
  Plan changed = *plan;
  planner.last_read(plan, "another cluster", "t");
  EXPECT_EQ(planner.step(), SinkStep::stopped);

  SinkPlanner again(0);
  again.listed(names.plan_key(0, 0));
  again.last_read(plan, "c", "t");
  again.files_checked(false);
  ASSERT_TRUE(again.redo());
  changed.last_record_crc ^= 1;
  again.collected(changed);
  EXPECT_EQ(again.step(), SinkStep::stopped);
  EXPECT_EQ(again.failure().code, ErrorCode::corrupt);
}

TEST(Plan, reads_back_what_it_wrote_and_refuses_other_text) {
  Plan plan{.cluster = "c",
            .topic = "t",
            .partition = 3,
            .first = 5,
            .last = 9,
            .schema = R"({"fields":[]})",
            .partition_by = "year",
            .files = {{"k", 4}},
            .rows = 4,
            .dead_letters = 1,
            .tombstones = 0,
            .last_record = 9,
            .last_record_crc = 0xFFFFFFFF,
            .writer = "w"};
  const auto again = Plan::parse(plan.json());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, plan);
  for (const char* text : {"", "{}", "[]", R"({"version":2})", R"({"version":1})"})
    EXPECT_FALSE(Plan::parse(text)) << text;
}

TEST(LakeNames, sort_by_offset_and_keep_plans_out_of_the_crawlers_sight) {
  EXPECT_EQ(names.plan_key(3, 1024), "_tickerlake/plans/p/t+3+00000000000000001024.json");
  EXPECT_EQ(names.file_key("year=2016", 3, 1024, 51023),
            "p/year=2016/t+3+00000000000000001024-00000000000000051023.parquet");
  EXPECT_EQ((LakeNames{.prefix = "", .topic = "t"}.file_key("", 0, 0, 1)),
            "t+0+00000000000000000000-00000000000000000001.parquet");
}

}  // namespace
}  // namespace tickerlake::pipeline
