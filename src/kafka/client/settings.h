#pragma once
// How a Kafka cluster is reached; every client of this folder takes it.
#include <string>
#include <utility>
#include <vector>

namespace tickerlake::kafka {

struct ClientSettings {
  std::string bootstrap = "127.0.0.1:9092";  // HOST:PORT,...
  /// librdkafka's configuration properties, in order; they win over ours ("-X security.protocol=SASL_SSL").
  std::vector<std::pair<std::string, std::string>> properties;
};

}  // namespace tickerlake::kafka
