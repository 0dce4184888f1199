#include "kafka/client/batch_consumer.h"

#include <algorithm>
#include <numeric>
#include <thread>

#include "kafka/client/log_tail.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds pause_between_looks{10};
constexpr milliseconds tail_time{2'000};  // of one partition

}  // namespace

Result<std::unique_ptr<Consumer>> BatchConsumer::create(const ClientSettings& settings, const std::string& group,
                                                        const Log& log) {
  TRY(auto asking, Cluster::create(settings, log));
  TRY(auto fetching, Cluster::create(settings, log));
  TRY(auto scouting, Cluster::create(settings, log));
  return std::unique_ptr<Consumer>(
      new BatchConsumer(settings, group, std::move(asking), std::move(fetching), std::move(scouting), log));
}

BatchConsumer::BatchConsumer(const ClientSettings& settings, std::string group, std::unique_ptr<Cluster> asking,
                             std::unique_ptr<Cluster> fetching, std::unique_ptr<Cluster> scouting, const Log& log)
    : settings_(settings),
      group_(std::move(group)),
      log_(log),
      asking_(std::move(asking)),
      fetcher_(std::move(fetching), std::move(scouting), exchange_, log) {}

Result<std::optional<int>> BatchConsumer::partitions(const std::string& topic, milliseconds timeout) {
  MutexLock lock(asking_mutex_);
  return asking_->partitions(topic, asking_->for_at_most(timeout));
}

Result<void> BatchConsumer::wait_for_leaders(const std::string& topic, milliseconds timeout) {
  MutexLock lock(asking_mutex_);
  return asking_->wait_for_leaders(topic, asking_->for_at_most(timeout));
}

Result<Watermarks> BatchConsumer::watermarks(const std::string& topic, std::int32_t partition, milliseconds timeout) {
  MutexLock lock(asking_mutex_);
  return asking_->watermarks(topic, partition, asking_->for_at_most(timeout));
}

Result<void> BatchConsumer::wait_until_committed(const std::string& topic, int partitions, milliseconds timeout) {
  MutexLock lock(asking_mutex_);
  const Patience patience = asking_->for_at_most(timeout);
  std::vector<std::int32_t> open(static_cast<std::size_t>(partitions));
  std::iota(open.begin(), open.end(), 0);
  while (true) {
    TRY(const TopicView view, asking_->newest_topic(topic, patience));
    if (view.error != KafkaError::none && !is_passing(view.error))
      return std::unexpected(to_error(view.error, "topic " + topic));
    std::erase_if(open, [&](std::int32_t partition) {
      const auto index = static_cast<std::size_t>(partition);
      if (index >= view.leaders.size() || view.leaders[index].node == no_node) return false;
      constexpr std::int64_t only_the_end = -1;
      const auto tail = read_log_tail(*asking_, topic, view.id, partition, view.leaders[index], only_the_end, {},
                                      asking_->for_at_most(tail_time));
      return tail.has_value() && tail->has_value();
    });
    if (open.empty()) return {};
    if (patience.is_over())
      return fail(ErrorCode::unavailable, "topic " + topic + ": partition " + std::to_string(open.front()) +
                                              " has records that are not replicated yet, or no leader that answers");
    std::this_thread::sleep_for(pause_between_looks);
  }
}

Result<std::string> BatchConsumer::cluster_id(milliseconds timeout) {
  MutexLock lock(asking_mutex_);
  return asking_->cluster_id(asking_->for_at_most(timeout));
}

Result<void> BatchConsumer::assign(const std::string& topic, std::span<const PartitionOffset> from) {
  item_.reset();
  positions_.clear();
  for (const auto& [partition, offset] : from) positions_[partition] = offset;
  {
    MutexLock lock(exchange_.mutex);
    exchange_.topic = topic;
    exchange_.positions.assign(from);
    exchange_.items.clear();
    exchange_.bytes = 0;
  }
  fetcher_.wake();
  return {};
}

