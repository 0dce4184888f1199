#pragma once
// A cluster as its clients see it: who leads what, and connections to the brokers.
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/time.h"
#include "kafka/client/connection.h"
#include "kafka/client/settings.h"
#include "kafka/client/watermarks.h"
#include "kafka/wire/metadata.h"

namespace tickerlake::kafka {

inline constexpr std::int32_t no_node = -1;

/// What a broker's code means to a client: passing things are unavailable or timeout.
Error to_error(KafkaError code, const std::string& what);
/// Asking again, perhaps another broker, can help.
bool is_passing(KafkaError code);

/// Who leads a partition. Each election counts the epoch up, so of two answers the one with the larger epoch is newer.
struct Leader {
  std::int32_t node = no_node;
  std::int32_t epoch = -1;  // before Kafka 2.1
  bool operator==(const Leader&) const = default;
};

/// A topic as a broker told it.
struct TopicView {
  KafkaError error = KafkaError::none;  // unknown_topic_or_partition: there is none
  Uuid id;                              // zero before Kafka 2.8
  std::vector<Leader> leaders;          // by partition; no_node while there is none
};

/// Not thread-safe, but for cancel(). Errors: unavailable (no broker answers), timeout, unauthorized, cancelled, …
class Cluster {
 public:
  /// ErrorCode::invalid_argument for a bad list of brokers, not_found for missing certificates, unsupported for what
  /// only librdkafka has. Nothing is connected yet.
  static Result<std::unique_ptr<Cluster>> create(const ClientSettings& settings, const Log& log);

  /// Ends what waits, now and from now on. Thread-safe.
  void cancel();
  const std::atomic<bool>& cancelled() const { return cancelled_; }
  Patience for_at_most(std::chrono::milliseconds time) const {
    return {std::chrono::steady_clock::now() + time, &cancelled_};
  }
  io::Waiter& waiter() { return waiter_; }

  /// Asks whichever broker answers, one after the other.
  template <class Request>
  Result<typename Request::Response> ask_any(const Request& request, const Patience& patience,
                                             std::int16_t most = Request::api.versions.last) {
    while (true) {
      TRY(Connection * connection, any(patience));
      auto answer = connection->call(request, attempt(patience), most);
      if (answer || answer.error().code == ErrorCode::unsupported) return answer;
      any_.reset();
      if (patience.is_over()) return answer;
      log_.debug("{}", answer.error().message);
    }
  }
  /// Asks one broker, once.
  template <class Request>
  Result<typename Request::Response> ask(std::int32_t node, const Request& request, const Patience& patience,
                                         std::int16_t most = Request::api.versions.last) {
    TRY(const Answer answer, ask_raw(node, request, patience, most));
    auto decoded = Connection::decode<typename Request::Response>(Request::api, answer);
    if (!decoded) disconnect(node);
    return decoded;
  }
  /// The same, for answers with views into their own bytes.
  template <class Request>
  Result<Answer> ask_raw(std::int32_t node, const Request& request, const Patience& patience,
                         std::int16_t most = Request::api.versions.last) {
    TRY(Connection * connection, connect(node, patience));
    auto answer = connection->exchange(request, attempt(patience), most);
    if (!answer) disconnect(node);
    return answer;
  }

  /// Whichever broker's view; it also tells where the brokers are.
  Result<MetadataResponse> metadata(const MetadataRequest& request, const Patience& patience);
  /// A leader older than one that was told of before counts as none: a broker that slept does not know of elections.
  Result<TopicView> topic(const std::string& name, const Patience& patience);
  /// The same from every broker that answers soon, so that none is believed that slept.
  Result<TopicView> newest_topic(const std::string& name, const Patience& patience);
  /// The next question goes to another broker.
  void ask_another() { any_.reset(); }
  Result<std::string> cluster_id(const Patience& patience);
  /// How many partitions the topic has, nothing if there is no such topic.
  Result<std::optional<int>> partitions(const std::string& topic, const Patience& patience);
  /// Waits until every partition has a leader.
  Result<void> wait_for_leaders(const std::string& topic, const Patience& patience);
  /// Where a partition begins and ends, to one who does not read open transactions.
  Result<Watermarks> watermarks(const std::string& topic, std::int32_t partition, const Patience& patience);
  /// The first offset whose record is as young as the time or younger; the partition's end if there is none.
  Result<std::int64_t> offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                 const Patience& patience);

  /// The connection to a broker, made if there is none.
  Result<Connection*> connect(std::int32_t node, const Patience& patience);
  /// The connection if there is one.
  Connection* connection(std::int32_t node);
  void disconnect(std::int32_t node) { connections_.erase(node); }
  /// A broker that is not in the metadata yet: a group's coordinator.
  void learn(std::int32_t node, io::Endpoint at) { nodes_[node] = std::move(at); }
  const std::map<std::int32_t, io::Endpoint>& nodes() const { return nodes_; }

 private:
  Cluster(std::vector<io::Endpoint> bootstrap, ClientSecurity security, const Log& log)
      : bootstrap_(std::move(bootstrap)), security_(std::move(security)), log_(log) {}
  Result<Connection*> any(const Patience& patience);
  /// One request's share of the patience: a broker that is silent must not use all of it.
  static Patience attempt(const Patience& patience);
  void pass_over_older(const std::string& name, TopicView& view);
  /// ListOffsets of the partition's leader, for one time after the other.
  Result<std::vector<std::int64_t>> offsets_at(const std::string& topic, std::int32_t partition,
                                               std::span<const std::int64_t> times, const Patience& patience);

  struct Newest {
    Uuid topic_id;
    std::vector<std::int32_t> epochs;  // by partition
  };

  const std::vector<io::Endpoint> bootstrap_;
  const ClientSecurity security_;
  const Log log_;
  io::Waiter waiter_;
  std::atomic<bool> cancelled_ = false;
  std::map<std::int32_t, io::Endpoint> nodes_;
  std::map<std::int32_t, std::unique_ptr<Connection>> connections_;
  std::map<std::string, Newest> newest_;  // by topic
  std::unique_ptr<Connection> any_;
  std::size_t next_ = 0;  // which broker to try next
};

}  // namespace tickerlake::kafka
