#pragma once
// What a sink does next for one partition, given what the lake holds. No I/O, no clock, no threads: tests run it
// through every crash and every interleaving of two sinks. Why the order is what it is: docs/delivery.md.
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "pipeline/sink/plan.h"

namespace tickerlake::pipeline {

/// The steps, in their order. One at a time; each is answered by the planner's function of the same place.
enum class SinkStep {
  list_plans,     // find the last plan of the partition                                         → listed()
  read_last,      // read it: last_plan_key()                                                    → last_read()
  check_files,    // are all files of plan() there?                                              → files_checked()
  collect,        // read records from next_offset(); up to and with redo()'s last if that is set → collected()
  store_plan,     // PUT plan() with If-None-Match: *                                            → stored(), taken()
  read_taken,     // read who took its place                                                     → taken_read()
  write_letters,  // dead letters of plan() to their topic                                       → letters_written()
  write_files,    // PUT each file with If-None-Match: *; being there already is success         → files_written()
  stopped,        // failure() says why
};

class SinkPlanner {
 public:
  explicit SinkPlanner(std::int32_t partition) : partition_(partition) {}

  SinkStep step() const { return step_; }
  std::int32_t partition() const { return partition_; }

  /// Of the last plan in the order of keys, if there is one.
  void listed(std::optional<std::string> last_plan_key);
  const std::string& last_plan_key() const { return last_plan_key_; }
  void last_read(Result<Plan> plan, const std::string& cluster, const std::string& topic);
  void files_checked(bool all_there);

  /// Behind everything that the lake's plans hold. The chain of plans begins at 0, also where the topic begins later.
  std::int64_t next_offset() const { return next_offset_; }
  /// The plan that a dead sink left half done: its range has to be read again and cut at the same place.
  const std::optional<Plan>& redo() const { return redo_; }
  /// The last plan that was found in the lake, done or not.
  const std::optional<Plan>& found() const { return found_; }

  /// A cut was made: the plan begins at next_offset() (at redo()'s first when that is set) and is the next to be
  /// stored.
  void collected(Plan plan);
  const Plan& plan() const { return *plan_; }
  void stored();
  void taken();
  void taken_read(Result<Plan> theirs);
  void letters_written();
  void files_written();

  const Error& failure() const { return *failure_; }

 private:
  void stop(ErrorCode code, std::string message);

  const std::int32_t partition_;
  SinkStep step_ = SinkStep::list_plans;
  std::string last_plan_key_;
  std::int64_t next_offset_ = 0;
  std::optional<Plan> found_;
  std::optional<Plan> redo_;
  std::optional<Plan> plan_;
  std::optional<Error> failure_;
};

}  // namespace tickerlake::pipeline
