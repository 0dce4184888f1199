#pragma once
// Clients' settings from a file of properties, as librdkafka or as Java's clients name them.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "io/file.h"

namespace tickerlake::kafka {

using Properties = std::vector<std::pair<std::string, std::string>>;

/// Java's properties: "name=value", "name: value" or "name value" a line, '#' and '!' before comments, '\' before a
/// line's end and before characters. ErrorCode::invalid_argument names the line that has no name.
Result<Properties> parse_properties(std::string_view text);

/// Java's names for TLS and SASL as librdkafka's: truststores and keystores of type PEM, sasl.jaas.config with a user
/// name and a password. Serializers are left out; whatever else there is stays as it is. ErrorCode::unsupported for
/// what librdkafka can't do (a JKS truststore).
Result<Properties> to_librdkafka(const Properties& java);

/// Both, of a file of at most a mebibyte; errors name it.
Result<Properties> read_settings_file(const io::Path& path);

}  // namespace tickerlake::kafka
