#include "drill/story.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <signal.h>

#include <algorithm>

#include "kafka/client/elections.h"

namespace tickerlake::drill {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds look_at_work{250};    // between looks whether replay and sink are well
constexpr milliseconds look_at_status{100};  // between questions to the cluster's processes
constexpr milliseconds time_to_die{10'000};  // for the system to end a killed process

std::string in_seconds(Ms time) { return fmt::format("{:.2f} s", static_cast<double>(time) / 1000); }

const Sample& newest(const Timeline& timeline) {
  static const Sample none;
  return timeline.samples.empty() ? none : timeline.samples.back();
}

/// "partitions 0, 2", "partition 1".
std::string partitions_text(const std::vector<std::int32_t>& ids) {
  return fmt::format("partition{} {}", ids.size() == 1 ? "" : "s", fmt::join(ids, ", "));
}

}  // namespace

const char* name(Act act) {
  switch (act) {
    case Act::leader:
      return "leader";
    case Act::controller:
      return "controller";
    case Act::ensemble:
      return "ensemble";
  }
  return "";
}

std::optional<Act> parse_act(std::string_view text) {
  for (const Act act : {Act::leader, Act::controller, Act::ensemble})
    if (text == name(act)) return act;
  return {};
}

void Story::happened(Ms at, EventKind kind, const std::string& text) {
  recorder_.change([&](Timeline& timeline, Ms) { add_event(timeline, {at, kind, text}); });
}

Result<Ms> Story::wait_for(const std::string& what, const Look& look) {
  const auto deadline = steady_clock::now() + options_.patience;
  while (true) {
    if (const auto at = recorder_.wait_for(look, look_at_work, stop_)) return *at;
    if (stop_.requested()) return fail(ErrorCode::cancelled, "interrupted while waiting for " + what);
    if (auto failure = work_.failure()) return std::unexpected(std::move(*failure).within("while waiting for " + what));
    if (steady_clock::now() >= deadline)
      return fail(
          ErrorCode::timeout,
          fmt::format("{} did not come within {} s; `tickerlake cluster status` and the brokers' logs tell more", what,
                      options_.patience.count() / 1000));
  }
}

Result<Ms> Story::wait_for_status(const std::string& what,
                                  const std::function<bool(const cluster::ClusterStatus&)>& look) {
  const auto deadline = steady_clock::now() + options_.patience;
  while (!look(cluster_.status())) {
    if (stop_.requested()) return fail(ErrorCode::cancelled, "interrupted while waiting for " + what);
    if (auto failure = work_.failure()) return std::unexpected(std::move(*failure).within("while waiting for " + what));
    if (steady_clock::now() >= deadline)
      return fail(ErrorCode::timeout,
                  fmt::format("{} did not come within {} s", what, options_.patience.count() / 1000));
    std::this_thread::sleep_for(look_at_status);
  }
  return recorder_.now();
}

Result<void> Story::begin() {
  CHECK(wait_for("the first rows in Kafka", [](const Timeline& timeline) -> std::optional<Ms> {
    return newest(timeline).replayed > 0 ? std::optional(timeline.end) : std::nullopt;
  }));
  CHECK(wait_for("every replica in sync", all_in_sync));
  CHECK(wait_for("a controller", [](const Timeline& timeline) -> std::optional<Ms> {
    return timeline.controller() != nobody ? std::optional(timeline.end) : std::nullopt;
  }));
  TRY(const Ms at, wait_for("the first rows in the lake", [](const Timeline& timeline) -> std::optional<Ms> {
        return newest(timeline).in_lake > 0 ? std::optional(timeline.end) : std::nullopt;
      }));
  happened(at, EventKind::note, "replay and sink are at work: the first rows are in the lake");
  const Timeline now = recorder_.snapshot();
  tell_("The layout, as every client gets it from any broker it is bootstrapped with:");
  for (const auto& partition : now.partitions)
    tell_(fmt::format("    partition {}: leader {}, replicas {}, in sync {}", partition.id, partition.leader(),
                      fmt::join(partition.replicas, ","), fmt::join(partition.in_sync.back().value, ",")));
  tell_(fmt::format("    controller: broker {}", now.controller()));
  tell_(fmt::format("Replay and sink are at work: {} rows acknowledged, {} in the lake.", newest(now).replayed,
                    newest(now).in_lake));
  return {};
}

std::int32_t Story::choose_leader() const {
  const Timeline now = recorder_.snapshot();
  for (const auto& partition : now.partitions)
    if (partition.leader() != nobody && partition.leader() != now.controller()) return partition.leader();
  return now.partitions.empty() ? nobody : now.partitions[0].leader();
}

Result<ActReport> Story::play(Act act) {
  switch (act) {
    case Act::leader:
      return lose_broker(act, choose_leader());
    case Act::controller:
      return lose_broker(act, recorder_.snapshot().controller());
    case Act::ensemble:
      return lose_ensemble_leader();
  }
  return fail(ErrorCode::internal, "no such act");
}

Result<Ms> Story::kill(const cluster::Node& node) {
  const Ms at = recorder_.now();
  CHECK(cluster_.signal(node, SIGKILL));
  recorder_.change([&](Timeline& timeline, Ms now) { observe_process(timeline, now, node.name, false); });
  CHECK(cluster_.wait_until_stopped(node, time_to_die));
  return at;
}

Result<void> Story::restart(const cluster::Node& node, ActReport& report) {
  report.restarted_at = recorder_.now();
  CHECK(cluster_.start(node));
  recorder_.change([&](Timeline& timeline, Ms now) { observe_process(timeline, now, node.name, true); });
  happened(report.restarted_at, EventKind::back, node.name + " is started again");
  return {};
}

Result<ActReport> Story::lose_broker(Act act, std::int32_t broker) {
  TRY(const cluster::Node node, cluster_.broker(broker));
  const Timeline before = recorder_.snapshot();
  ActReport report{.act = act, .process = node.name, .broker = broker};
  for (const auto& partition : before.partitions)
    if (partition.leader() == broker) report.led.push_back(partition.id);
  const bool controls = before.controller() == broker;
  std::string role = controls ? "the controller" : "";
  if (!report.led.empty()) role += (controls ? " and " : "") + ("the leader of " + partitions_text(report.led));

  tell_(fmt::format("\nkill -9 of broker {}, {}.", broker, role));
  TRY(report.killed_at, kill(node));
  happened(report.killed_at, EventKind::loss, fmt::format("kill -9 of broker {}, {}", broker, role));
  const char* const sign = cluster_.flavour() == cluster::Flavour::kraft
                               ? "its heartbeats (broker.session.timeout.ms)"
                               : "its ZooKeeper session (zookeeper.session.timeout.ms)";
  tell_(fmt::format("  It says no farewell: the {} misses {} for that long, then makes an in-sync follower the leader.",
                    controls ? "next controller" : "controller", sign));
  CHECK(see_fail_over(report, controls ? broker : nobody));
  CHECK(see_work_go_on(report));
  CHECK(bring_back(report));
  CHECK(elect_preferred(report));
  return report;
}

Result<void> Story::see_fail_over(ActReport& report, std::int32_t old_controller) {
  const std::int32_t broker = report.broker;
  if (old_controller != nobody) {
    TRY(const Ms at, wait_for("another controller", [&](const Timeline& timeline) -> std::optional<Ms> {
          const std::int32_t now = timeline.controller();
          return now != nobody && now != broker ? std::optional(timeline.controllers.back().at) : std::nullopt;
        }));
    report.controller_change = at - report.killed_at;
    report.new_controller = recorder_.snapshot().controller();
    const std::string text = fmt::format("broker {} is the controller now, {} after the kill", *report.new_controller,
                                         in_seconds(*report.controller_change));
    happened(at, EventKind::election, text);
    tell_("  " + text +
          (cluster_.flavour() == cluster::Flavour::kraft ? ": the voters of the metadata quorum elected it."
                                                         : ": it was the first to make the znode /controller."));
  }
  TRY(const Ms led_at,
      wait_for("new leaders", [&](const Timeline& timeline) { return led_without(timeline, broker); }));
  if (!report.led.empty()) {
    const Timeline now = recorder_.snapshot();
    std::string pairs;
    for (const std::int32_t id : report.led) {
      const auto its = std::ranges::find(now.partitions, id, &PartitionHistory::id);
      report.new_leaders.push_back(its->leader());
      pairs +=
          fmt::format("{}{} → broker {} (epoch {})", pairs.empty() ? "" : ", ", id, its->leader(), its->leader_epoch);
    }
    report.fail_over = led_at - report.killed_at;
    happened(led_at, EventKind::election,
             fmt::format("new leaders {} after the kill: {}", in_seconds(*report.fail_over), pairs));
    tell_(fmt::format("  New leaders after {}: {}.", in_seconds(*report.fail_over), pairs));
  }
  TRY(const Ms shrank_at, wait_for("an ISR without the lost broker",
                                   [&](const Timeline& timeline) { return in_sync_without(timeline, broker); }));
  report.isr_shrank = shrank_at - report.killed_at;
  const Timeline now = recorder_.snapshot();
  report.least_in_sync = least_in_sync(now).back().value;
  report.longest_pause = longest_pause(now, report.killed_at, std::max(led_at, shrank_at));
  const std::string text = fmt::format("every ISR is without broker {}: {} in sync", broker, *report.least_in_sync);
  happened(shrank_at, EventKind::in_sync, text);
  tell_(fmt::format("  After {} {}; acks=all waits for those that are left, and min.insync.replicas={} allows it.",
                    in_seconds(*report.isr_shrank), text, now.min_in_sync));
  return {};
}

Result<void> Story::see_work_go_on(ActReport& report) {
  const Ms since = recorder_.now();
  const Sample then = newest(recorder_.snapshot());
  const bool replay_ended = work_.replay_has_ended();
  CHECK(wait_for(
      "rows that are replayed and sunk without " + report.process, [&](const Timeline& timeline) -> std::optional<Ms> {
        const Sample& now = newest(timeline);
        const bool grown =
            replay_ended || work_.replay_has_ended() || (now.replayed > then.replayed && now.in_lake > then.in_lake);
        return grown && now.at >= since + options_.hold.count() ? std::optional(now.at) : std::nullopt;
      }));
  const Sample now = newest(recorder_.snapshot());
  report.rows_without_it = now.replayed - then.replayed;
  const Ms took = now.at - since;
  const std::string text = replay_ended ? std::string("the replay has come to its end: no work is left to go on")
                                        : fmt::format("{} rows acknowledged and {} put into the lake in {} without {}",
                                                      now.replayed - then.replayed, now.in_lake - then.in_lake,
                                                      in_seconds(took), report.process);
  happened(now.at, EventKind::note, text);
  tell_("  The work goes on: " + text + (replay_ended ? " (a lower --speed makes it last longer)." : "."));
  return {};
}

Result<void> Story::bring_back(ActReport& report) {
  TRY(const cluster::Node node, cluster_.broker(report.broker));
  CHECK(restart(node, report));
  tell_(fmt::format(
      "  Broker {} is started again; as a follower it cuts what nobody else has, and fetches what it missed.",
      report.broker));
  TRY(const Ms at, wait_for("a whole ISR", all_in_sync));
  report.isr_whole = at - report.restarted_at;
  const std::string text =
      fmt::format("every replica is in sync again, {} after the start", in_seconds(*report.isr_whole));
  happened(at, EventKind::in_sync, text);
  tell_("  " + text + ".");
  return {};
}

Result<void> Story::elect_preferred(ActReport& report) {
  const Ms asked = recorder_.now();
  const Timeline before = recorder_.snapshot();
  std::vector<std::int32_t> moved;
  for (const auto& partition : before.partitions)
    if (!partition.replicas.empty() && partition.leader() != partition.replicas[0]) moved.push_back(partition.id);
  if (moved.empty()) {
    if (!report.led.empty()) tell_("  The preferred leaders lead already: Kafka's own rebalance came first.");
    return {};
  }
  CHECK(kafka::elect_preferred_leaders(client_, options_.topic, moved, client_.for_at_most(options_.patience)));
  TRY(const Ms at, wait_for("the preferred leaders", led_by_preferred));
  report.preferred_leaders = std::max<Ms>(0, at - asked);
  const std::string text = fmt::format("preferred leaders elected again, by ElectLeaders: {}", partitions_text(moved));
  happened(std::max(at, asked), EventKind::election, text);
  tell_(fmt::format("  {}, in {}: the load is spread as before.", text, in_seconds(*report.preferred_leaders)));
  return {};
}

Result<ActReport> Story::lose_ensemble_leader() {
  const std::string old_leader = cluster_.status().leader;
  TRY(const cluster::Node node, cluster_.node(old_leader));
  ActReport report{.act = Act::ensemble, .process = node.name};
  tell_(fmt::format("\nkill -9 of {}, the leader of the ZooKeeper ensemble.", node.name));
  TRY(report.killed_at, kill(node));
  happened(report.killed_at, EventKind::loss, fmt::format("kill -9 of {}, the ensemble's leader", node.name));
  tell_("  Two of three are a majority: they elect another leader, and the brokers' sessions move to them.");
  TRY(const Ms at, wait_for_status("another leader of the ensemble", [&](const cluster::ClusterStatus& now) {
        if (now.leader.empty() || now.leader == old_leader) return false;
        report.new_ensemble_leader = now.leader;
        return true;
      }));
  report.ensemble_change = at - report.killed_at;
  report.longest_pause = longest_pause(recorder_.snapshot(), report.killed_at, at);
  const std::string text = fmt::format("{} leads the ensemble, {} after the kill", *report.new_ensemble_leader,
                                       in_seconds(*report.ensemble_change));
  happened(at, EventKind::election, text);
  tell_("  " + text + "; records don't pass through ZooKeeper, so leaders and work stay as they are.");
  CHECK(see_work_go_on(report));
  CHECK(restart(node, report));
  TRY(const Ms back, wait_for_status(node.name + " in the ensemble again", [&](const cluster::ClusterStatus& now) {
        return std::ranges::any_of(now.nodes,
                                   [&](const auto& one) { return one.node.name == node.name && one.serves; });
      }));
  report.serves_again = back - report.restarted_at;
  happened(back, EventKind::back, node.name + " follows in the ensemble again");
  tell_(fmt::format("  {} follows in the ensemble again, {} after its start.", node.name,
                    in_seconds(*report.serves_again)));
  // A session that did not move in time is a broker that was thought dead: it has to be in sync before what comes next.
  CHECK(wait_for("a whole ISR", all_in_sync));
  CHECK(elect_preferred(report));
  return report;
}

}  // namespace tickerlake::drill
