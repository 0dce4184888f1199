#include "drill/drill.h"

#include <fmt/core.h>

#include <algorithm>

#include "drill/observer.h"
#include "kafka/client/admin.h"
#include "kafka/wire/configs.h"

namespace tickerlake::drill {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds answer_patience{10'000};
constexpr milliseconds start_patience{90'000};  // for a cluster that was just started
constexpr std::int8_t broker_resource = 4;      // DescribeConfigs: ConfigResource.Type.BROKER

Result<void> check_cluster(const cluster::Cluster& cluster) {
  const auto brokers = std::ranges::count(cluster.nodes(), cluster::Role::broker, &cluster::Node::role);
  if (brokers < replicas)
    return fail(ErrorCode::unsupported,
                fmt::format("the cluster has {} broker{}: a drill needs {}, so that work goes on without one", brokers,
                            brokers == 1 ? "" : "s", replicas));
  const auto stopped = [&](const cluster::Node& node) { return cluster.state(node) != cluster::ProcessState::running; };
  const auto one = std::ranges::find_if(cluster.nodes(), stopped);
  if (one != cluster.nodes().end())
    return fail(ErrorCode::unavailable,
                fmt::format("{} does not run: start the cluster with `tickerlake cluster up --data {}`", one->name,
                            cluster.data().string()));
  return cluster.wait_until_complete(start_patience, {});
}

Result<void> make_topic(const DrillOptions& options, const kafka::ClientSettings& settings, const Log& log) {
  TRY(const auto admin, kafka::Admin::create(settings, log));
  // Market data is older than any retention, and each week of it would begin a segment.
  CHECK(admin->create_topic({.name = options.topic,
                             .partitions = options.partitions,
                             .replication_factor = replicas,
                             .configs = {{"min.insync.replicas", std::to_string(min_in_sync)},
                                         {"retention.ms", "-1"},
                                         {"segment.ms", "9223372036854775807"}}},
                            answer_patience));
  return admin->wait_for_leaders(options.topic, answer_patience);
}

/// What decides how fast a loss is noticed and made good.
Result<std::map<std::string, std::string>> timing_settings(kafka::Cluster& client, std::int32_t broker) {
  const std::vector<std::string> names = {"broker.session.timeout.ms", "broker.heartbeat.interval.ms",
                                          "zookeeper.session.timeout.ms", "replica.lag.time.max.ms",
                                          "controller.quorum.fetch.timeout.ms"};
  const auto patience = client.for_at_most(answer_patience);
  CHECK(client.metadata({.topics = std::vector<kafka::MetadataRequest::Topic>{}}, patience));  // where brokers are
  kafka::DescribeConfigsRequest request;
  request.resources = {
      {.resource_type = broker_resource, .resource_name = std::to_string(broker), .configuration_keys = names}};
  TRY(const auto answer, client.ask(broker, request, patience));
  std::map<std::string, std::string> settings;
  for (const auto& resource : answer.results)
    for (const auto& config : resource.configs)
      if (config.value) settings[config.name] = *config.value;
  return settings;
}

Timeline empty_timeline(const DrillOptions& options, const cluster::Cluster& cluster) {
  Timeline timeline{
      .title = fmt::format("A drill on Apache Kafka {} with {}", cluster.version(),
                           cluster.flavour() == cluster::Flavour::kraft ? "KRaft" : "ZooKeeper"),
      .subtitle = fmt::format("topic {}: {} partitions, {} replicas, min.insync.replicas={}; replay with acks=all, "
                              "sink to s3",
                              options.topic, options.partitions, replicas, min_in_sync),
      .min_in_sync = min_in_sync};
  for (const auto& node : cluster.nodes())
    timeline.processes.push_back(
        {.name = node.name, .broker = node.role == cluster::Role::broker ? node.id : nobody, .running = {{0, true}}});
  return timeline;
}

pipeline::ReplayOptions replay_options(const DrillOptions& options, const kafka::ClientSettings& settings) {
  pipeline::ReplayOptions replay;
  replay.paths = options.dataset;
  replay.topic = options.topic;
  replay.pace = options.pace;
  replay.kafka = settings;
  // Batches of a tenth of a second, so that the pace doesn't hang on how long an acknowledgement takes.
  replay.kafka.properties.emplace_back("linger.ms", "100");
  return replay;
}

pipeline::SinkOptions sink_options(const DrillOptions& options, const kafka::ClientSettings& settings) {
  pipeline::SinkOptions sink;
  sink.topic = options.topic;
  sink.prefix = options.prefix;
  sink.flush_interval = options.flush_interval;
  sink.kafka = settings;
  return sink;
}

std::string told(const Proof& proof) {
  return fmt::format("{} rows in the files, {} messages in the topic, {} rows in the lake: {}", proof.files.rows,
                     proof.topic.rows, proof.lake.rows, proof.holds() ? "every row once, none changed" : "THEY DIFFER");
}

/// The acts one after the other while replay and sink work, then the rest of their work.
Result<void> play(const DrillOptions& options, cluster::Cluster& cluster, kafka::Cluster& client,
                  pipeline::LakeStore& lake, Recorder& recorder, const Narrator& tell, const pipeline::Stop& stop,
                  const Log& log, std::vector<ActReport>& acts) {
  const auto& settings = cluster.client();
  TRY(const auto observer, Observer::start(settings, options.topic, recorder, log));
  Work work(replay_options(options, settings), sink_options(options, settings), lake, recorder, log);
  Story story({.topic = options.topic, .hold = options.hold, .patience = options.patience}, cluster, client, work,
              recorder, tell, stop);
  const auto play_all = [&]() -> Result<void> {
    CHECK(story.begin());
    for (const Act act : options.acts) {
      TRY(auto played, story.play(act));
      acts.push_back(std::move(played));
    }
    recorder.change([](Timeline& timeline, Ms now) {
      timeline.paced_until = now;
      add_event(timeline, {now, EventKind::note, "the acts are over: the replay sends what is left at full speed"});
    });
    tell("\nThe acts are over: the replay sends what is left as fast as it goes, the sink takes the rest.");
    return work.complete(stop);
  };
  auto played = play_all();
  if (!played) {
    // Nobody should find the cluster with a process less.
    if (auto started = cluster.start(); !started) log.warning("{}", started.error().message);
  }
  return played;
}

}  // namespace

std::vector<Act> acts_of(cluster::Flavour flavour) {
  if (flavour == cluster::Flavour::zookeeper) return {Act::leader, Act::controller, Act::ensemble};
  return {Act::leader, Act::controller};
}

Result<DrillReport> run_drill(const DrillOptions& options, cluster::Cluster& cluster, pipeline::LakeStore& lake,
                              const Narrator& tell, const pipeline::Stop& stop, const Log& log) {
  CHECK(check_cluster(cluster));
  const auto possible = acts_of(cluster.flavour());
  for (const Act act : options.acts)
    if (std::ranges::find(possible, act) == possible.end())
      return fail(ErrorCode::unsupported, std::string("the act ") + name(act) + " needs a cluster with ZooKeeper");
  const auto& settings = cluster.client();
  CHECK(make_topic(options, settings, log));
  TRY(const auto client, kafka::Cluster::create(settings, log));

  DrillReport report{.topic = options.topic,
                     .prefix = options.prefix,
                     .version = cluster.version(),
                     .flavour = cluster::name(cluster.flavour())};
  const auto first = std::ranges::find(cluster.nodes(), cluster::Role::broker, &cluster::Node::role);
  TRY(report.settings, timing_settings(*client, first->id));

  Recorder recorder(empty_timeline(options, cluster));
  const auto play_and_prove = [&]() -> Result<void> {
    CHECK(play(options, cluster, *client, lake, recorder, tell, stop, log, report.acts));
    TRY(report.proof, prove({.paths = options.dataset,
                             .filter = {},
                             .topic = options.topic,
                             .prefix = options.prefix,
                             .kafka = settings},
                            lake, stop, log));
    return {};
  };
  if (auto played = play_and_prove(); !played) report.failure = std::move(played).error();
  recorder.change([&](Timeline& timeline, Ms now) {
    add_event(timeline,
              {now, EventKind::note, report.failure ? "ended: " + report.failure->message : told(report.proof)});
  });
  report.timeline = recorder.snapshot();
  return report;
}

}  // namespace tickerlake::drill
