#include "app/server.h"

#include <algorithm>
#include <boost/json.hpp>
#include <future>

#include "app/metrics_server.h"
#include "base/time.h"
#include "http/same_origin.h"
#include "http/server.h"
#include "services/athena/service.h"
#include "services/broker/broker.h"
#include "services/broker/broker_properties.h"
#include "services/gateway/gateway.h"
#include "services/glue/api/service.h"
#include "services/glue/catalog/catalog.h"
#include "services/glue/crawler/crawlers.h"
#include "services/s3/service.h"
#include "services/s3/store/store.h"

namespace tickerlake::app {
namespace {

/// Binds a listener; the message of a taken port names the flag that chooses another.
Result<io::Listener> listen(const io::Endpoint& at, const char* flag, bool free_when_taken) {
  auto listener = io::Listener::bind(at);
  if (listener || listener.error().code != ErrorCode::conflict) return listener;
  if (free_when_taken) return io::Listener::bind({at.host, 0});
  return fail(ErrorCode::conflict,
              listener.error().message + "; choose another with " + flag + " " + at.host + ":PORT");
}

/// What the registry's port answers until it has more to say.
void serve_health(const http::Request& request, http::Response& response) {
  response.headers.set("Content-Type", "application/json");
  if (request.raw_path() == "/health") {
    (void)response.send(R"({"status":"ok"})");
  } else {
    response.status = 404;
    (void)response.send(R"({"error":"not found"})");
  }
}

}  // namespace

// In the order of construction: what comes later uses what comes before, so it is destroyed first.
struct Server::Parts {
  Log log;
  Metrics metrics;
  SystemClock clock;
  io::DirectoryLock lock;
  aws::Credentials credentials;
  Endpoints endpoints;

  std::unique_ptr<s3::Store> store;
  std::unique_ptr<glue::Catalog> catalog;
  std::unique_ptr<glue::Crawlers> crawlers;
  std::unique_ptr<s3::Service> s3;
  std::unique_ptr<glue::Service> glue;
  std::unique_ptr<athena::Service> athena;
  std::unique_ptr<gateway::Gateway> gateway;

  std::unique_ptr<broker::Broker> broker;
  std::unique_ptr<http::Server> aws_server, web_server, registry_server;

  Parts(Log its_log, io::DirectoryLock its_lock) : log(std::move(its_log)), lock(std::move(its_lock)) {}

