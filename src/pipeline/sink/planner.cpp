#include "pipeline/sink/planner.h"

#include "base/panic.h"

namespace tickerlake::pipeline {

void SinkPlanner::stop(ErrorCode code, std::string message) {
  step_ = SinkStep::stopped;
  failure_ = Error{code, std::move(message)};
}

void SinkPlanner::listed(std::optional<std::string> last_plan_key) {
  ensure(step_ == SinkStep::list_plans, "listed() answers list_plans");
  if (!last_plan_key) {
    step_ = SinkStep::collect;
    return;
  }
  last_plan_key_ = *std::move(last_plan_key);
  step_ = SinkStep::read_last;
}

void SinkPlanner::last_read(Result<Plan> plan, const std::string& cluster, const std::string& topic) {
  ensure(step_ == SinkStep::read_last, "last_read() answers read_last");
  if (!plan) return stop(plan.error().code, last_plan_key_ + ": " + plan.error().message);
  if (plan->cluster != cluster)
    return stop(ErrorCode::corrupt, "this place in the lake belongs to topic " + plan->topic + " of Kafka cluster " +
                                        plan->cluster + ", and this is cluster " + cluster + ": choose another prefix");
  if (plan->topic != topic || plan->partition != partition_ ||
      !last_plan_key_.ends_with(LakeNames{.prefix = {}, .topic = topic}.plan_name(partition_, plan->first)))
    return stop(ErrorCode::corrupt, last_plan_key_ + " is the plan of another topic or partition");
  next_offset_ = plan->last + 1;
  found_ = *plan;
  plan_ = *std::move(plan);
  step_ = SinkStep::check_files;
}

void SinkPlanner::files_checked(bool all_there) {
  ensure(step_ == SinkStep::check_files, "files_checked() answers check_files");
  // Dead letters are written before files, so files that are all there mean that the letters are out, too. Without
  // files nothing tells: then they are looked for among the dead letters themselves.
  const bool complete = all_there && (!plan_->files.empty() || plan_->dead_letters == 0);
  if (!complete) redo_ = *std::move(plan_);
  plan_.reset();
  step_ = SinkStep::collect;
}

void SinkPlanner::collected(Plan plan) {
  ensure(step_ == SinkStep::collect, "collected() answers collect");
  if (redo_) {
    if (!plan.same_content(*redo_))
      return stop(ErrorCode::corrupt,
                  "offsets " + std::to_string(redo_->first) + " to " + std::to_string(redo_->last) + " of partition " +
                      std::to_string(partition_) +
                      " do not give the files that were planned: the topic was made again, or lost records");
    plan_ = *std::move(redo_);
    redo_.reset();
    step_ = SinkStep::write_letters;  // it is stored already
    return;
  }
  ensure(plan.first == next_offset_ && plan.last >= plan.first, "plans follow each other without a gap");
  plan_ = std::move(plan);
  step_ = SinkStep::store_plan;
}

void SinkPlanner::stored() {
  ensure(step_ == SinkStep::store_plan, "stored() answers store_plan");
  next_offset_ = plan_->last + 1;
  step_ = SinkStep::write_letters;
}

void SinkPlanner::taken() {
  ensure(step_ == SinkStep::store_plan, "taken() answers store_plan");
  step_ = SinkStep::read_taken;
}

void SinkPlanner::taken_read(Result<Plan> theirs) {
  ensure(step_ == SinkStep::read_taken, "taken_read() answers read_taken");
  if (!theirs) return stop(theirs.error().code, "reading another sink's plan: " + theirs.error().message);
  if (*theirs == *plan_) {  // our own: the answer to the first attempt was lost
    step_ = SinkStep::store_plan;
    return stored();
  }
  if (theirs->topic != plan_->topic || theirs->partition != partition_ || theirs->first != plan_->first)
    return stop(ErrorCode::corrupt, "what lies in the place of a plan is the plan of another topic or partition");
  stop(ErrorCode::conflict, "another sink (" + theirs->writer + ") writes topic " + plan_->topic +
                                " to this place in the lake: partition " + std::to_string(partition_) +
                                " from offset " + std::to_string(plan_->first) +
                                " on is its; this one has written nothing of it and ends");
}

void SinkPlanner::letters_written() {
  ensure(step_ == SinkStep::write_letters, "letters_written() answers write_letters");
  step_ = SinkStep::write_files;
}

void SinkPlanner::files_written() {
  ensure(step_ == SinkStep::write_files, "files_written() answers write_files");
  plan_.reset();
  step_ = SinkStep::collect;
}

}  // namespace tickerlake::pipeline
