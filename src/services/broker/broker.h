#pragma once
// A single-node Kafka broker: the topics of one folder, served to the clients of one listener.
#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "io/socket.h"
#include "io/tcp_server.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/decompressions.h"
#include "services/broker/request_memory.h"

namespace tickerlake::broker {

class FetchSessions;  // fetch_sessions.h: default-constructible, thread-safe
class BrokerConfigs;
class Groups;
class ProducerIds;
class Topics;
class Transactions;

/// Of a connection between two requests; Kafka's connections.max.idle.ms.
inline constexpr std::chrono::milliseconds longest_idle{600'000};

struct BrokerOptions {
  io::Path directory;       // made if missing; holds the topics, the cluster id and the producer ids
  io::Endpoint advertised;  // what clients are told to connect to; an empty host or port 0: the listener's own
  std::int32_t node_id = 1;
  std::string cluster_id;  // empty: made on the first start and kept
  bool auto_create_topics = true;
  std::int32_t default_partitions = 1;                     // num.partitions
  std::int64_t group_retention_ms = 7 * 24 * 3'600'000ll;  // offsets.retention.minutes, of groups without members
  std::int32_t transaction_max_timeout_ms = 900'000;       // transaction.max.timeout.ms
  std::int64_t transactional_id_expiration_ms = 7 * 24 * 3'600'000ll;  // transactional.id.expiration.ms
  std::chrono::milliseconds idle_timeout = longest_idle;
  int max_connections = io::max_connections;
  std::map<std::string, std::string, std::less<>> live_settings;  // those of broker_configs.h, by Kafka's names
  std::chrono::milliseconds retention_check_interval{300'000};    // log.retention.check.interval.ms
  bool log_cleaner = true;                                        // log.cleaner.enable
  Metrics metrics;                                                // where it counts
  std::chrono::milliseconds slow_request{1'000};                  // requests that take so long are logged
};

/// Thread-safe. Lock order: Transactions before Groups before Topics before Partition.
class Broker {
 public:
  /// Recovers what the folder holds and serves at once.
  static Result<std::unique_ptr<Broker>> start(BrokerOptions options, io::Listener listener, Log log);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Ends long polls and connections, then closes the logs cleanly. The destructor does it too.
  void stop();

  // What the handlers in api/ work with.
  const BrokerOptions& options() const { return options_; }  // cluster id and advertised endpoint filled in
  BrokerConfigs& configs() { return *configs_; }
  Topics& topics() { return *topics_; }
  Groups& groups() { return *groups_; }
  Transactions& transactions() { return *transactions_; }
  ProducerIds& producer_ids() { return *producer_ids_; }
  FetchSessions& fetch_sessions() { return *fetch_sessions_; }
  RequestMemory& request_memory() { return request_memory_; }
  Decompressions& decompressions() { return decompressions_; }
  const BrokerMetrics& metrics() const { return metrics_; }
  int connections() const { return server_->connections(); }
  const Clock& clock() const { return clock_; }
  const Log& log() const { return log_; }

 private:
  Broker(BrokerOptions options, Log log);

  // constant after start()
  BrokerOptions options_;
  const Log log_;
  const BrokerMetrics metrics_;
  SystemClock clock_;
  std::unique_ptr<BrokerConfigs> configs_;
  std::unique_ptr<Topics> topics_;
  std::unique_ptr<ProducerIds> producer_ids_;
  std::unique_ptr<Groups> groups_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<FetchSessions> fetch_sessions_;
  RequestMemory request_memory_;
  Decompressions decompressions_;
  std::unique_ptr<io::TcpServer> server_;  // last: its connections use all the others
};

}  // namespace tickerlake::broker
