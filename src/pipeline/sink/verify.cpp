#include "pipeline/sink/verify.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "pipeline/sink/flush.h"
#include "pipeline/sink/verify_plans.h"

namespace tickerlake::pipeline {
namespace {

/// "TOPIC+3+00000000000000001024.json" or "TOPIC+3+…-….parquet": the topic (any text without a slash) and partition.
struct ObjectName {
  std::string_view topic;
  std::int32_t partition = 0;
  static std::optional<ObjectName> parse(std::string_view key, std::string_view extension) {
    if (!key.ends_with(extension)) return {};
    key.remove_suffix(extension.size());
    key.remove_prefix(key.rfind('/') + 1);  // npos + 1 is 0
    const std::size_t offsets = key.rfind('+');
    const std::size_t number = offsets == key.npos || offsets == 0 ? key.npos : key.rfind('+', offsets - 1);
    if (number == key.npos) return {};
    ObjectName name{.topic = key.substr(0, number)};
    const char* const end = key.data() + offsets;
    const auto [stop, error] = std::from_chars(key.data() + number + 1, end, name.partition);
    if (error != std::errc() || stop != end || name.partition < 0) return {};
    return name;
  }
};

/// What crawlers and Athena pass over: a name that begins with '_' or '.', at any level.
bool is_hidden(std::string_view key) {
  for (std::size_t at = 0; at <= key.size();) {
    if (at < key.size() && (key[at] == '_' || key[at] == '.')) return true;
    const std::size_t slash = key.find('/', at);
    if (slash == key.npos) return false;
    at = slash + 1;
  }
  return false;
}

class Verifier {
 public:
  Verifier(const VerifyOptions& options, LakeStore& lake, const Stop& stop, const VerifyProgress& progress,
           const Log& log)
      : names_{.prefix = options.prefix, .topic = options.topic},
        lake_(lake),
        stop_(stop),
        progress_(progress),
        log_(log) {}

  Result<VerifyReport> run() {
    // Files first: a plan is stored before its files, so each file that is seen here has its plan in the second list,
    // also while a sink is at work.
    TRY(const auto objects, list(names_.prefix + "/"));
    TRY(const auto plan_keys, list(names_.plan_folder()));
    std::map<std::int32_t, std::vector<std::string>> plans;
    std::set<std::string, std::less<>> topics;
    for (const auto& key : plan_keys) {
      const auto name = ObjectName::parse(key, ".json");
      if (!name) continue;
      topics.emplace(name->topic);
      if (name->topic == names_.topic && key.find('/', names_.plan_folder().size()) == key.npos)
        plans[name->partition].push_back(key);
    }
    if (plans.empty())
      return fail(ErrorCode::not_found,
                  "the lake has no plan of topic " + names_.topic + " under " + names_.plan_folder());
    total_ = std::count_if(objects.begin(), objects.end(), [&](const auto& key) { return is_own(key); });
    for (const auto& [partition, keys] : plans) CHECK(check_partition(partition, keys));
    if (plans.rbegin()->first + 1 != static_cast<std::int32_t>(plans.size()))
      log_.info("some partitions have no plan yet");
    for (const auto& key : objects) check_stray(key, topics);
    return std::move(report_);
  }

 private:
  bool is_own(std::string_view key) const {
    const auto name = ObjectName::parse(key, ".parquet");
    return name && name->topic == names_.topic;
  }

  Result<std::vector<std::string>> list(const std::string& prefix) {
    std::vector<std::string> keys;
    CHECK(with_retries(stop_, log_, "listing " + prefix, [&]() -> Result<void> {
      TRY(keys, lake_.list(prefix));
      return {};
    }));
    return keys;
  }

  /// Nothing when it is not there.
  Result<std::optional<std::string>> get(const std::string& key) {
    if (stop_.requested()) return fail(ErrorCode::cancelled, "stopped");
    std::optional<std::string> bytes;
    CHECK(with_retries(stop_, log_, key, [&]() -> Result<void> {
      auto found = lake_.get(key);
      if (!found && found.error().code == ErrorCode::not_found) return {};
      if (!found) return std::unexpected(std::move(found).error());
      bytes = *std::move(found);
      return {};
    }));
    return bytes;
  }

  Result<void> check_partition(std::int32_t partition, const std::vector<std::string>& keys) {
    ChainCheck chain(names_, partition, report_.problems);
    for (const auto& key : keys) {
      TRY(const auto text, get(key));
      auto plan = text ? Plan::parse(*text) : fail(ErrorCode::corrupt, "it vanished while it was looked at");
      if (!plan) {
        chain.add_unreadable(key, plan.error());
        unread_.insert(partition);
        continue;
      }
      chain.begin(key, *plan);
      for (const auto& file : plan->files) {
        if (!planned_.insert(file.key).second)
          report_.problems.push_back({file.key, "two plans name it", "restore the plans from a backup of the bucket"});
        TRY(const auto bytes, get(file.key));
        if (!bytes) {
          chain.add_missing_file(file, key == keys.back());
          continue;
        }
        chain.add_file(file, static_cast<std::int64_t>(bytes->size()), check_parquet(*bytes));
        ++done_;
        bytes_ += static_cast<std::int64_t>(bytes->size());
        if (progress_) progress_(done_, std::max(total_, done_), bytes_);
      }
      chain.end();
    }
    report_.partitions.push_back(chain.report());
    return {};
  }

  /// An object that no plan names: queries would read its rows all the same.
  void check_stray(const std::string& key, const std::set<std::string, std::less<>>& topics) {
    if (planned_.contains(key) || is_hidden(key.substr(names_.prefix.size() + 1)) || key.ends_with('/')) return;
    const auto name = ObjectName::parse(key, ".parquet");
    if (name && name->topic != names_.topic && topics.contains(name->topic)) return;  // another topic's, with its plans
    if (name && name->topic == names_.topic && unread_.contains(name->partition)) return;  // its plan can't be read
    report_.problems.push_back(
        {key, "no plan names it, and the table would show its rows", "remove it, after a look at who wrote it"});
  }

  const LakeNames names_;
  LakeStore& lake_;
  const Stop& stop_;
  const VerifyProgress& progress_;
  const Log& log_;
  VerifyReport report_;
  std::set<std::string, std::less<>> planned_;
  std::set<std::int32_t> unread_;  // partitions with plans that can't be read
  std::int64_t done_ = 0, total_ = 0, bytes_ = 0;
};

}  // namespace

Result<VerifyReport> verify_lake(const VerifyOptions& options, LakeStore& lake, const Stop& stop,
                                 const VerifyProgress& progress, const Log& log) {
  return Verifier(options, lake, stop, progress, log).run();
}

}  // namespace tickerlake::pipeline
