#include "cluster/distribution.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "cluster/process.h"

namespace tickerlake::cluster {
namespace {

constexpr const char* kraft_version = "4.3.1";
constexpr const char* zookeeper_version = "3.9.2";
constexpr int oldest_kraft_major = 3;  // 3.3 is the first that is fit for use; 4.0 the first without ZooKeeper
constexpr int newest_zookeeper_major = 3;
constexpr std::chrono::minutes fetch_patience{15};
constexpr int lines_shown = 15;

constexpr const char* java_advice = "install one (Debian: apt-get install openjdk-17-jre-headless), or set JAVA_HOME";

/// 4.x leaves the choice of what writes its log to the user; 3.9 brings reload4j.
std::string pom(Flavour flavour, std::string_view version) {
  const auto dependency = [](std::string_view group, std::string_view artifact, std::string_view at) {
    return fmt::format(
        "    <dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>\n", group,
        artifact, at);
  };
  std::string dependencies = dependency("org.apache.kafka", "kafka_2.13", version);
  dependencies += dependency("org.apache.kafka", "kafka-tools", version);
  if (flavour == Flavour::kraft) dependencies += dependency("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.4");
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">\n"
      "  <modelVersion>4.0.0</modelVersion>\n"
      "  <groupId>tickerlake</groupId><artifactId>kafka-jars</artifactId><version>1</version>\n"
      "  <dependencies>\n{}  </dependencies>\n"
      "</project>\n",
      dependencies);
}

/// Of libs/kafka-clients-VERSION.jar.
std::optional<std::string> version_of(const io::Path& libs) {
  static constexpr std::string_view prefix = "kafka-clients-", suffix = ".jar";
  std::error_code error;
  for (std::filesystem::directory_iterator it(libs, error), end; !error && it != end; it.increment(error)) {
    const std::string file = it->path().filename().string();
    if (!file.starts_with(prefix) || !file.ends_with(suffix)) continue;
    const std::string version = file.substr(prefix.size(), file.size() - prefix.size() - suffix.size());
    if (!version.empty() && version.front() >= '0' && version.front() <= '9' && !version.ends_with("-test"))
      return version;
  }
  return std::nullopt;
}

Result<void> run_maven(const io::Path& maven, const io::Path& folder) {
  const io::Path output = folder / "maven.log";
  TRY(const ProcessId child,
      spawn({.arguments = {maven.string(), "-B", "-f", (folder / "pom.xml").string(),
                           "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies",
                           "-DincludeScope=runtime", "-DoutputDirectory=" + (folder / "libs").string()},
             .directory = folder,
             .output = output}));
  auto code = wait_for_child(child, fetch_patience);
  if (!code) return std::unexpected(std::move(code.error()).within("Maven"));
  if (*code == 0) return {};
  return fail(ErrorCode::unavailable, fmt::format("Maven could not fetch Apache Kafka's jars (exit code {}):\n{}",
                                                  *code, last_lines(output, lines_shown)));
}

}  // namespace

const char* name(Flavour flavour) { return flavour == Flavour::kraft ? "kraft" : "zookeeper"; }

int Distribution::major() const { return std::atoi(version.c_str()); }

io::Path default_cache() {
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg != '\0')
    return io::Path(xdg) / "tickerlake";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return io::Path(home) / ".cache" / "tickerlake";
  return "tickerlake-cache";
}

Result<io::Path> find_java() {
  if (const char* home = std::getenv("JAVA_HOME"); home != nullptr && *home != '\0') {
    io::Path java = io::Path(home) / "bin" / "java";
    if (::access(java.c_str(), X_OK) == 0) return java;
    return fail(ErrorCode::unavailable,
                fmt::format("Apache Kafka needs a JVM, and JAVA_HOME={} has no bin/java: {}", home, java_advice));
  }
  if (auto java = find_program("java")) return *std::move(java);
  return fail(ErrorCode::unavailable,
              fmt::format("Apache Kafka needs a JVM, and there is no java in PATH: {}", java_advice));
}

Result<Distribution> distribution_of(const io::Path& home, Flavour flavour) {
  Distribution found;
  TRY(found.java, find_java());
  std::error_code error;
  found.libs = std::filesystem::absolute(home, error) / "libs";
  auto version = version_of(found.libs);
  if (!version) {
    return fail(ErrorCode::not_found,
                fmt::format("{} is no Apache Kafka: there is no libs/kafka-clients-VERSION.jar in it", home.string()));
  }
  found.version = *std::move(version);
  if (flavour == Flavour::zookeeper && found.major() > newest_zookeeper_major) {
    return fail(ErrorCode::unsupported,
                fmt::format("Apache Kafka {} has no ZooKeeper any more; 3.9 was the last that had", found.version));
  }
  if (flavour == Flavour::kraft && found.major() < oldest_kraft_major) {
    return fail(ErrorCode::unsupported, fmt::format("Apache Kafka {} needs ZooKeeper: --zookeeper", found.version));
  }
  return found;
}

Result<Distribution> fetch_distribution(const io::Path& cache, Flavour flavour, const Log& log) {
  const char* version = flavour == Flavour::kraft ? kraft_version : zookeeper_version;
  std::error_code error;
  const io::Path home = std::filesystem::absolute(cache, error) / fmt::format("kafka-{}", version);
  CHECK(find_java());  // said before half a minute is spent on jars that nothing can run
  if (std::filesystem::exists(home / "libs", error)) return distribution_of(home, flavour);
  const auto maven = find_program("mvn");
  if (!maven) {
    return fail(
        ErrorCode::unavailable,
        fmt::format("Apache Kafka's jars are not in {} and there is no mvn in PATH to fetch them: install Maven "
                    "(Debian: apt-get install maven), or name an unpacked Apache Kafka: --kafka-home DIR",
                    home.string()));
  }
  log.info("fetching Apache Kafka {} through Maven into {}", version, home.string());
  // Under another name until all are there, so that a folder of that name is always whole.
  const io::Path fetching = home.string() + fmt::format(".{}", ::getpid());
  CHECK(io::make_directories(fetching));
  CHECK(io::write_file_atomically(fetching / "pom.xml", pom(flavour, version)));
  const auto fetched = run_maven(*maven, fetching);
  // Another process may have been quicker; its jars are the same.
  if (fetched) std::filesystem::rename(fetching, home, error);
  if (!fetched || error) std::filesystem::remove_all(fetching, error);
  CHECK(fetched);
  return distribution_of(home, flavour);
}

}  // namespace tickerlake::cluster
