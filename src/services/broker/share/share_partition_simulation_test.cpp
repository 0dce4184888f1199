// Random share-partitions against a model that knows of each record by itself: whatever members do, both agree on what
// is delivered and on what is stored.
#include <gtest/gtest.h>

#include <random>

#include "services/broker/share/share_partition.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;

/// A record as the model sees it.
struct ModelRecord {
  RecordState state = RecordState::available;
  std::int16_t deliveries = 0;
  std::string member;
  Milliseconds lock_ends = 0;
};

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed) : random_(seed) {
    settings_.max_record_locks = 40;
    settings_.record_lock_ms = 50;
    for (std::int64_t at = 0; at < log_end;) {
      const std::int64_t last = std::min(log_end - 1, at + pick(0, 9));
      batches_.push_back({Offset(at), Offset(last)});
      aborted_.push_back(pick(0, 7) == 0);
      at = last + 1;
    }
    records_.resize(log_end);
  }

  void run() {
    for (int step = 0; step < 400 && !testing::Test::HasFailure(); ++step) {
      now_ += pick(0, 10);
      expire();
      switch (pick(0, 9)) {
        case 0:
          release();
          break;
        case 1:
          restart();
          break;
        case 2:
          if (pick(0, 9) == 0) move_start();
          break;
        case 3:
        case 4:
        case 5:
          acquire();
          break;
        default:
          acknowledge();
      }
      compare();
    }
  }

 private:
  static constexpr std::int64_t log_end = 400;

  std::int64_t pick(std::int64_t low, std::int64_t high) {
    return std::uniform_int_distribution<std::int64_t>(low, high)(random_);
  }
  std::string pick_member() { return std::string(1, static_cast<char>('a' + pick(0, 2))); }
  ModelRecord& at(Offset offset) { return records_[static_cast<std::size_t>(offset.value())]; }

  void give_back(ModelRecord& record) {
    record.state = record.deliveries >= settings_.delivery_count_limit ? RecordState::archived : RecordState::available;
    record.member.clear();
  }
  void carry_out(const SharePartition::Plan& plan) {
    partition_.carry_out(plan, settings_, now_);
    journal_.insert(journal_.end(), plan.changes.begin(), plan.changes.end());
    stored_start_ = partition_.start();
  }

  void expire() {
    carry_out(partition_.plan_expiry(settings_, now_));
    for (ModelRecord& record : records_) {
      if (record.state == RecordState::acquired && record.lock_ends <= now_) give_back(record);
    }
  }
  void release() {
    const std::string member = pick_member();
    carry_out(partition_.plan_release(member, settings_));
    for (ModelRecord& record : records_) {
      if (record.state == RecordState::acquired && record.member == member) give_back(record);
    }
  }

  void acquire() {
    const Offset from = partition_.next();
    std::vector<OffsetRange> read, aborted;
    const auto most = static_cast<std::size_t>(pick(1, 6));
    for (std::size_t i = 0; i < batches_.size() && read.size() < most; ++i) {
      if (batches_[i].last < from) continue;
      read.push_back(batches_[i]);
      if (aborted_[i]) aborted.push_back(batches_[i]);
    }
    if (read.empty()) return;
    const std::string member = pick_member();
    const auto max_records = static_cast<std::int32_t>(pick(1, 20));
    const bool exactly = pick(0, 1) == 0;
    const std::int64_t in_flight = partition_.in_flight();
    const auto got = partition_.acquire({member, from, max_records, 5, exactly}, read, aborted, settings_, now_);
    std::int64_t count = 0;
    for (const AcquiredRecords& records : got) {
      for (Offset offset = records.first; offset <= records.last; ++offset) {
        ModelRecord& record = at(offset);
        ASSERT_EQ(record.state, RecordState::available) << offset.value();
        ++record.deliveries;
        ASSERT_EQ(record.deliveries, records.delivery_count) << offset.value();
        record.state = RecordState::acquired;
        record.member = member;
        record.lock_ends = now_ + settings_.record_lock_ms;
        ++count;
      }
    }
    if (exactly) {
      ASSERT_LE(count, max_records);
      ASSERT_LE(partition_.in_flight(), std::max<std::int64_t>(settings_.max_record_locks, in_flight));
    }
    // Aborted batches that were passed are nobody's.
    for (const OffsetRange& range : aborted) {
      for (Offset offset = range.first; offset <= range.last; ++offset) {
        ASSERT_NE(at(offset).state, RecordState::acquired);
      }
    }
  }

  void acknowledge() {
    const Offset first = partition_.start() + pick(-3, 30);
    const Offset last = first + pick(0, 12);
    const std::string member = pick_member();
    Acknowledgement batch{first, last, {}};
    const bool single = pick(0, 1) == 0;
    for (Offset offset = first; offset <= (single ? first : last); ++offset) {
      batch.types.push_back(static_cast<AcknowledgeType>(pick(0, 4)));
    }
    bool allowed = true;
    for (Offset offset = std::max(first, partition_.start()); offset <= last; ++offset) {
      if (offset >= partition_.end()) {
        allowed = false;
        break;
      }
      const ModelRecord& record = at(offset);
      allowed = allowed && record.state == RecordState::acquired && record.member == member;
    }
    const auto plan = partition_.plan(member, std::vector{batch}, settings_);
    ASSERT_EQ(plan.has_value(), allowed) << first.value() << '-' << last.value();
    if (!plan) return;
    const Offset start = partition_.start();
    carry_out(*plan);
    for (Offset offset = std::max(first, start); offset <= last; ++offset) {
      ModelRecord& record = at(offset);
      switch (batch.type_of(offset)) {
        case AcknowledgeType::accept:
          record.state = RecordState::acknowledged;
          break;
        case AcknowledgeType::release:
          give_back(record);
          break;
        case AcknowledgeType::renew:
          record.lock_ends = now_ + settings_.record_lock_ms;
          break;
        default:
          record.state = RecordState::archived;
      }
    }
  }

  void move_start() {
    const Offset to(std::min(log_end, partition_.start().value() + pick(0, 20)));
    partition_.move_start(to);
    for (Offset offset(0); offset < to; ++offset) at(offset).state = RecordState::archived;
  }

  /// From the journal, in which acquisitions are not: only what was acknowledged, released or expired.
  void restart() {
    SharePartition again(Offset(0));
    for (const StateBatch& change : journal_) again.restore(change);
    again.move_start(stored_start_);
    for (Offset offset = again.start(); offset < partition_.end(); ++offset) {
      ModelRecord& record = at(offset);
      if (record.state == RecordState::acquired) {
        record.state = RecordState::available;
        record.member.clear();
      }
    }
    partition_ = std::move(again);
    for (std::size_t i = 0; i < batches_.size(); ++i) {  // read again, they will be found to be aborted again
      for (Offset offset = std::max(batches_[i].first, partition_.start()); offset <= batches_[i].last; ++offset) {
        if (aborted_[i] && stored_state(offset) == RecordState::available) at(offset).state = RecordState::available;
      }
    }
    for (Offset offset = partition_.start(); offset.value() < log_end; ++offset) {
      ModelRecord& record = at(offset);
      if (record.state == RecordState::available) record.deliveries = stored_deliveries(offset);
    }
    SharePartition from_snapshot(partition_.start());
    for (const StateBatch& batch : partition_.stored()) from_snapshot.restore(batch);
    ASSERT_EQ(from_snapshot.stored(), partition_.stored());
  }
  StateBatch stored_batch(Offset offset) const {
    for (const StateBatch& batch : partition_.stored()) {
      if (batch.first <= offset && offset <= batch.last) return batch;
    }
    return {offset, offset, RecordState::available, 0};
  }
  std::int16_t stored_deliveries(Offset offset) const { return stored_batch(offset).delivery_count; }
  RecordState stored_state(Offset offset) const { return stored_batch(offset).state; }

  void compare() {
    // Aborted batches are archived when a read passes them, which the model learns from the partition.
    std::int64_t complete = 0;
    std::vector<RecordState> told(records_.size(), RecordState::available);
    for (const StateBatch& batch : partition_.stored()) {
      std::fill(told.begin() + batch.first.value(), told.begin() + batch.last.value() + 1, batch.state);
    }
    for (std::size_t i = 0; i < batches_.size(); ++i) {
      for (Offset offset = batches_[i].first; offset <= batches_[i].last; ++offset) {
        ModelRecord& record = at(offset);
        const bool is_behind_start = offset < partition_.start();
        const RecordState state =
            is_behind_start ? RecordState::archived : told[static_cast<std::size_t>(offset.value())];
        if (aborted_[i] && record.state == RecordState::available && is_complete(state)) record.state = state;
        if (is_behind_start) {
          ASSERT_TRUE(is_complete(record.state)) << offset.value();
          continue;
        }
        const RecordState expected = record.state == RecordState::acquired ? RecordState::available : record.state;
        ASSERT_EQ(is_complete(state), is_complete(expected)) << offset.value();
        complete += is_complete(state) ? 1 : 0;
      }
    }
    ASSERT_EQ(partition_.complete_count(), complete);
    if (partition_.start().value() < log_end && partition_.start() < partition_.end()) {
      ASSERT_FALSE(is_complete(at(partition_.start()).state));
    }
    ASSERT_LE(partition_.run_count(), static_cast<std::size_t>(2 * partition_.in_flight() + 1));
  }

  std::mt19937_64 random_;
  ShareGroupSettings settings_;
  std::vector<OffsetRange> batches_;
  std::vector<bool> aborted_;
  std::vector<ModelRecord> records_;
  SharePartition partition_{Offset(0)};
  std::vector<StateBatch> journal_;
  Offset stored_start_{};
  Milliseconds now_ = 0;
};

TEST(SharePartitionSimulation, agrees_with_a_model_of_single_records) {
  const std::uint64_t seed = std::random_device{}();
  for (std::uint64_t i = 0; i < 20 && !HasFailure(); ++i) {
    SCOPED_TRACE("seed " + std::to_string(seed + i));
    Simulation(seed + i).run();
  }
}

}  // namespace
}  // namespace tickerlake::broker
