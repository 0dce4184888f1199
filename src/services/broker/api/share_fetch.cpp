// ShareFetch: records for a member of a share group, with acknowledgements of earlier ones.
#include <algorithm>
#include <chrono>

#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/api/share_requests.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/groups/groups.h"
#include "services/broker/security/access.h"
#include "services/broker/share/share_reader.h"
#include "services/broker/share/share_states.h"
#include "services/broker/throttle.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ShareFetchRequest;
using kafka::ShareFetchResponse;
using PartitionAnswer = ShareFetchResponse::Topic::Partition;
using std::chrono::steady_clock;

constexpr std::int64_t max_share_fetch_bytes = 55_MiB;        // fetch.max.bytes of the broker
constexpr std::chrono::milliseconds hang_up_interval{1'000};  // how often a long poll looks whether its client is there
constexpr std::int8_t exactly_max_records = 1;

/// One fetch of a member being answered.
class ShareFetch {
 public:
  ShareFetch(Broker& broker, const Caller& caller, const ShareFetchRequest& request, const ShareMember& member,
             std::vector<ShareTarget> targets)
      : broker_(broker),
        caller_(caller),
        request_(request),
        member_(member),
        targets_(std::move(targets)),
        settings_(broker.group_configs().share_settings_of(member.group)) {
    // Each request begins with another partition, so that all get their turn when answers are full.
    if (targets_.empty()) return;
    const auto turn = static_cast<std::size_t>(request.share_session_epoch) % targets_.size();
    std::ranges::rotate(targets_, targets_.begin() + static_cast<std::ptrdiff_t>(turn));
  }

  std::int64_t answered_bytes() const { return answered_bytes_; }
  std::map<ShareTarget, PartitionAnswer> run() {
    const bool wants_records = request_.max_records > 0 && request_.max_bytes > 0;
    if (targets_.empty() || !wants_records) return std::move(answers_);
    const auto deadline = steady_clock::now() + std::chrono::milliseconds(std::max(request_.max_wait_ms, 0));
    FetchSignal signal;
    const ShareStates::Watch released(broker_.shares(), member_.group, signal);
    std::vector<Partition::Watch> watches;
    for (const ShareTarget& target : targets_) {
      if (const auto found = find(target)) watches.emplace_back(found->partition, signal);
    }
    is_first_of_group_ = std::ranges::any_of(targets_, [this](const ShareTarget& target) {
      const auto position = broker_.shares().position(key_of(target));
      return position && !position->start;
    });
    while (true) {
      const auto now = steady_clock::now();
      read_all(now >= deadline);
      is_first_of_group_ = false;
      if (is_done() || now >= deadline || broker_.topics().stopping() || caller_.has_left()) break;
      if (std::exchange(is_behind_, false)) continue;
      signal.wait_until(std::min({deadline, now + hang_up_interval, next_expiry(now)}));
    }
    return std::move(answers_);
  }

 private:
  /// What a partition could give.
  struct Candidate {
    ShareTarget target;
    Offset from;
    ShareBatches batches;
  };

  std::expected<FoundPartition, KafkaError> find(const ShareTarget& target) const {
    return find_permitted(caller_, Operation::read, broker_.topics(), true, target.topic, "", target.partition);
  }
  ShareKey key_of(const ShareTarget& target) const { return {member_.group, target.topic, target.partition}; }
  bool is_done() const { return acquired_ > 0 || any_error_ || request_.max_wait_ms <= 0; }

  steady_clock::time_point next_expiry(steady_clock::time_point now) const {
    const auto expiry = broker_.shares().next_expiry(member_.group);
    if (!expiry) return steady_clock::time_point::max();
    return now + std::chrono::milliseconds(std::max<Milliseconds>(*expiry - steady_now(), 1));
  }

  /// Nothing is acquired before there are min_bytes, or the time is over.
  void read_all(bool is_last_time) {
    answers_.clear();
    any_error_ = false;
    std::vector<Candidate> candidates;
    std::int64_t bytes = 0;
    for (const ShareTarget& target : targets_) {
      if (auto candidate = read(target, bytes)) {
        bytes += candidate->batches.bytes();
        candidates.push_back(*std::move(candidate));
      }
    }
    if (bytes < std::min(request_.min_bytes, request_.max_bytes) && !is_last_time && !any_error_) return;
    if (is_first_of_group_ && !candidates.empty()) candidates.resize(1);
    for (const Candidate& candidate : candidates) acquire(candidate);
  }

  std::optional<Candidate> read(const ShareTarget& target, std::int64_t bytes_before) {
    const auto refuse = [&](KafkaError error) {
      answers_[target].error_code = error;
      any_error_ = true;
      return std::nullopt;
    };
    const auto found = find(target);
    if (!found) return refuse(found.error());
    const auto from = broker_.shares().next(key_of(target), *found->partition);
    if (!from) return refuse(from.error());
    answers_[target];
    if (!*from) return std::nullopt;  // as much is in flight as may be
    const std::int64_t most = std::min<std::int64_t>(request_.max_bytes, max_share_fetch_bytes) - bytes_before;
    auto batches = ShareBatches::read(*found->partition, **from, std::max<std::int64_t>(most, 0), bytes_before == 0,
                                      settings_.isolation);
    if (batches) return batches->bytes() == 0 ? std::nullopt : std::optional(Candidate{target, **from, *batches});
    switch (batches.error()) {
      case FetchError::out_of_range: {
        const Offset log_start = found->partition->offsets().log_start;
        // A position behind the end waits for the log to come there.
        if (log_start <= **from) return std::nullopt;
        broker_.shares().move_start(key_of(target), log_start);  // retention has taken what was next
        is_behind_ = true;
        return std::nullopt;
      }
      case FetchError::closed:
        return refuse(closed_error(broker_.topics(), true));
      case FetchError::corrupt:
        return refuse(KafkaError::corrupt_message);
      case FetchError::storage:
        break;
    }
    return refuse(KafkaError::kafka_storage_error);
  }

  void acquire(const Candidate& candidate) {
    const std::int64_t left = request_.max_records - acquired_;
    if (left <= 0) return;
    const SharePartition::AcquireAsk ask{member_.id, candidate.from, static_cast<std::int32_t>(left),
                                         request_.batch_size, request_.share_acquire_mode == exactly_max_records};
    const auto records = broker_.shares().acquire(key_of(candidate.target), ask, candidate.batches.ranges());
    if (records.empty()) {
      // Everything was aborted: on with what comes behind it.
      const auto found = find(candidate.target);
      if (!found) return;
      const auto next = broker_.shares().next(key_of(candidate.target), *found->partition);
      is_behind_ = is_behind_ || (next && *next && **next > candidate.from);
      return;
    }
    PartitionAnswer& answer = answers_[candidate.target];
    for (const AcquiredRecords& range : records) {
      answer.acquired_records.push_back({range.first.value(), range.last.value(), range.delivery_count});
      acquired_ += range.last - range.first + 1;
    }
    auto slice = candidate.batches.slice(records.front().first, records.back().last);
    broker_.metrics().bytes_out.add(static_cast<std::uint64_t>(slice.length));
    answered_bytes_ += slice.length;
    if (!slice.empty()) answer.records.slices.push_back(std::move(slice));
  }

  Broker& broker_;
  const Caller& caller_;
  const ShareFetchRequest& request_;
  const ShareMember& member_;
  std::vector<ShareTarget> targets_;
  const ShareGroupSettings settings_;
  std::map<ShareTarget, PartitionAnswer> answers_;
  std::int64_t acquired_ = 0, answered_bytes_ = 0;
  bool any_error_ = false;
  // The group begins with a partition here. Kafka answers when the state of the first one has been read, so that the
  // one who comes first doesn't get all there is; members that join together count on it.
  bool is_first_of_group_ = false;
  bool is_behind_ = false;  // there is more to read at once
};

/// A member that renews locks fetches nothing: a long poll could outlast what it renews (KIP-1222).
bool renews_and_fetches(const ShareFetchRequest& request) {
  return request.is_renew_ack &&
         (request.max_bytes != 0 || request.min_bytes != 0 || request.max_records != 0 || request.max_wait_ms != 0);
}

/// There are as many sessions as may be: the client shall not ask again at once.
void wait_idly(Broker& broker, const Caller& caller, std::int32_t wait_ms) {
  const auto deadline = steady_clock::now() + std::chrono::milliseconds(std::max(wait_ms, 0));
  FetchSignal nobody;
  while (!broker.topics().stopping() && !caller.has_left()) {
    const auto now = steady_clock::now();
    if (now >= deadline) return;
    nobody.wait_until(std::min(deadline, now + hang_up_interval));
  }
}

bool has_acknowledgements(const ShareFetchRequest& request) {
  return std::ranges::any_of(request.topics, [](const auto& topic) {
    return std::ranges::any_of(topic.partitions,
                               [](const auto& partition) { return !partition.acknowledgement_batches.empty(); });
  });
}

}  // namespace

