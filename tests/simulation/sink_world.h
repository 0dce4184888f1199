#pragma once
// One partition of a topic, its place in the lake, and sinks that are killed, paused, doubled and lied to by the
// network. The sinks decide by SinkPlanner; everything else here is simulated.
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/sink/planner.h"
#include "world.h"

namespace tickerlake::simulation {

class SinkWorld {
 public:
  /// A protection of the sink's shell that a test takes away, to see that the simulation misses it.
  enum class Without {
    nothing,
    plan_before_files,
    condition_on_plans,
    check_of_files,
    look_for_letters,
    rows_left_before
  };
  struct Options {
    int sinks = 1;
    std::int64_t topic_end = 3;  // at most 62; offset 1 is a dead letter; even offsets go to folder a, odd ones to b
    std::int64_t longest_cut = 2;
    std::size_t late_requests = 0;  // so many may be under way when their sink has given them up
    bool carries = false;  // a cut may leave the rows of one folder to a later plan, when a record is known to follow
    bool busy_answers = false;  // 409 and 503: nothing happens, the sink tries again, and gives up after some
    Without without = Without::nothing;
  };

  explicit SinkWorld(Options options) : options_(options), sinks_(static_cast<std::size_t>(options.sinks)) {}

  void offer(Steps& steps) const;
  std::string tell(const Step& step) const;
  void take(const Step& step);
  void settle();
  const std::string& wrong() const { return wrong_; }
  std::string key() const;

 private:
  enum Action : std::uint8_t { start, go, lose, delay, kill, deliver, busy };
  struct Sink {
    pipeline::SinkPlanner planner{0};
    int id = 0;  // of this process; its plans carry it
    bool redoes = false;
    bool looked = false;                // which letters are there
    std::vector<std::int64_t> letters;  // still to be written
    std::size_t files_done = 0;
    int refusals = 0;
    std::optional<pipeline::OffsetSet> left;  // offsets that earlier plans left, once the sink knows
  };
  struct Letter {
    std::int64_t offset = 0;
    int writer = 0;
    bool operator==(const Letter&) const = default;
  };
  /// A PUT of a plan or a file, or a dead letter on its way.
  struct Request {
    std::shared_ptr<const pipeline::Plan> plan;
    std::string file;
    std::uint64_t offsets = 0;  // of the file: a bit each
    Letter letter;
    int writer = 0;
    std::string text() const;
  };
  enum class Answer { done, exists };

  std::optional<Request> request_of(const Sink& sink) const;
  Answer perform(const Request& request);
  void answered(Sink& sink, const Request& request, Answer answer);
  void go_on(Sink& sink, std::uint16_t detail);
  void collect(Sink& sink, std::uint16_t detail) const;
  bool has_finished(const Sink& sink) const;
  pipeline::Plan plan_of(std::int64_t first, std::int64_t last, const pipeline::OffsetSet& left,
                         const pipeline::OffsetSet& carried, int writer) const;
  std::uint64_t offsets_of(const pipeline::Plan& plan, const std::string& file) const;
  void check_end();
  void fail(std::string what) {
    if (wrong_.empty()) wrong_ = std::move(what);
  }

  Options options_;
  std::vector<std::optional<Sink>> sinks_;
  std::map<std::int64_t, std::shared_ptr<const pipeline::Plan>> plans_;  // in the lake, by first offset
  std::map<std::string, std::uint64_t> files_;                           // in the lake
  std::vector<Letter> letters_;
  std::vector<Request> late_;
  int next_id_ = 1;
  bool letters_may_repeat_ = false;
  std::string wrong_;
};

}  // namespace tickerlake::simulation
