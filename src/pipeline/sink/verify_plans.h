#pragma once
// Private to verify: what must hold between the plans of a partition and the files that they name. No I/O.
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/sink/parquet_footer.h"
#include "pipeline/sink/plan.h"
#include "pipeline/sink/verify.h"

namespace tickerlake::pipeline {

/// One partition's plans, one after the other in the order of their keys.
class ChainCheck {
 public:
  ChainCheck(const LakeNames& names, std::int32_t partition, std::vector<Problem>& problems);

  /// A plan that can't be read.
  void add_unreadable(const std::string& key, const Error& error);
  /// The plan of that key. What its files say of themselves comes by the next two.
  void begin(const std::string& key, Plan plan);
  /// is_last: of the partition's plans.
  void add_missing_file(const PlannedFile& file, bool is_last);
  void add_file(const PlannedFile& file, std::int64_t bytes, const Result<ParquetSummary>& summary);
  /// Balances the plan's account.
  void end();

  const PartitionReport& report() const { return report_; }

 private:
  void problem(const std::string& object, std::string what, std::string remedy);
  bool is_account_of(const PlannedFile& file, const FileSource& source) const;
  void check_sets();

  const LakeNames& names_;
  std::vector<Problem>& problems_;
  PartitionReport report_;
  std::string key_;
  std::optional<Plan> plan_;
  OffsetSet waiting_;  // what the plans so far leave for later
  OffsetSet offsets_;  // in the files of the plan at hand
  bool all_files_ = true;
  bool chain_broken_ = false;  // then waiting_ is not known
};

}  // namespace tickerlake::pipeline
