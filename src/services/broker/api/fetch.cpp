// Fetch (key 1): whole batches as slices of the log's files, now or when enough has come.
#include <algorithm>
#include <chrono>
#include <map>

#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/fetch_sessions.h"
#include "services/broker/security/access.h"
#include "services/broker/throttle.h"

namespace tickerlake::broker {

namespace {

using kafka::KafkaError;
using PartitionAnswer = kafka::FetchResponse::Topic::Partition;

constexpr std::int64_t max_fetch_bytes = 55_MiB;  // fetch.max.bytes of the broker
constexpr std::int16_t first_version_of_topic_ids = 13;
constexpr std::chrono::milliseconds hang_up_interval{1'000};  // how often a long poll looks whether its client is there
constexpr std::int8_t read_committed = 1;

/// What one partition of a fetch gave.
struct Outcome {
  KafkaError error = KafkaError::none;
  Fetched fetched;

  FetchFacts facts() const {
    if (error != KafkaError::none) return {.error = error};
    const Offsets& offsets = fetched.offsets;
    return {offsets.high_watermark.value(), offsets.last_stable.value(), offsets.log_start.value(), error};
  }
};

/// One fetch request being answered.
class Fetch {
 public:
  Fetch(Broker& broker, const Caller& caller, const kafka::FetchRequest& request)
      : broker_(broker),
        caller_(caller),
        request_(request),
        by_id_(caller.version >= first_version_of_topic_ids),
        most_bytes_(most_bytes(broker, caller, request)),
        min_bytes_(std::min<std::int64_t>(request.min_bytes, most_bytes_)),
        opened_(broker.fetch_sessions().open(request, by_id_)) {}

  kafka::FetchResponse run() {
    if (opened_.error == KafkaError::none) {
      read_all();
      if (!is_enough()) wait();
    }
    return answer();
  }

 private:
  void read_all() {
    outcomes_.clear();
    bytes_ = 0;
    any_error_ = false;
    for (const FetchTarget& target : opened_.targets) {
      Outcome outcome = read(target, most_bytes_ - bytes_);
      bytes_ += outcome.fetched.batches.length;
      any_error_ = any_error_ || outcome.error != KafkaError::none;
      outcomes_.push_back(std::move(outcome));
    }
  }

  Outcome read(const FetchTarget& target, std::int64_t bytes_left) {
    const auto found = find_permitted(caller_, Operation::read, broker_.topics(), by_id_, target.topic_id, target.topic,
                                      target.partition);
    if (!found) return {found.error(), {}};
    if (const auto error = check_leader_epoch(target.leader_epoch); error != KafkaError::none) return {error, {}};
    const std::int64_t most = std::min<std::int64_t>(target.max_bytes, bytes_left);
    // The first partition with anything gives a batch whatever the limits say, so that a consumer always gets on.
    const auto isolation =
        request_.isolation_level == read_committed ? Isolation::read_committed : Isolation::read_uncommitted;
    auto fetched =
        found->partition->read(Offset(target.offset), std::max<std::int64_t>(most, 0), bytes_ == 0, isolation);
    if (fetched) return {KafkaError::none, *std::move(fetched)};
    switch (fetched.error()) {
      case FetchError::out_of_range:
        return {KafkaError::offset_out_of_range, {}};
      case FetchError::closed:
        return {closed_error(broker_.topics(), by_id_), {}};
      case FetchError::corrupt:
        return {KafkaError::corrupt_message, {}};
      case FetchError::storage:
        break;
    }
    return {KafkaError::kafka_storage_error, {}};
  }

  bool is_enough() const {
    return bytes_ >= min_bytes_ || any_error_ || request_.max_wait_ms <= 0 || opened_.targets.empty();
  }

  /// Long poll: until enough bytes are there, something fails, or max_wait is over.
  void wait() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(request_.max_wait_ms);
    FetchSignal signal;
    std::vector<Partition::Watch> watches;
    for (const FetchTarget& target : opened_.targets) {
      const auto found = find_permitted(caller_, Operation::read, broker_.topics(), by_id_, target.topic_id,
                                        target.topic, target.partition);
      if (found) watches.emplace_back(found->partition, signal);
    }
    read_all();  // what came before the watches were set
    while (!is_enough() && !broker_.topics().stopping() && !caller_.has_left()) {
      const auto now = std::chrono::steady_clock::now();
      if (now >= deadline) break;
      if (signal.wait_until(std::min(deadline, now + hang_up_interval))) read_all();
    }
  }

  kafka::FetchResponse answer() {
    kafka::FetchResponse response;
    response.error_code = opened_.error;
    if (opened_.error != KafkaError::none) return response;
    if (opened_.session) response.session_id = opened_.session->id();
    response.throttle_time_ms = charge();
    if (response.throttle_time_ms > 0) {
      // Nothing now, and all of it later. Clients take this for the end of a session that was to begin with it.
      if (opened_.session && !opened_.incremental) {
        broker_.fetch_sessions().forget(response.session_id);
        response.session_id = 0;
      }
      return response;
    }
    std::map<std::pair<std::string, kafka::Uuid>, std::size_t> places;
    for (std::size_t i = 0; i < outcomes_.size(); ++i) {
      const FetchTarget& target = opened_.targets[i];
      Outcome& outcome = outcomes_[i];
      if (opened_.session) {
        const bool must = opened_.session->must_answer(target, outcome.facts(), !outcome.fetched.batches.empty());
        if (opened_.incremental && !must) continue;
      }
      const auto [place, is_new] = places.try_emplace({target.topic, target.topic_id}, response.responses.size());
      if (is_new) {
        auto& topic = response.responses.emplace_back();
        topic.topic = target.topic;
        topic.topic_id = target.topic_id;
      }
      broker_.metrics().bytes_out.add(static_cast<std::uint64_t>(outcome.fetched.batches.length));
      response.responses[place->second].partitions.push_back(partition_answer(target, outcome));
    }
    return response;
  }

  /// More than the window's whole quota at once would never come through.
  static std::int64_t most_bytes(Broker& broker, const Caller& caller, const kafka::FetchRequest& request) {
    const std::int64_t most = std::min<std::int64_t>(request.max_bytes, max_fetch_bytes);
    const auto by_quota = broker.quotas().most_at_once(QuotaKind::fetch, client_of(caller));
    return by_quota && *by_quota < static_cast<double>(most) ? static_cast<std::int64_t>(*by_quota) : most;
  }

  /// For how long its client is throttled; then these bytes don't count.
  std::int32_t charge() const {
    const auto now = std::chrono::steady_clock::now();
    const auto bytes = static_cast<double>(bytes_);
    const auto by_bytes = broker_.quotas().charge(QuotaKind::fetch, client_of(caller_), bytes, now);
    const std::int32_t throttled = throttle(broker_, caller_, by_bytes);
    if (throttled > 0) broker_.quotas().refund(QuotaKind::fetch, client_of(caller_), bytes, now);
    return throttled;
  }

  PartitionAnswer partition_answer(const FetchTarget& target, Outcome& outcome) const {
    PartitionAnswer answer;
    answer.partition_index = target.partition;
    answer.error_code = outcome.error;
    const FetchFacts facts = outcome.facts();
    answer.high_watermark = facts.high_watermark;
    answer.last_stable_offset = facts.last_stable;
    answer.log_start_offset = facts.log_start;
    if (request_.isolation_level == read_committed) {
      auto& aborted = answer.aborted_transactions.emplace();
      for (const AbortedTransaction& transaction : outcome.fetched.aborted) {
        aborted.push_back({transaction.producer.value(), transaction.first.value()});
      }
    }
    if (!outcome.fetched.batches.empty()) answer.records.slices.push_back(std::move(outcome.fetched.batches));
    return answer;
  }

  Broker& broker_;
  const Caller& caller_;
  const kafka::FetchRequest& request_;
  const bool by_id_;
  const std::int64_t most_bytes_, min_bytes_;
  FetchSessions::Opened opened_;
  std::vector<Outcome> outcomes_;  // one a target
  std::int64_t bytes_ = 0;
  bool any_error_ = false;
};

}  // namespace

kafka::FetchResponse handle(Broker& broker, const Caller& caller, const kafka::FetchRequest& request) {
  return Fetch(broker, caller, request).run();
}

}  // namespace tickerlake::broker
