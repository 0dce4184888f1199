// What the kernel says of this process, under the names that every Prometheus client library uses.
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/metrics.h"

namespace tickerlake {
namespace {

/// The fields of /proc/self/stat behind the name, which may hold spaces: [0] is the state, field 3 of proc(5).
std::vector<double> stat_fields() {
  std::ifstream file("/proc/self/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  const std::size_t behind = text.rfind(')');
  std::vector<double> fields;
  if (behind == std::string::npos) return fields;
  std::istringstream rest(text.substr(behind + 1));
  for (std::string field; rest >> field;) fields.push_back(std::strtod(field.c_str(), nullptr));
  return fields;
}

/// Seconds since 1970 at which the machine was started.
double boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("btime ")) return std::strtod(line.c_str() + 6, nullptr);
  }
  return 0;
}

double open_descriptors() {
  std::error_code error;
  double count = 0;
  for (std::filesystem::directory_iterator it("/proc/self/fd", error), end; !error && it != end; it.increment(error)) {
    ++count;
  }
  return count > 0 ? count - 1 : 0;  // one is this listing's own
}

}  // namespace

void collect_process(Exposition& into) {
  const std::vector<double> stat = stat_fields();
  constexpr std::size_t user = 11, system = 12, threads = 17, start = 19, virtual_bytes = 20, resident_pages = 21;
  if (stat.size() > resident_pages) {
    const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
    into.counter("process_cpu_seconds_total", "User and system CPU time spent.", {},
                 (stat[user] + stat[system]) / ticks);
    into.gauge("process_threads", "Threads of the process.", {}, stat[threads]);
    into.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", {},
               boot_time() + stat[start] / ticks);
    into.gauge("process_virtual_memory_bytes", "Virtual memory.", {}, stat[virtual_bytes]);
    into.gauge("process_resident_memory_bytes", "Resident memory.", {},
               stat[resident_pages] * static_cast<double>(sysconf(_SC_PAGESIZE)));
  }
  into.gauge("process_open_fds", "Open file descriptors.", {}, open_descriptors());
  into.gauge("process_max_fds", "Most file descriptors that may be open.", {},
             static_cast<double>(sysconf(_SC_OPEN_MAX)));
}

}  // namespace tickerlake