ShareFetchResponse handle(Broker& broker, const Caller& caller, const ShareFetchRequest& request) {
  ShareFetchResponse response;
  const auto refuse = [&](KafkaError error, std::optional<std::string> message = std::nullopt) {
    response.error_code = error;
    response.error_message = std::move(message);
    return response;
  };
  if (!request.group_id) return refuse(KafkaError::invalid_request, "Invalid group id in the request.");
  if (!may_group(caller, Operation::read, *request.group_id)) return refuse(KafkaError::group_authorization_failed);
  if (!request.member_id || !is_share_member_id(*request.member_id)) {
    return refuse(KafkaError::invalid_request, "Invalid member id in the request.");
  }
  if (renews_and_fetches(request)) {
    return refuse(KafkaError::invalid_request,
                  "maxBytes, minBytes, maxRecords and maxWaitMs must be set to 0 if isRenewAck is true.");
  }
  if (request.share_session_epoch == first_session_epoch && has_acknowledgements(request)) {
    return refuse(KafkaError::invalid_request, "a session can't begin with acknowledgements");
  }
  const ShareMember member{*request.group_id, *request.member_id};
  auto opened = broker.share_sessions().open(member, request, caller.session);
  if (opened.error == KafkaError::share_session_limit_reached) wait_idly(broker, caller, request.max_wait_ms);
  if (opened.error != KafkaError::none) return refuse(opened.error);

  const auto acknowledged = acknowledge(broker, caller, member, request.topics, request.is_renew_ack);
  if (request.share_session_epoch == last_session_epoch) {
    broker.share_sessions().close(member);
    broker.shares().release(member.group, member.id);
  }
  ShareFetch fetch(broker, caller, request, member, std::move(opened.targets));
  auto answers = fetch.run();
  // Who is throttled gets the records all the same: they are acquired.
  const auto by_bytes = broker.quotas().charge(QuotaKind::fetch, client_of(caller),
                                               static_cast<double>(fetch.answered_bytes()), steady_clock::now());
  response.throttle_time_ms = throttle(broker, caller, by_bytes);
  std::erase_if(answers, [&](const auto& answer) {
    const bool has_error = answer.second.error_code != KafkaError::none;
    const bool has_records = !answer.second.acquired_records.empty();
    const bool must = broker.share_sessions().must_answer(member, answer.first, has_records, has_error);
    return !must && !opened.is_new;
  });
  for (const auto& [target, error] : acknowledged.errors) answers[target].acknowledge_error_code = error;
  if (acknowledged.behind > Offset()) broker.shares().wait_durable(acknowledged.behind);

  response.acquisition_lock_timeout_ms = broker.group_configs().share_settings_of(member.group).record_lock_ms;
  for (auto& [target, answer] : answers) {
    if (response.responses.empty() || response.responses.back().topic_id != target.topic) {
      response.responses.push_back({target.topic, {}});
    }
    answer.partition_index = target.partition;
    response.responses.back().partitions.push_back(std::move(answer));
  }
  return response;
}

}  // namespace tickerlake::broker
