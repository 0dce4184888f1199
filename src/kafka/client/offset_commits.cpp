#include "kafka/client/offset_commits.h"

#include "kafka/client/coordinator.h"
#include "kafka/wire/offsets.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds answer_time{10'000};
constexpr milliseconds pause_time{100};      // before trying again
constexpr milliseconds closing_time{3'000};  // for what is not stored at the end
constexpr std::int16_t last_version_by_name = 9;

}  // namespace

OffsetCommits::OffsetCommits(std::unique_ptr<Cluster> cluster, std::string group, const Log& log)
    : cluster_(std::move(cluster)), group_(std::move(group)), log_(log.named("commits")), thread_([this] { run(); }) {}

OffsetCommits::~OffsetCommits() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
    const auto deadline = steady_clock::now() + closing_time;
    while ((busy_ || !pending_.empty()) && changed_.wait_until(mutex_, deadline)) {
    }
  }
  cluster_->cancel();
  thread_.join();
}

void OffsetCommits::add(const std::string& topic, PartitionOffset next) {
  MutexLock lock(mutex_);
  pending_[{topic, next.partition}] = next.offset;
  changed_.notify_all();
}

void OffsetCommits::run() {
  while (!cluster_->cancelled()) {
    Offsets offsets;
    {
      MutexLock lock(mutex_);
      busy_ = false;
      changed_.notify_all();
      while (pending_.empty() && !closing_) changed_.wait(mutex_);
      if (pending_.empty()) return;
      offsets.swap(pending_);
      busy_ = true;
    }
    if (auto stored = store(offsets); !stored) {
      const bool may_pass = stored.error().code == ErrorCode::unavailable || stored.error().code == ErrorCode::timeout;
      log_.debug("{}", stored.error().message);
      if (!may_pass) {
        if (stored.error().code != ErrorCode::cancelled)
          log_.warning("the offsets of group {} can't be stored: {}", group_, stored.error().message);
        continue;
      }
      coordinator_ = no_node;
      cluster_->ask_another();  // the one asked last may be out of date itself
      {
        MutexLock lock(mutex_);
        pending_.merge(offsets);  // newer ones stay
      }
      cluster_->waiter().wait({}, pause_time);
    }
  }
}

Result<void> OffsetCommits::store(const Offsets& offsets) {
  if (coordinator_ == no_node) {
    TRY(coordinator_, find_coordinator(*cluster_, group_, cluster_->for_at_most(answer_time)));
  }
  OffsetCommitRequest request;
  request.group_id = group_;
  for (const auto& [where, offset] : offsets) {
    if (request.topics.empty() || request.topics.back().name != where.first) {
      request.topics.emplace_back().name = where.first;
    }
    request.topics.back().partitions.push_back(
        {.partition_index = where.second, .committed_offset = offset, .committed_metadata = ""});
  }
  TRY(const auto answer,
      cluster_->ask(coordinator_, request, cluster_->for_at_most(answer_time), last_version_by_name));
  for (const auto& topic : answer.topics)
    for (const auto& partition : topic.partitions)
      if (partition.error_code != KafkaError::none)
        return std::unexpected(to_error(partition.error_code, "storing an offset of group " + group_));
  return {};
}

}  // namespace tickerlake::kafka