  Result<void> open_stores(const io::Path& data);
  Result<void> start(const ServerOptions& options);
  void serve_web(http::Request& request, http::Response& response);
  void collect(Exposition& into);
};

/// The dashboard's port: its health and the metrics so far.
void Server::Parts::serve_web(http::Request& request, http::Response& response) {
  if (request.method != "GET" || request.raw_path() != "/metrics") return serve_health(request, response);
  answer_metrics(metrics, [this](Exposition& into) { collect(into); }, response);
}

void Server::Parts::collect(Exposition& into) {
  broker::collect(*broker, into);
  store->collect(into);
  athena->collect(into);
  into.gauge("tickerlake_glue_crawls_running", "Crawls at work.", {}, static_cast<double>(crawlers->running()));
  if (const auto counts = catalog->counts()) {
    into.gauge("tickerlake_glue_databases", "Databases in the catalog.", {}, static_cast<double>(counts->databases));
    into.gauge("tickerlake_glue_tables", "Tables in the catalog.", {}, static_cast<double>(counts->tables));
    into.gauge("tickerlake_glue_partitions", "Partitions in the catalog.", {}, static_cast<double>(counts->partitions));
  }
}

Result<void> Server::Parts::open_stores(const io::Path& data) {
  TRY(store, s3::Store::open(data / "s3", log.named("s3")));
  TRY(glue::Catalog opened, glue::Catalog::open(data / "catalog.sqlite"));
  catalog = std::make_unique<glue::Catalog>(std::move(opened));
  // Every account that has used Athena has it, and clients name it when nothing else is said.
  glue::Database default_database;
  default_database.name = "default";
  if (auto made = catalog->create_database(default_database); !made && made.error().code != ErrorCode::already_exists) {
    return made;
  }
  crawlers = std::make_unique<glue::Crawlers>(*catalog, *store, log.named("crawler"), metrics);
  s3 = std::make_unique<s3::Service>(*store, log.named("s3"), metrics);
  glue = std::make_unique<glue::Service>(*catalog, *crawlers, metrics);
  athena::Options athena_options;
  athena_options.data_directory = data / "athena";
  athena_options.objects_directory = data / "s3";
  athena_options.metrics = metrics;
  TRY(athena, athena::Service::open(*catalog, *store, athena_options, log.named("athena")));
  const auto to = [](auto& service) {
    return [&service](const aws::Caller& caller, http::Request& request, http::Response& response) {
      service.handle(caller, request, response);
    };
  };
  gateway = std::make_unique<gateway::Gateway>(
      credentials, gateway::Services{.s3 = to(*s3), .glue = to(*glue), .athena = to(*athena)}, clock, log.named("aws"));
  return {};
}

Result<void> Server::Parts::start(const ServerOptions& options) {
  broker::BrokerOptions broker_options;
  broker_options.directory = options.data / "kafka";
  broker_options.metrics = metrics;
  broker_options.slow_request = options.slow_request;
  std::map<std::string, std::string> properties = options.kafka_properties;
  TRY(broker_options.security, broker::SecuritySettings::take(properties));
  for (const auto& [name, value] : properties) CHECK(broker::set_property(broker_options, name, value));
  // All ports first: a taken one is said before anything is opened.
  const bool free = options.free_ports_when_taken;
  auto& settings = broker_options.security.listeners;
  if (settings.empty()) settings = {{.at = options.at.kafka}};
  std::vector<io::Listener> kafka_listeners;
  for (const broker::ListenerSettings& listener : settings) {
    TRY(auto bound, listen(listener.at, "--kafka", free));
    kafka_listeners.push_back(std::move(bound));
  }
  // The one that commands on this machine use when nothing else is said: one that asks for nothing, if there is one.
  const auto plain =
      std::ranges::find(settings, broker::SecurityProtocol::plaintext, &broker::ListenerSettings::protocol);
  const auto chosen = plain == settings.end() ? 0 : plain - settings.begin();
  TRY(auto aws_listener, listen(options.at.aws, "--aws", free));
  TRY(auto web_listener, listen(options.at.web, "--web", free));
  TRY(auto registry_listener, listen(options.at.registry, "--registry", free));
  endpoints = {kafka_listeners[static_cast<std::size_t>(chosen)].endpoint(), aws_listener.endpoint(),
               web_listener.endpoint(), registry_listener.endpoint()};

  // The broker recovers its logs while the other stores open theirs.
  auto broker_started = std::async(std::launch::async, [&] {
    return broker::Broker::start(std::move(broker_options), std::move(kafka_listeners), log.named("kafka"));
  });
  auto opened = open_stores(options.data);
  auto started = broker_started.get();
  if (!opened) return opened;
  if (!started) return std::unexpected(std::move(started).error());
  broker = *std::move(started);

  const auto handle = [this](http::Request& request, http::Response& response) { gateway->handle(request, response); };
  http::ServerOptions http_options;
  http_options.slow_request = options.slow_request;
  aws_server = std::make_unique<http::Server>(std::move(aws_listener), http_options, log.named("aws"), handle);
  const auto web = [this](http::Request& request, http::Response& response) { serve_web(request, response); };
  web_server = std::make_unique<http::Server>(std::move(web_listener), http_options, log.named("web"),
                                              http::with_same_origin(endpoints.web, web));
  registry_server = std::make_unique<http::Server>(std::move(registry_listener), http_options, log.named("registry"),
                                                   http::with_same_origin(endpoints.registry, serve_health));
  return save_endpoints(options.data, endpoints);
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { stop(); }

Result<std::unique_ptr<Server>> Server::start(const ServerOptions& wanted, const Log& log) {
  ServerOptions options = wanted;
  options.data = std::filesystem::absolute(options.data);  // queries name blobs by their full path
  CHECK(io::make_directories(options.data));
  TRY(io::DirectoryLock lock, io::DirectoryLock::acquire(options.data));
  auto parts = std::make_unique<Parts>(log, std::move(lock));
  TRY(parts->credentials, aws::load_or_create_credentials(options.data / "credentials.json"));
  CHECK(parts->start(options));
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

const Endpoints& Server::endpoints() const { return parts_->endpoints; }
const aws::Credentials& Server::credentials() const { return parts_->credentials; }

void Server::stop() {
  // The listeners first, so that no request finds a service half gone.
  for (auto* server : {parts_->registry_server.get(), parts_->web_server.get(), parts_->aws_server.get()}) {
    if (server != nullptr) server->stop();
  }
  if (parts_->broker) parts_->broker->stop();
}

}  // namespace tickerlake::app
