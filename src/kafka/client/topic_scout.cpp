#include "kafka/client/topic_scout.h"

#include <algorithm>

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds tail_time{3'000};         // for one partition's tail; then the next is looked at
constexpr milliseconds most_time_short{30'000};  // that a log may end before what it acknowledged, before it is lost
constexpr std::int16_t last_version_without_name = 2;  // of the program that asks

}  // namespace

TopicScout::TopicScout(std::unique_ptr<Cluster> cluster, std::function<void()> wake, const Log& log)
    : cluster_(std::move(cluster)), wake_(std::move(wake)), log_(log), lookup_(*cluster_, log_), thread_([this] {
        run();
      }) {}

TopicScout::~TopicScout() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
    changed_.notify_all();
  }
  cluster_->cancel();
  thread_.join();
}

bool TopicScout::send(Errand errand) {
  MutexLock lock(mutex_);
  if (busy_ || report_) return false;
  busy_ = true;
  errand_ = std::move(errand);
  changed_.notify_all();
  return true;
}

std::optional<TopicScout::Report> TopicScout::take() {
  MutexLock lock(mutex_);
  return std::exchange(report_, std::nullopt);
}

void TopicScout::run() {
  while (true) {
    std::optional<Errand> errand;
    {
      MutexLock lock(mutex_);
      while (!errand_ && !closing_) changed_.wait(mutex_);
      if (closing_) return;
      errand.swap(errand_);
    }
    Report report = go(*errand);
    {
      MutexLock lock(mutex_);
      report_ = std::move(report);
      busy_ = false;
    }
    wake_();
  }
}

TopicScout::Report TopicScout::go(const Errand& errand) {
  Report report{.topic = errand.topic, .view = {}, .nodes = {}, .answers = {}, .failure = {}};
  if (succeeded_.exchange(false, std::memory_order_relaxed)) lookup_.succeeded();
  if (errand.topic != topic_) {
    topic_ = errand.topic;
    lookup_.forget();
    too_short_since_.clear();
  } else {
    while (!lookup_.is_due() && !cluster_->cancelled()) cluster_->waiter().wait({}, lookup_.rest(milliseconds(1'000)));
  }
  auto view = lookup_.look(errand.topic, errand.topic_id);
  if (!view) {
    report.failure = std::move(view).error();
    return report;
  }
  report.view = *std::move(view);
  if (!report.view) return report;
  report.nodes = cluster_->nodes();
  std::vector<std::int32_t> silent;  // a dead broker costs its time-out once
  for (const Question& question : errand.questions)
    if (!report.failure && !cluster_->cancelled()) ask(errand, question, report, silent);
  return report;
}

void TopicScout::ask(const Errand& errand, const Question& question, Report& report,
                     std::vector<std::int32_t>& silent) {
  const auto index = static_cast<std::size_t>(question.partition);
  if (index >= report.view->leaders.size()) return;
  const Leader leader = report.view->leaders[index];
  if (leader.node == no_node || std::ranges::find(silent, leader.node) != silent.end()) return;
  const Patience patience = cluster_->for_at_most(tail_time);
  std::optional<LogTail> tail;
  Result<void> asked;
  if (question.from) {
    auto read = read_log_tail(*cluster_, errand.topic, report.view->id, question.partition, leader, *question.from,
                              errand.producer, patience);
    if (read && !(*read && is_believable(question, **read))) return;
    if (read) tail = *std::move(read);
    if (!read) asked = std::unexpected(std::move(read).error());
  } else {
    auto answer = cluster_->ask(leader.node, ApiVersionsRequest{}, patience, last_version_without_name);
    if (!answer) asked = std::unexpected(std::move(answer).error());
  }
  if (asked) {
    report.answers[question.partition] = std::move(tail);
    return;
  }
  log_.debug("broker {}: {}", leader.node, asked.error().message);
  if (asked.error().code == ErrorCode::unauthorized || asked.error().code == ErrorCode::unsupported) {
    report.failure = std::move(asked).error();
  } else if (cluster_->connection(leader.node) == nullptr) {
    silent.push_back(leader.node);
  }
}

/// A log that ends before what it acknowledged: that of a broker which slept, until it has lasted for long.
bool TopicScout::is_believable(const Question& question, const LogTail& tail) {
  if (tail.end >= question.least) {
    too_short_since_.erase(question.partition);
    return true;
  }
  const auto now = steady_clock::now();
  return now - too_short_since_.try_emplace(question.partition, now).first->second > most_time_short;
}

}  // namespace tickerlake::kafka
