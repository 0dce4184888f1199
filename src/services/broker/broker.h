#pragma once
// A single-node Kafka broker: the topics of one folder, served to the clients of its listeners.
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/time.h"
#include "io/file.h"
#include "io/socket.h"
#include "io/tcp_server.h"
#include "services/broker/broker_metrics.h"
#include "services/broker/decompressions.h"
#include "services/broker/groups/group_options.h"
#include "services/broker/quotas/client_quotas.h"
#include "services/broker/request_memory.h"
#include "services/broker/security/admission.h"
#include "services/broker/security/settings.h"

namespace tickerlake::broker {

class FetchSessions;  // fetch_sessions.h: default-constructible, thread-safe
class BrokerConfigs;
class GroupConfigs;
class Groups;
class ProducerIds;
class ShareSessions;  // share/share_sessions.h: default-constructible, thread-safe
class ShareStates;
class Security;  // security/security.h
class Topics;
class Transactions;

/// Of a connection between two requests; Kafka's connections.max.idle.ms.
inline constexpr std::chrono::milliseconds longest_idle{600'000};

struct BrokerOptions {
  io::Path directory;         // made if missing; holds the topics, the cluster id and the producer ids
  SecuritySettings security;  // its listeners in the order of the sockets; none: a PLAINTEXT one
  std::int32_t node_id = 1;
  std::string cluster_id;  // empty: made on the first start and kept
  bool auto_create_topics = true;
  std::int32_t default_partitions = 1;  // num.partitions
  GroupOptions groups;
  std::int32_t transaction_max_timeout_ms = 900'000;                   // transaction.max.timeout.ms
  std::int64_t transactional_id_expiration_ms = 7 * 24 * 3'600'000ll;  // transactional.id.expiration.ms
  std::chrono::milliseconds idle_timeout = longest_idle;
  int max_connections = io::max_connections;
  std::map<std::string, std::string, std::less<>> live_settings;  // those of broker_configs.h, by Kafka's names
  std::chrono::milliseconds retention_check_interval{300'000};    // log.retention.check.interval.ms
  bool log_cleaner = true;                                        // log.cleaner.enable
  QuotaWindow quota_window;                                       // quota.window.num, quota.window.size.seconds
  QuotaWindow mutation_quota_window;                              // controller.quota.window.num, …size.seconds
  Metrics metrics;                                                // where it counts
  std::chrono::milliseconds slow_request{1'000};                  // requests that take so long are logged
};

/// Thread-safe. Lock order: Transactions before Groups before ShareStates before Topics before Partition.
class Broker {
 public:
  /// Recovers what the folder holds and serves at once.
  static Result<std::unique_ptr<Broker>> start(BrokerOptions options, std::vector<io::Listener> sockets, Log log);
  ~Broker();
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  /// Ends long polls and connections, then closes the logs cleanly. The destructor does it too.
  void stop();

  // What the handlers in api/ work with.
  const BrokerOptions& options() const { return options_; }  // the cluster id filled in
  BrokerConfigs& configs() { return *configs_; }
  Topics& topics() { return *topics_; }
  Groups& groups() { return *groups_; }
  GroupConfigs& group_configs() { return *group_configs_; }
  ShareStates& shares() { return *shares_; }
  ShareSessions& share_sessions() { return *share_sessions_; }
  Transactions& transactions() { return *transactions_; }
  ProducerIds& producer_ids() { return *producer_ids_; }
  FetchSessions& fetch_sessions() { return *fetch_sessions_; }
  RequestMemory& request_memory() { return request_memory_; }
  Decompressions& decompressions() { return decompressions_; }
  const BrokerMetrics& metrics() const { return metrics_; }
  Security& security() { return *security_; }
  Admission& admission() { return admission_; }
  ClientQuotas& quotas() { return quotas_; }
  int connections() const;
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
  std::unique_ptr<GroupConfigs> group_configs_;
  std::unique_ptr<Groups> groups_;
  std::unique_ptr<Transactions> transactions_;
  std::unique_ptr<FetchSessions> fetch_sessions_;
  RequestMemory request_memory_;
  Decompressions decompressions_;
  std::unique_ptr<Security> security_;
  Admission admission_;
  std::unique_ptr<ShareStates> shares_;
  std::unique_ptr<ShareSessions> share_sessions_;
  ClientQuotas quotas_;
  std::vector<std::unique_ptr<io::TcpServer>> servers_;  // last: their connections use all the others
};

}  // namespace tickerlake::broker
