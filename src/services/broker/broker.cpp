#include "services/broker/broker.h"

#include <unistd.h>

#include "services/broker/broker_configs.h"
#include "services/broker/connection.h"
#include "services/broker/fetch_sessions.h"
#include "services/broker/groups/group_configs.h"
#include "services/broker/groups/groups.h"
#include "services/broker/producer_ids.h"
#include "services/broker/security/security.h"
#include "services/broker/share/share_sessions.h"
#include "services/broker/share/share_states.h"
#include "services/broker/topics.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {
namespace {

Result<std::string> persistent_cluster_id(const io::Path& file, std::string given) {
  if (!given.empty()) return given;
  if (std::filesystem::exists(file)) {
    TRY(std::string id, io::read_file(file));
    while (!id.empty() && id.back() == '\n') id.pop_back();
    if (id.empty()) return fail(ErrorCode::corrupt, file.string() + " is empty");
    return id;
  }
  const std::string id = kafka::Uuid::random().text();
  CHECK(io::write_file_atomically(file, id + "\n"));
  return id;
}

/// Clients can't connect to "any address": they are told this machine's name instead.
std::string reachable(const std::string& host) {
  if (host != "0.0.0.0" && host != "::") return host;
  char name[256] = "localhost";
  gethostname(name, sizeof name - 1);
  return name;
}

/// The listeners' real ports, and what their clients are told.
void fill_in(std::vector<ListenerSettings>& listeners, const std::vector<io::Listener>& sockets) {
  listeners.resize(sockets.size());
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    ListenerSettings& listener = listeners[i];
    listener.at = sockets[i].endpoint();
    if (listener.advertised.host.empty()) listener.advertised.host = reachable(listener.at.host);
    if (listener.advertised.port == 0) listener.advertised.port = listener.at.port;
  }
}

}  // namespace

Broker::Broker(BrokerOptions options, Log log)
    : options_(std::move(options)),
      log_(std::move(log)),
      metrics_(options_.metrics, options_.slow_request),
      admission_(options_.security.max_connections_per_ip),
      quotas_(options_.metrics, options_.quota_window, options_.mutation_quota_window) {}

Result<std::unique_ptr<Broker>> Broker::start(BrokerOptions options, std::vector<io::Listener> sockets, Log log) {
  fill_in(options.security.listeners, sockets);
  Topics::Options topic_options;
  topic_options.max_partitions = partitions_for_files(io::raise_open_file_limit());
  topic_options.metrics = options.metrics;
  CHECK(io::make_directories(options.directory));
  TRY(options.cluster_id, persistent_cluster_id(options.directory / "cluster-id", options.cluster_id));

  std::unique_ptr<Broker> broker(new Broker(std::move(options), log));
  const BrokerOptions& set = broker->options_;
  TRY(broker->configs_, BrokerConfigs::open(set.directory / "broker-configs", set.live_settings));
  const LiveSettings live = broker->configs_->live();
  topic_options.inherited = live.inherited;
  topic_options.cleaner = live.cleaner;
  topic_options.cleaner.enabled = set.log_cleaner;
  topic_options.producer_expiration_ms = live.producer_expiration_ms;
  topic_options.retention_interval = set.retention_check_interval;
  TRY(broker->topics_, Topics::open(set.directory, topic_options, broker->clock_, log));
  broker->configs_->start([&topics = *broker->topics_, &set](const LiveSettings& changed) -> Result<void> {
    CHECK(topics.set_inherited(changed.inherited));
    CleanerSettings cleaner = changed.cleaner;
    cleaner.enabled = set.log_cleaner;
    topics.cleaner().set(cleaner);
    topics.set_producer_expiration(changed.producer_expiration_ms);
    return {};
  });
  TRY(broker->producer_ids_, ProducerIds::open(set.directory / "next-producer-id"));
  TRY(broker->group_configs_, GroupConfigs::open(set.directory / "group-configs", set.groups));
  TRY(broker->shares_,
      ShareStates::open({*broker->topics_, *broker->group_configs_, broker->clock_}, log.named("share-groups")));
  broker->share_sessions_ = std::make_unique<ShareSessions>();
  TRY(broker->groups_, Groups::open({*broker->topics_, *broker->group_configs_, *broker->shares_, broker->clock_},
                                    set.groups, log.named("groups")));
  TRY(broker->transactions_,
      Transactions::open({*broker->topics_, *broker->groups_, *broker->producer_ids_, broker->clock_},
                         {set.transaction_max_timeout_ms, set.transactional_id_expiration_ms},
                         log.named("transactions")));
  broker->fetch_sessions_ = std::make_unique<FetchSessions>();

  TRY(broker->security_, Security::open(set.security, set.directory, log));
  broker->quotas_.reload(broker->security_->store());

  io::TcpServer::Options limits;
  limits.max_connections = set.max_connections;
  limits.read_timeout = std::min(request_timeout, set.idle_timeout);
  for (std::size_t i = 0; i < sockets.size(); ++i) {
    const auto serve = [broker = broker.get(), &listener = set.security.listeners[i],
                        client_log = log.limited()](io::Socket& socket) {
      broker->metrics_.connections.add();
      serve_connection(*broker, listener, socket, client_log.with("peer", socket.peer()));
    };
    broker->servers_.push_back(std::make_unique<io::TcpServer>(std::move(sockets[i]), limits, log, serve));
  }
  return broker;
}

Broker::~Broker() { stop(); }

int Broker::connections() const {
  int sum = 0;
  for (const auto& server : servers_) sum += server->connections();
  return sum;
}

void Broker::stop() {
  // First what lets connections' threads go: joins, syncs and long polls end. Then the threads, then the logs.
  if (groups_) groups_->stop();
  if (transactions_) transactions_->stop();
  if (topics_) topics_->begin_stop();
  for (const auto& server : servers_) server->stop();
  if (topics_) topics_->close();
}

}  // namespace tickerlake::broker
