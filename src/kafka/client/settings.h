#pragma once
// How a Kafka cluster is reached; every client of this folder takes it.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickerlake::kafka {

struct ClientSettings {
  std::string bootstrap = "127.0.0.1:9092";  // HOST:PORT,...
  /// librdkafka's configuration properties, in order; they win over ours ("-X security.protocol=SASL_SSL").
  std::vector<std::pair<std::string, std::string>> properties;

  /// The last value of a property, if it was given.
  const std::string* property(std::string_view name) const;
  /// Whether the clients that work in batches can do what the properties ask for: compression, linger, batch size, and
  /// what ClientSecurity has of TLS and SASL. For anything else librdkafka itself is used.
  bool batch_clients_suffice() const;
};

}  // namespace tickerlake::kafka
