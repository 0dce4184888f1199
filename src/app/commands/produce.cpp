#include <fmt/core.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <map>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "kafka/client/reporting_producer.h"

namespace tickerlake::app {
namespace {

/// Lines of stdin, without a thread and without waiting for long: between them acknowledgements are shown.
class Lines {
 public:
  /// The next line without its end; nothing when none is there yet.
  std::optional<std::string> next(std::chrono::milliseconds wait) {
    if (auto line = take()) return line;
    if (ended_) return std::nullopt;
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    if (::poll(&input, 1, static_cast<int>(wait.count())) <= 0) return std::nullopt;
    std::array<char, 65536> bytes;
    const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
    if (count > 0) rest_.append(bytes.data(), static_cast<std::size_t>(count));
    ended_ = count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN);
    return take();
  }
  bool ended() const { return ended_ && at_ == rest_.size(); }

 private:
  std::optional<std::string> take() {
    std::size_t end = rest_.find('\n', std::max(at_, searched_));
    if (end == std::string::npos) {
      searched_ = rest_.size();
      if (!ended_ || at_ == rest_.size()) {
        rest_.erase(0, at_);
        searched_ -= at_;
        at_ = 0;
        return std::nullopt;
      }
      end = rest_.size();
    }
    std::string line = rest_.substr(at_, end - at_);
    at_ = std::min(end + 1, rest_.size());
    return line;
  }
  std::string rest_;  // read, and from at_ on not given yet
  std::size_t at_ = 0, searched_ = 0;
  bool ended_ = false;
};

/// Shows what became of the records, and counts.
class Deliveries {
 public:
  explicit Deliveries(const ProduceOptions& options) : options_(options) {}

  /// In the order of the records, whichever broker answered first.
  void show(const std::vector<kafka::Delivery>& deliveries) {
    for (const kafka::Delivery& delivery : deliveries) waiting_[delivery.number] = delivery;
    while (!waiting_.empty() && waiting_.begin()->first == next_) {
      count(waiting_.begin()->second);
      waiting_.erase(waiting_.begin());
      ++next_;
    }
    std::fflush(stdout);
  }
  std::int64_t acknowledged() const { return acknowledged_; }
  std::int64_t failed() const { return failed_; }

 private:
  void count(const kafka::Delivery& delivery) {
    constexpr const char* row = "{:>6}  {:>9}  {:>8}  {}\n";
    failed_ += delivery.error.has_value();
    acknowledged_ += !delivery.error && delivery.offset >= 0;
    if (options_.quiet && !delivery.error) return;
    if (!headed_) fmt::print(fmt::runtime(row), "record", "partition", "offset", "acknowledged");
    headed_ = true;
    const std::string partition = delivery.partition < 0 ? "?" : std::to_string(delivery.partition);
    const std::string offset = delivery.offset < 0 ? "?" : std::to_string(delivery.offset);
    fmt::print(fmt::runtime(row), delivery.number + 1, partition, offset,
               delivery.error ? "no: " + delivery.error->message : by());
  }
  std::string by() const {
    switch (options_.acks) {
      case kafka::Acks::none:
        return "not asked for";
      case kafka::Acks::leader:
        return "by the leader";
      case kafka::Acks::all:
        return "by all in-sync replicas";
    }
    return "";
  }
  const ProduceOptions& options_;
  bool headed_ = false;
  std::int64_t acknowledged_ = 0, failed_ = 0;
  std::map<std::uint64_t, kafka::Delivery> waiting_;  // for those of earlier records
  std::uint64_t next_ = 0;
};

Result<std::int64_t> produce(const ProduceOptions& options, Context& context, Deliveries& deliveries) {
  TRY(const auto settings, kafka_settings(options.kafka));
  TRY(const auto timeout, parse_duration(options.timeout));
  TRY(const auto admin, kafka::Admin::create(settings, context.log));
  TRY(const int partitions, partitions_of(*admin, options.topic));
  TRY(const auto producer,
      kafka::ReportingProducer::create(settings, options.topic, options.acks, timeout, context.log));
  if (options.partition && *options.partition >= partitions) {
    return fail(ErrorCode::not_found,
                fmt::format("topic {} has the partitions 0 to {}", options.topic, partitions - 1));
  }
  const auto show = [&](std::chrono::milliseconds wait) -> Result<void> {
    TRY(const auto told, producer->poll(wait));
    deliveries.show(told);
    return {};
  };
  constexpr std::chrono::milliseconds moment{20};
  std::int64_t sent = 0;
  Lines lines;
  while (!context.interrupt.requested() && !lines.ended()) {
    const auto line = lines.next(producer->in_queue() > 0 ? moment : 5 * moment);
    if (line) {
      std::optional<std::string_view> key;
      std::string_view value = *line;
      if (!options.key_separator.empty()) {
        const std::size_t at = value.find(options.key_separator);
        if (at == std::string_view::npos) {
          return fail(ErrorCode::invalid_argument,
                      fmt::format("line {}: there is no \"{}\" in it", sent + 1, options.key_separator));
        }
        key = value.substr(0, at);
        value.remove_prefix(at + options.key_separator.size());
      }
      while (true) {
        TRY(const bool taken, producer->produce(options.partition.value_or(-1), key, value));
        if (taken) break;
        CHECK(show(moment));
      }
      ++sent;
    }
    CHECK(show(std::chrono::milliseconds(0)));
  }
  // Each record's time is limited by itself, so this ends.
  while (producer->in_queue() > 0 && !context.interrupt.requested()) CHECK(show(moment));
  return sent;
}

}  // namespace

int run_produce(const ProduceOptions& options, Context& context) {
  Deliveries deliveries(options);
  const auto sent = produce(options, context, deliveries);
  if (!sent) return report("produce", sent.error());
  fmt::print(stderr, "{} records sent, {} acknowledged\n", grouped(*sent), grouped(deliveries.acknowledged()));
  if (deliveries.failed() > 0) return ExitCode::failed;
  return context.interrupt.requested() ? ExitCode::interrupted : ExitCode::done;
}

}  // namespace tickerlake::app
