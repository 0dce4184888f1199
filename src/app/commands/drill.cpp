// The failure story on a cluster of `tickerlake cluster up`: told while it happens, proved, drawn.
#include "drill/drill.h"

#include <fmt/core.h>

#include "app/commands/commands.h"
#include "app/connection.h"
#include "base/time.h"
#include "drill/report.h"
#include "drill/timeline_svg.h"
#include "pipeline/sink/s3_lake.h"

namespace tickerlake::app {
namespace {

Result<drill::DrillOptions> drill_options(const DrillCommand& command, const cluster::Cluster& cluster) {
  drill::DrillOptions options;
  options.dataset.assign(command.dataset.begin(), command.dataset.end());
  TRY(options.pace, pipeline::Pace::parse(command.speed));
  TRY(options.hold, parse_duration(command.hold));
  TRY(options.patience, parse_duration(command.patience));
  TRY(options.flush_interval, parse_duration(command.flush_interval));
  options.partitions = command.partitions;
  if (command.acts.empty()) options.acts = drill::acts_of(cluster.flavour());
  for (const std::string& name : command.acts) {
    const auto act = drill::parse_act(name);
    if (!act) return fail(ErrorCode::invalid_argument, "--acts " + name + ": expected leader, controller or ensemble");
    options.acts.push_back(*act);
  }
  return options;
}

Result<void> write_files(const io::Path& folder, const std::vector<drill::DrillReport>& drills) {
  CHECK(io::make_directories(folder));
  CHECK(io::write_file_atomically(folder / "drill.json", drill::to_json(drills)));
  for (std::size_t i = 0; i < drills.size(); ++i) {
    const std::string name = i == 0 ? "drill.svg" : fmt::format("drill-{}.svg", i + 1);
    CHECK(io::write_file_atomically(folder / name, drill::to_svg(drills[i].timeline)));
  }
  return {};
}

Table table_of(const std::vector<drill::DrillReport>& drills) {
  Table table{{{"act"}, {"figure"}, {"count", true}, {"p50", true}, {"p99", true}, {"least", true}, {"most", true}},
              {}};
  for (const auto& its : drill::distributions(drills))
    table.rows.push_back({its.act, its.name, std::to_string(its.count), std::to_string(its.p50),
                          std::to_string(its.p99), std::to_string(its.least), std::to_string(its.most)});
  return table;
}

/// The narrative: on stdout, or beside what programs read there.
class Teller {
 public:
  explicit Teller(OutputFormat output) : to_(output == OutputFormat::table ? stdout : stderr) {}
  void operator()(const std::string& line) const {
    fmt::print(to_, "{}\n", line);
    std::fflush(to_);
  }

 private:
  std::FILE* const to_;
};

void tell_proof(const Teller& tell, const drill::Proof& proof) {
  const auto sign = [](bool equal) { return equal ? "=" : "≠"; };
  tell(fmt::format("Rows in files {} {} messages in topic {} {} rows in the lake {}: {}", grouped(proof.files.rows),
                   sign(proof.files.rows == proof.topic.rows), grouped(proof.topic.rows),
                   sign(proof.topic.rows == proof.lake.rows), grouped(proof.lake.rows),
                   proof.holds() ? "each row once, compared row by row" : "THE PROOF FAILS"));
  if (proof.holds()) {
    tell(fmt::format("  checksum {} in all three, in any order; every one of {} offsets in one of {} objects",
                     proof.files.checksum, grouped(proof.offsets), grouped(proof.objects)));
    return;
  }
  tell(
      fmt::format("  topic: {} rows missing, {} too many or changed; lake: {} missing, {} too many or changed; {} "
                  "offsets are in no plan",
                  proof.missing_in_topic, proof.surplus_in_topic, proof.missing_in_lake, proof.surplus_in_lake,
                  proof.offsets_behind));
  for (const auto& problem : proof.problems) tell("  " + problem);
}

Result<int> drill_all(const DrillCommand& command, Context& context) {
  TRY(const auto to, parse_s3_url(command.to));
  if (to.prefix.empty())
    return fail(ErrorCode::invalid_argument, "--to " + command.to + ": a prefix is needed, s3://BUCKET/PREFIX");
  TRY(auto cluster, cluster::Cluster::open(command.cluster, context.log.named("cluster")));
  TRY(auto options, drill_options(command, cluster));
  TRY(const auto config, aws_config(command.data, command.aws));
  TRY(const auto lake,
      pipeline::open_s3_lake(config.s3, config.http, to.bucket, pipeline::LakeUse::write, context.log.named("drill")));

  pipeline::Stop stop;
  const std::stop_callback on_interrupt(context.interrupt.token(), [&] { stop.request(); });
  const Teller tell(command.output);
  const std::string stamp = iso8601_basic(SystemClock().now_ms());
  std::vector<drill::DrillReport> drills;
  bool holds = true;
  for (int run = 1; run <= command.runs; ++run) {
    options.topic = fmt::format("{}-{}-{}", command.topic, stamp, run);
    options.prefix = to.prefix + "/" + options.topic;
    tell(fmt::format("{}Drill {} of {}: Apache Kafka {} ({}) at {}, topic {}, lake s3://{}/{}", run > 1 ? "\n" : "",
                     run, command.runs, cluster.version(), cluster::name(cluster.flavour()), cluster.bootstrap(),
                     options.topic, to.bucket, options.prefix));
    auto report = drill::run_drill(options, cluster, *lake, tell, stop, context.log.named("drill"));
    if (!report) return std::unexpected(std::move(report).error());
    drills.push_back(*std::move(report));
    const auto& last = drills.back();
    CHECK(write_files(command.out, drills));
    if (last.failure && stop.requested()) {
      tell("interrupted: what was killed is started again");
      return ExitCode::interrupted;
    }
    if (last.failure) {
      tell(fmt::format("The timeline as far as it went: {}", (command.out / "drill.json").string()));
      return std::unexpected(*last.failure);
    }
    tell_proof(tell, last.proof);
    holds = holds && last.holds();
  }
  if (command.output == OutputFormat::json) {
    fmt::print("{}", drill::to_json(drills));
  } else {
    tell("\nTimes in milliseconds, from the kill, the restart or the request:");
    print(table_of(drills), command.output);
  }
  tell(fmt::format("\nTimelines: {} and {}", (command.out / "drill.svg").string(),
                   (command.out / "drill.json").string()));
  return holds ? ExitCode::done : ExitCode::failed;
}

}  // namespace

int run_drill(const DrillCommand& command, Context& context) {
  const auto code = drill_all(command, context);
  return code ? *code : report("drill", code.error());
}

}  // namespace tickerlake::app
