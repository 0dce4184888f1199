// Everything that lies in a data folder, held against docs/formats. Each store checks its own.
#include "services/fsck/fsck.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "app/commands/commands.h"
#include "aws/credentials.h"
#include "services/athena/check.h"
#include "services/broker/check.h"
#include "services/glue/catalog/check.h"
#include "services/s3/store/check.h"

namespace tickerlake::app {
namespace {

using services::Finding;
using services::Fsck;

/// Files that the wiring keeps itself.
void check_own_files(Fsck& fsck) {
  services::check_temporary_files(fsck, fsck.data);
  const io::Path credentials = fsck.data / "credentials.json";
  if (std::filesystem::exists(credentials)) {
    if (const auto loaded = aws::load_credentials(credentials); !loaded) {
      fsck.say({.place = fsck.shown(credentials),
                .problem = loaded.error().message,
                .lost = "the access key that clients use",
                .remedy = "move it to lost+found; the next start makes a new key. Without that no server starts"},
               [&] { return fsck.set_aside(credentials); });
    }
  }
  const io::Path endpoints = fsck.data / "endpoints.json";
  if (std::filesystem::exists(endpoints)) {
    if (const auto loaded = load_endpoints(fsck.data); !loaded) {
      fsck.say({.place = fsck.shown(endpoints),
                .problem = loaded.error().message,
                .lost = "nothing: the next start writes it",
                .remedy = "remove it"},
               [&] { return io::remove_file(endpoints); });
    }
  }
}

const char* name(Finding::Kind kind) { return kind == Finding::Kind::damage ? "damage" : "leftover"; }

Table table_of(const std::vector<Finding>& findings, bool repair) {
  Table table{{{"kind"}, {"place"}, {"problem"}, {"lost"}, {repair ? "repair" : "remedy"}, {"state"}}, {}};
  for (const Finding& finding : findings) {
    table.rows.push_back({name(finding.kind), finding.place, finding.problem, finding.lost, finding.remedy,
                          finding.repaired ? "repaired" : "open"});
  }
  return table;
}

/// For people: a table would be wider than any screen.
void print_text(const std::vector<Finding>& findings, bool repair) {
  for (const Finding& finding : findings) {
    fmt::print("{}: {}\n  problem: {}\n  lost:    {}\n  {} {}\n", name(finding.kind), finding.place, finding.problem,
               finding.lost,
               finding.repaired ? "repaired:"
               : repair         ? "open:   "
                                : "repair: ",
               finding.remedy);
  }
}

}  // namespace

int run_fsck(const FsckOptions& options, Context&) {
  const io::Path data = std::filesystem::absolute(options.data).lexically_normal();
  if (!std::filesystem::is_directory(data)) {
    return report("fsck", {ErrorCode::not_found, "there is no folder " + data.string()});
  }
  const auto lock = io::DirectoryLock::acquire(data);
  if (!lock) {
    Error error = lock.error();
    if (error.code == ErrorCode::conflict) error.message += "; fsck needs it stopped";
    return report("fsck", error);
  }
  std::vector<Finding> findings;
  Fsck fsck;
  fsck.repair = options.repair;
  fsck.deep = options.deep;
  fsck.data = data.has_filename() ? data : data.parent_path();
  fsck.found = [&](Finding finding) { findings.push_back(std::move(finding)); };

  const auto started = std::chrono::steady_clock::now();
  check_own_files(fsck);
  broker::check_broker(fsck, fsck.data / "kafka");
  s3::check_store(fsck, fsck.data / "s3");
  glue::check_catalog(fsck, fsck.data / "catalog.sqlite");
  athena::check_athena(fsck, fsck.data / "athena");
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();

  if (options.output == OutputFormat::table) {
    print_text(findings, options.repair);
  } else {
    print(table_of(findings, options.repair), options.output);
  }
  const auto damaged = std::ranges::count(findings, Finding::Kind::damage, &Finding::kind);
  const auto repaired = std::ranges::count(findings, true, &Finding::repaired);
  fmt::print(stderr,
             "checked {} batches ({}), {} objects ({}{}), {} catalog rows in {:.1f} s: {} damaged, {} left over{}\n",
             grouped(fsck.batches), human_bytes(fsck.log_bytes), grouped(fsck.objects), human_bytes(fsck.blob_bytes),
             options.deep ? ", contents compared" : "", grouped(fsck.rows), seconds, damaged,
             std::ssize(findings) - damaged, options.repair ? fmt::format(", {} repaired", repaired) : "");
  return repaired == std::ssize(findings) ? ExitCode::done : ExitCode::failed;
}

}  // namespace tickerlake::app
