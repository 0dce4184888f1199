#pragma once
// Apache Kafka's jars and the JVM that runs them: found, or fetched through Maven into a cache. Nothing is installed.
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "io/file.h"

namespace tickerlake::cluster {

enum class Flavour {
  kraft,      // Apache Kafka 4: the brokers are controllers too, by the Raft quorum of KIP-500
  zookeeper,  // Apache Kafka 3.9, the last that knows ZooKeeper
};

/// "kraft", "zookeeper".
const char* name(Flavour flavour);

struct Distribution {
  io::Path java;        // the program
  io::Path libs;        // the folder of jars
  std::string version;  // "4.3.1", of the kafka-clients jar
  int major() const;
};

/// $XDG_CACHE_HOME/tickerlake, or ~/.cache/tickerlake.
io::Path default_cache();

/// The JVM: $JAVA_HOME/bin/java, else `java` of $PATH. ErrorCode::unavailable with what to install.
Result<io::Path> find_java();

/// An unpacked Apache Kafka (home/libs/*.jar). ErrorCode::not_found when it isn't one, unsupported when its version
/// can't run the flavour.
Result<Distribution> distribution_of(const io::Path& home, Flavour flavour);

/// The jars for the flavour in the cache; fetched through Maven when they are not there, which takes half a minute.
/// ErrorCode::unavailable when neither they nor Maven are there, or Maven fails: the message ends with its output.
Result<Distribution> fetch_distribution(const io::Path& cache, Flavour flavour, const Log& log);

}  // namespace tickerlake::cluster