Result<void> BatchConsumer::pause(const std::string&, std::int32_t partition) {
  if (item_ && item_->partition == partition) item_.reset();
  MutexLock lock(exchange_.mutex);
  for (const FetchedItem& item : exchange_.items) {
    if (item.partition == partition && item.batch) exchange_.bytes -= item.batch->payload.size();
  }
  std::erase_if(exchange_.items, [partition](const FetchedItem& item) { return item.partition == partition; });
  exchange_.positions.pause(partition, positions_[partition]);
  return {};
}

Result<void> BatchConsumer::resume(const std::string&, std::int32_t partition) {
  {
    MutexLock lock(exchange_.mutex);
    exchange_.positions.resume(partition);
  }
  fetcher_.wake();
  return {};
}

Result<void> BatchConsumer::poll(RecordBatch& batch, std::size_t max, milliseconds timeout) {
  batch.clear();
  const auto until = steady_clock::now() + timeout;
  while (batch.records_.size() < max) {
    if (!item_) {
      const bool has_something = !batch.records_.empty() || !batch.ends_.empty();
      TRY(const bool found, next_item(has_something ? SteadyTime::min() : until));
      if (!found) return {};
    }
    if (item_->batch) {
      CHECK(read_records(batch, max));
    } else {
      batch.ends_.push_back({item_->partition, item_->end});
      positions_[item_->partition] = std::max(positions_[item_->partition], item_->end);
      item_.reset();
    }
  }
  return {};
}

Result<bool> BatchConsumer::next_item(SteadyTime until) {
  bool has_room_again = false;
  {
    MutexLock lock(exchange_.mutex);
    while (exchange_.items.empty() && !exchange_.failure)
      if (!exchange_.changed.wait_until(exchange_.mutex, until)) break;
    if (exchange_.failure) return std::unexpected(*exchange_.failure);
    if (exchange_.items.empty()) return false;
    item_ = std::move(exchange_.items.front());
    exchange_.items.pop_front();
    if (item_->batch) {
      const std::size_t before = exchange_.bytes;
      exchange_.bytes -= item_->batch->payload.size();
      has_room_again = before >= BatchFetcher::most_ahead && exchange_.bytes < BatchFetcher::most_ahead;
    }
  }
  if (has_room_again) fetcher_.wake();
  if (item_->batch) {
    if (auto unpacked = unpack(*item_->batch); !unpacked)
      return std::unexpected(std::move(unpacked).error().within("partition " + std::to_string(item_->partition) +
                                                                ", the batch at offset " +
                                                                std::to_string(item_->batch->header.base_offset)));
    cursor_ = RecordCursor(item_->batch->header, item_->batch->payload);
  }
  return true;
}

Result<void> BatchConsumer::read_records(RecordBatch& batch, std::size_t max) {
  const std::int32_t partition = item_->partition;
  std::int64_t& position = positions_[partition];
  batch.memory_.push_back(item_->batch->memory);
  RecordView record;
  while (batch.records_.size() < max) {
    const RecordCursor::Step step = cursor_.next(record);
    if (step == RecordCursor::Step::malformed)
      return fail(ErrorCode::corrupt, "a record of partition " + std::to_string(partition) + " behind offset " +
                                          std::to_string(position) + " is malformed");
    if (step == RecordCursor::Step::end) {
      position = std::max(position, item_->batch->header.last_offset() + 1);
      item_.reset();
      return {};
    }
    if (record.offset < item_->from) continue;
    batch.records_.push_back({.partition = partition,
                              .has_key = record.has_key,
                              .has_value = record.has_value,
                              .offset = record.offset,
                              .timestamp_ms = record.timestamp,
                              .key = record.key,
                              .value = record.value,
                              .headers = record.headers,
                              .message = nullptr});
    position = record.offset + 1;
  }
  return {};
}

void BatchConsumer::commit(const std::string& topic, PartitionOffset next) {
  MutexLock lock(commits_mutex_);
  if (commits_ == nullptr) {
    auto cluster = Cluster::create(settings_, log_);
    if (!cluster) return;  // the same settings were good for the consumer
    commits_ = std::make_unique<OffsetCommits>(*std::move(cluster), group_, log_);
  }
  commits_->add(topic, next);
}

}  // namespace tickerlake::kafka
