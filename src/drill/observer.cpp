#include "drill/observer.h"

#include "kafka/client/quorum.h"

namespace tickerlake::drill {

Result<std::vector<PartitionView>> describe(kafka::Cluster& cluster, const std::string& topic,
                                            const kafka::Patience& patience) {
  TRY(const auto answer,
      cluster.metadata({.topics = {{{.topic_id = {}, .name = topic}}}, .allow_auto_topic_creation = false}, patience));
  std::vector<PartitionView> views;
  if (answer.topics.size() != 1 || answer.topics[0].error_code != kafka::KafkaError::none) return views;
  for (const auto& its : answer.topics[0].partitions)
    views.push_back({its.partition_index, its.leader_id, its.leader_epoch, its.replica_nodes, its.isr_nodes});
  return views;
}

Result<std::unique_ptr<Observer>> Observer::start(const kafka::ClientSettings& settings, const std::string& topic,
                                                  Recorder& recorder, const Log& log) {
  TRY(auto leaders, kafka::Cluster::create(settings, log));
  TRY(auto controllers, kafka::Cluster::create(settings, log));
  return std::unique_ptr<Observer>(
      new Observer(std::move(leaders), std::move(controllers), topic, recorder, log.named("observer")));
}

Observer::Observer(std::unique_ptr<kafka::Cluster> leaders, std::unique_ptr<kafka::Cluster> controllers,
                   std::string topic, Recorder& recorder, const Log& log)
    : topic_(std::move(topic)),
      recorder_(recorder),
      log_(log),
      leaders_(std::move(leaders)),
      controllers_(std::move(controllers)),
      leader_thread_([this] { watch_leaders(); }),
      controller_thread_([this] { watch_controllers(); }) {}

Observer::~Observer() {
  leaders_->cancel();
  controllers_->cancel();
}

void Observer::watch_leaders() {
  while (!leaders_->cancelled()) {
    const auto views = describe(*leaders_, topic_, leaders_->for_at_most(patience));
    if (views && !views->empty()) {
      recorder_.change([&](Timeline& timeline, Ms now) { observe(timeline, now, *views); });
    } else if (!views) {
      log_.debug("{}", views.error().message);
    }
    leaders_->waiter().wait({}, interval);
  }
}

Result<std::int32_t> Observer::ask_controller() {
  const auto until = controllers_->for_at_most(patience);
  TRY(const auto of_quorum, kafka::active_controller(*controllers_, until));
  if (of_quorum) return *of_quorum;
  TRY(const auto view, controllers_->metadata({.topics = std::vector<kafka::MetadataRequest::Topic>{}}, until));
  return view.controller_id;
}

void Observer::watch_controllers() {
  while (!controllers_->cancelled()) {
    const auto controller = ask_controller();
    // No answer in all that time is the sign of an election as well.
    const std::int32_t found = controller.value_or(nobody);
    if (!controller) log_.debug("{}", controller.error().message);
    if (!controllers_->cancelled())
      recorder_.change([&](Timeline& timeline, Ms now) { observe_controller(timeline, now, found); });
    controllers_->waiter().wait({}, interval);
  }
}

}  // namespace tickerlake::drill
