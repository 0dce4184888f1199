#include "pipeline/sink/verify_plans.h"

#include <fmt/core.h>

#include <algorithm>

namespace tickerlake::pipeline {
namespace {

constexpr const char* restore =
    "restore it from a version or a backup of the bucket, or remove this topic's files and plans and sink it again";
constexpr const char* run_sink = "run the sink again: it completes its last plan first";

}  // namespace

ChainCheck::ChainCheck(const LakeNames& names, std::int32_t partition, std::vector<Problem>& problems)
    : names_(names), problems_(problems) {
  report_.partition = partition;
}

void ChainCheck::problem(const std::string& object, std::string what, std::string remedy) {
  problems_.push_back({.object = object, .what = std::move(what), .remedy = std::move(remedy)});
  ++report_.problems;
}

void ChainCheck::add_unreadable(const std::string& key, const Error& error) {
  ++report_.plans;
  chain_broken_ = true;
  problem(key, error.message, restore);
}

void ChainCheck::begin(const std::string& key, Plan plan) {
  key_ = key;
  plan_ = std::move(plan);
  offsets_.clear();
  all_files_ = true;
  ++report_.plans;
  if (plan_->topic != names_.topic || plan_->partition != report_.partition ||
      key != names_.plan_key(plan_->partition, plan_->first)) {
    problem(key, fmt::format("it is the plan of {}/{} from offset {} on", plan_->topic, plan_->partition, plan_->first),
            restore);
  }
  if (plan_->first > report_.next_offset)
    problem(key,
            fmt::format("the plans before it end at offset {}, it begins at {}: no plan holds the offsets between",
                        report_.next_offset - 1, plan_->first),
            restore);
  if (plan_->first < report_.next_offset)
    problem(
        key,
        fmt::format("it begins at offset {}, but the plans before it hold all offsets up to {}", plan_->first,
                    report_.next_offset - 1),
        "somebody else wrote this plan: find out which of them the table needs, and remove the other with its files");
  if (plan_->first != report_.next_offset) chain_broken_ = true;
  report_.next_offset = std::max(report_.next_offset, plan_->last + 1);
  report_.dead_letters += plan_->dead_letters;
  report_.tombstones += plan_->tombstones;
  std::int64_t rows = 0;
  for (const auto& file : plan_->files) rows += file.rows;
  if (rows != plan_->rows)
    problem(key, fmt::format("it promises {} rows, and its files {}", plan_->rows, rows), restore);
}

void ChainCheck::add_missing_file(const PlannedFile& file, bool is_last) {
  all_files_ = false;
  if (is_last)
    problem(file.key, "not written yet: its plan is the partition's last, and unfinished", run_sink);
  else
    problem(file.key, fmt::format("missing; {} names it with {} rows", key_, file.rows), restore);
}

void ChainCheck::add_file(const PlannedFile& file, std::int64_t bytes, const Result<ParquetSummary>& summary) {
  ++report_.files;
  report_.file_bytes += bytes;
  if (!summary) {
    all_files_ = false;
    return problem(file.key, summary.error().message, restore);
  }
  report_.rows += summary->rows;
  const auto& source = summary->source;
  if (source && !is_account_of(file, *source)) {
    all_files_ = false;
    return problem(file.key,
                   fmt::format("by its own account it is the file of {}/{}, offsets {} to {}, folder '{}'",
                               source->topic, source->partition, source->first, source->last, source->folder),
                   restore);
  }
  if (summary->rows != file.rows) {
    all_files_ = false;
    return problem(file.key, fmt::format("it holds {} rows, its plan {} says {}", summary->rows, key_, file.rows),
                   restore);
  }
  if (plan_->version == 1) return;
  if (!source) {
    all_files_ = false;
    return problem(file.key, "it does not state the offsets of its rows: the sink did not write it", restore);
  }
  if (const OffsetSet both = offsets_.common_with(source->offsets); !both.empty())
    problem(file.key, fmt::format("offsets {} are in another file of its plan, too", both.text()), restore);
  offsets_ = offsets_.united_with(source->offsets);
}

bool ChainCheck::is_account_of(const PlannedFile& file, const FileSource& source) const {
  return file.key == names_.file_key(source.folder, source.partition, source.first, source.last) &&
         source.topic == names_.topic && source.partition == plan_->partition && source.first == plan_->first &&
         source.last == plan_->last;
}

void ChainCheck::end() {
  const std::int64_t range = plan_->last - plan_->first + 1;
  if (plan_->version == 1) {
    const std::int64_t rest = range - plan_->rows - plan_->dead_letters - plan_->tombstones;
    if (rest < 0)
      problem(key_, fmt::format("it counts more rows, dead letters and tombstones than its {} offsets", range),
              restore);
    report_.no_record += std::max<std::int64_t>(rest, 0);
    report_.counted_offsets += range;
    return;
  }
  check_sets();
  waiting_ = plan_->carried;
  report_.waiting = waiting_.size();
}

void ChainCheck::check_sets() {
  const Plan& plan = *plan_;
  if (plan.dead_letter_offsets.size() != plan.dead_letters || plan.tombstone_offsets.size() != plan.tombstones)
    problem(key_, "its counts of dead letters and tombstones are not those of their offsets", restore);
  if (!all_files_) return;  // what is missing was told
  OffsetSet told = offsets_;
  for (const OffsetSet* more : {&plan.dead_letter_offsets, &plan.tombstone_offsets, &plan.carried}) {
    if (const OffsetSet both = told.common_with(*more); !both.empty())
      problem(key_,
              fmt::format("offsets {} are in a file, and dead letters, tombstones or left for later, too", both.text()),
              restore);
    told = told.united_with(*more);
  }
  OffsetSet own;
  own.add_run(plan.first, plan.last);
  const OffsetSet left_before = plan.left_before();
  if (!chain_broken_ && left_before != waiting_)
    problem(key_,
            fmt::format("the plans before it left {} rows for later, it takes or leaves {}", waiting_.size(),
                        left_before.size()),
            restore);
  if (const OffsetSet others = told.without(own).without(left_before); !others.empty())
    problem(key_, fmt::format("its files hold rows of offsets {}, which are not its own", others.text()), restore);
  if (const OffsetSet lost = plan.taken.without(told); !lost.empty())
    problem(key_,
            fmt::format("offsets {} were left by an earlier plan for this one, and are in none of its files: they "
                        "expired from the topic meanwhile",
                        lost.text()),
            "if a copy of the topic has them, sink that to another prefix; else they are lost");
  report_.no_record += own.without(told).size();
}

}  // namespace tickerlake::pipeline
