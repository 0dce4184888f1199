#include "drill/report.h"

#include <algorithm>
#include <boost/json.hpp>

namespace tickerlake::drill {
namespace {

namespace json = boost::json;

struct Figure {
  const char* name;
  std::optional<Ms> ActReport::* value;
};
constexpr Figure figures[] = {
    {"fail_over_ms", &ActReport::fail_over},
    {"isr_shrank_ms", &ActReport::isr_shrank},
    {"controller_change_ms", &ActReport::controller_change},
    {"ensemble_change_ms", &ActReport::ensemble_change},
    {"serves_again_ms", &ActReport::serves_again},
    {"isr_whole_ms", &ActReport::isr_whole},
    {"preferred_leaders_ms", &ActReport::preferred_leaders},
};

json::array numbers(const std::vector<std::int32_t>& values) { return json::array(values.begin(), values.end()); }

json::object object_of(const ActReport& act) {
  json::object out{{"act", name(act.act)}, {"process", act.process}, {"killed_at_ms", act.killed_at}};
  if (act.broker != nobody) {
    out["broker"] = act.broker;
    out["led"] = numbers(act.led);
    out["new_leaders"] = numbers(act.new_leaders);
  }
  if (act.least_in_sync) out["least_in_sync"] = *act.least_in_sync;
  if (act.new_controller) out["new_controller"] = *act.new_controller;
  if (act.new_ensemble_leader) out["new_ensemble_leader"] = *act.new_ensemble_leader;
  for (const Figure& figure : figures)
    if (act.*figure.value) out[figure.name] = *(act.*figure.value);
  out["longest_pause_ms"] = act.longest_pause;
  out["rows_without_it"] = act.rows_without_it;
  out["restarted_at_ms"] = act.restarted_at;
  return out;
}

json::object object_of(const Proof& proof) {
  const auto tally = [](const Tally& its) { return json::object{{"rows", its.rows}, {"checksum", its.checksum}}; };
  json::array problems;
  for (const auto& problem : proof.problems) problems.emplace_back(problem);
  return {{"holds", proof.holds()},
          {"files", tally(proof.files)},
          {"topic", tally(proof.topic)},
          {"lake", tally(proof.lake)},
          {"missing_in_topic", proof.missing_in_topic},
          {"surplus_in_topic", proof.surplus_in_topic},
          {"missing_in_lake", proof.missing_in_lake},
          {"surplus_in_lake", proof.surplus_in_lake},
          {"offsets", proof.offsets},
          {"offsets_behind", proof.offsets_behind},
          {"objects", proof.objects},
          {"problems", std::move(problems)}};
}

template <class Value, class Look>
json::array changes(const std::vector<Change<Value>>& all, const char* what, Look look) {
  json::array out;
  for (const auto& change : all) out.push_back(json::object{{"at_ms", change.at}, {what, look(change.value)}});
  return out;
}

json::object object_of(const Timeline& timeline) {
  const auto broker = [](std::int32_t id) { return id == nobody ? json::value(nullptr) : json::value(id); };
  json::array processes, partitions, samples, events;
  for (const auto& its : timeline.processes)
    processes.push_back(json::object{{"name", its.name},
                                     {"broker", broker(its.broker)},
                                     {"running", changes(its.running, "running", [](bool is) { return is; })}});
  for (const auto& its : timeline.partitions)
    partitions.push_back(json::object{{"partition", its.id},
                                      {"replicas", numbers(its.replicas)},
                                      {"leaders", changes(its.leaders, "leader", broker)},
                                      {"in_sync", changes(its.in_sync, "in_sync", numbers)}});
  for (const auto& its : timeline.samples)
    samples.push_back(json::object{{"at_ms", its.at},
                                   {"rows_acknowledged", its.replayed},
                                   {"rows_read", its.read},
                                   {"rows_in_lake", its.in_lake}});
  for (const auto& its : timeline.events)
    events.push_back(json::object{{"at_ms", its.at}, {"kind", name(its.kind)}, {"text", its.text}});
  return {{"end_ms", timeline.end},
          {"min_insync_replicas", timeline.min_in_sync},
          {"events", std::move(events)},
          {"processes", std::move(processes)},
          {"controllers", changes(timeline.controllers, "controller", broker)},
          {"partitions", std::move(partitions)},
          {"samples", std::move(samples)}};
}

json::object object_of(const DrillReport& drill) {
  json::object settings;
  for (const auto& [key, value] : drill.settings) settings[key] = value;
  json::array acts;
  for (const auto& act : drill.acts) acts.push_back(object_of(act));
  return {{"topic", drill.topic},
          {"prefix", drill.prefix},
          {"kafka", drill.version},
          {"flavour", drill.flavour},
          {"settings", std::move(settings)},
          {"acts", std::move(acts)},
          {"failure", drill.failure ? json::value(drill.failure->message) : json::value()},
          {"proof", drill.failure ? json::value() : json::value(object_of(drill.proof))},
          {"timeline", object_of(drill.timeline)}};
}

}  // namespace

std::vector<Distribution> distributions(const std::vector<DrillReport>& drills) {
  std::vector<Distribution> all;
  for (const Act act : {Act::leader, Act::controller, Act::ensemble}) {
    for (const Figure& figure : figures) {
      std::vector<Ms> values;
      for (const auto& drill : drills)
        for (const auto& its : drill.acts)
          if (its.act == act && its.*figure.value) values.push_back(*(its.*figure.value));
      if (values.empty()) continue;
      all.push_back({name(act), figure.name, values.size(), *percentile(values, 0.5), *percentile(values, 0.99),
                     std::ranges::min(values), std::ranges::max(values)});
    }
  }
  return all;
}

std::string to_json(const std::vector<DrillReport>& drills) {
  json::array list, figures_over_all;
  for (const auto& drill : drills) list.push_back(object_of(drill));
  for (const auto& its : distributions(drills))
    figures_over_all.push_back(json::object{{"act", its.act},
                                            {"figure", its.name},
                                            {"count", its.count},
                                            {"p50", its.p50},
                                            {"p99", its.p99},
                                            {"least", its.least},
                                            {"most", its.most}});
  const bool holds =
      !drills.empty() && std::ranges::all_of(drills, [](const DrillReport& drill) { return drill.holds(); });
  return json::serialize(json::object{
             {"proof", holds}, {"distributions", std::move(figures_over_all)}, {"drills", std::move(list)}}) +
         "\n";
}

}  // namespace tickerlake::drill
