#include "kafka/client/batch_producer.h"

#include <algorithm>

#include "base/panic.h"
#include "kafka/client/partitioner.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds patience{10'000};        // for the topic to be known
constexpr std::size_t most_memory = 32u << 20;  // of all batches together
constexpr std::size_t spare_batches = 16;       // beside one for each partition that is being filled
constexpr std::size_t least_batch = 16u << 10;

Result<Codec> codec_named(std::string_view name) {
  if (name.empty() || name == "none") return Codec::none;
  if (name == "gzip") return Codec::gzip;
  if (name == "snappy") return Codec::snappy;
  if (name == "lz4") return Codec::lz4;
  if (name == "zstd") return Codec::zstd;
  return fail(ErrorCode::invalid_argument, "there is no compression " + std::string(name));
}

Result<TopicView> find_topic(Cluster& cluster, const std::string& topic) {
  const Patience until = cluster.for_at_most(patience);
  while (true) {
    TRY(auto view, cluster.topic(topic, until));
    if (view.error == KafkaError::none && !view.leaders.empty()) return view;
    if (!is_passing(view.error) || until.is_over()) return std::unexpected(to_error(view.error, "topic " + topic));
    cluster.waiter().wait({}, milliseconds(20));
  }
}

}  // namespace

Result<std::unique_ptr<Producer>> BatchProducer::create(const ClientSettings& settings, const std::string& topic,
                                                        const Tuning& tuning, const Log& log) {
  TRY(const Codec codec, codec_named(tuning.compression));
  TRY(auto cluster, Cluster::create(settings, log));
  TRY(auto scouting, Cluster::create(settings, log));
  TRY(const TopicView view, find_topic(*cluster, topic));
  return std::unique_ptr<Producer>(
      new BatchProducer(std::move(cluster), std::move(scouting), topic, view, codec, tuning, log));
}

BatchProducer::BatchProducer(std::unique_ptr<Cluster> cluster, std::unique_ptr<Cluster> scouting,
                             const std::string& topic, const TopicView& view, Codec codec, const Tuning& tuning,
                             const Log& log)
    : linger_(tuning.linger),
      open_(view.leaders.size()),
      sender_(std::move(cluster), std::move(scouting), topic, view, codec, exchange_, log) {
  const std::size_t count = open_.size() + spare_batches;
  const std::size_t room =
      std::min(static_cast<std::size_t>(std::max(tuning.batch_bytes, 1)), std::max(least_batch, most_memory / count));
  MutexLock lock(exchange_.mutex);
  for (std::size_t i = 0; i < count; ++i) exchange_.free.push_back(std::make_unique<BatchWriter>(room));
}

Result<bool> BatchProducer::produce(std::int32_t partition, const std::optional<std::string_view>& key,
                                    const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                                    std::span<const Header> headers) {
  ensure(headers.size() <= max_headers, "a record has at most eight headers here");
  if (partition < 0)
    partition = partition_of(key.value_or(std::string_view()), static_cast<std::int32_t>(open_.size()));
  const auto index = static_cast<std::size_t>(partition);
  if (index >= open_.size())
    return fail(ErrorCode::invalid_argument, "there is no partition " + std::to_string(partition));

  BatchWriter::Field fields[max_headers];
  for (std::size_t i = 0; i < headers.size(); ++i) fields[i] = {headers[i].name, headers[i].value};
  const BatchWriter::Record record{
      .timestamp = timestamp_ms, .key = key, .value = value, .headers = std::span(fields, headers.size())};
  Open& its = open_[index];
  if (its.writer != nullptr) {
    if (its.writer->add(record)) return true;
    hand_over(index);
  }
  if (!open(its)) {
    MutexLock lock(exchange_.mutex);
    if (exchange_.failure) return std::unexpected(*exchange_.failure);
    return false;
  }
  its.writer->add(record);
  return true;
}

bool BatchProducer::open(Open& its) {
  MutexLock lock(exchange_.mutex);
  if (exchange_.failure || exchange_.free.empty()) return false;
  its.writer = std::move(exchange_.free.back());  // the one that was used last: it may still be in the cache
  exchange_.free.pop_back();
  its.since = steady_clock::now();
  return true;
}

void BatchProducer::hand_over(std::size_t partition) {
  {
    MutexLock lock(exchange_.mutex);
    exchange_.unacknowledged += open_[partition].writer->count();
    exchange_.ready.push_back({static_cast<std::int32_t>(partition), std::move(open_[partition].writer)});
  }
  sender_.wake();
}

void BatchProducer::hand_over_all(SteadyTime older_than) {
  for (std::size_t i = 0; i < open_.size(); ++i)
    if (open_[i].writer != nullptr && open_[i].since <= older_than) hand_over(i);
}

Result<void> BatchProducer::poll(milliseconds timeout) {
  const auto now = steady_clock::now();
  hand_over_all(now - linger_);
  MutexLock lock(exchange_.mutex);
  while (!exchange_.failure && exchange_.free.empty())
    if (!exchange_.changed.wait_until(exchange_.mutex, now + timeout)) break;
  if (exchange_.failure) return std::unexpected(*exchange_.failure);
  return {};
}

Result<bool> BatchProducer::flush(milliseconds timeout) {
  hand_over_all(SteadyTime::max());
  const auto deadline = steady_clock::now() + timeout;
  MutexLock lock(exchange_.mutex);
  while (!exchange_.failure && exchange_.unacknowledged > 0)
    if (!exchange_.changed.wait_until(exchange_.mutex, deadline)) break;
  if (exchange_.failure) return std::unexpected(*exchange_.failure);
  return exchange_.unacknowledged == 0;
}

std::int64_t BatchProducer::in_queue() const {
  std::int64_t sum = 0;
  for (const Open& its : open_)
    if (its.writer != nullptr) sum += its.writer->count();
  MutexLock lock(exchange_.mutex);
  return sum + exchange_.unacknowledged;
}

}  // namespace tickerlake::kafka
