#include "kafka/client/settings_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace tickerlake::kafka {
namespace {

constexpr std::int64_t max_settings_file = 1 << 20;  // bytes
constexpr std::string_view blanks = " \t\f";

std::string_view without_leading_blanks(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  return text;
}

bool continues(std::string_view line) {
  std::size_t backslashes = 0;
  while (line.ends_with('\\')) {
    line.remove_suffix(1);
    ++backslashes;
  }
  return backslashes % 2 == 1;
}

/// The next line without its end and the blanks at its beginning.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return without_leading_blanks(line);
}

char unescaped(char escaped) {
  switch (escaped) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'f':
      return '\f';
    default:
      return escaped;
  }
}

std::pair<std::string, std::string> split(std::string_view line) {
  std::string name, value;
  std::size_t at = 0;
  const auto take = [&](std::string& into) {
    if (line[at] == '\\' && at + 1 < line.size()) {
      into += unescaped(line[at + 1]);
      at += 2;
    } else {
      into += line[at++];
    }
  };
  while (at < line.size() && line[at] != '=' && line[at] != ':' && blanks.find(line[at]) == std::string_view::npos)
    take(name);
  std::string_view rest = without_leading_blanks(line.substr(at));
  if (rest.starts_with('=') || rest.starts_with(':')) rest = without_leading_blanks(rest.substr(1));
  at = line.size() - rest.size();
  while (at < line.size()) take(value);
  return {std::move(name), std::move(value)};
}

std::string upper(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

/// username="alice" of a line of JAAS: its value, nothing when it isn't there.
std::optional<std::string> jaas_option(std::string_view jaas, std::string_view name) {
  std::size_t at = 0;
  while ((at = jaas.find(name, at)) != std::string_view::npos) {
    const bool begins = at == 0 || std::isspace(static_cast<unsigned char>(jaas[at - 1])) != 0;
    at += name.size();
    if (!begins || !jaas.substr(at).starts_with("=\"")) continue;
    std::string value;
    for (at += 2; at < jaas.size() && jaas[at] != '"'; ++at) {
      if (jaas[at] == '\\' && at + 1 < jaas.size()) ++at;
      value += jaas[at];
    }
    return value;
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 4> serializers = {"key.serializer", "value.serializer", "key.deserializer",
                                                         "value.deserializer"};
/// Java's names that have another one in librdkafka, for stores of type PEM.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> pem_names = {{
    {"ssl.truststore.location", "ssl.ca.location"},
    {"ssl.truststore.certificates", "ssl.ca.pem"},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem"},
    {"ssl.keystore.key", "ssl.key.pem"},
}};

}  // namespace

Result<Properties> parse_properties(std::string_view text) {
  Properties properties;
  int number = 0;
  while (!text.empty()) {
    std::string line(next_line(text));
    ++number;
    if (line.empty() || line.front() == '#' || line.front() == '!') continue;
    const int first = number;
    while (continues(line)) {
      line.pop_back();
      if (text.empty()) break;
      line += next_line(text);
      ++number;
    }
    auto property = split(line);
    if (property.first.empty())
      return fail(ErrorCode::invalid_argument, "line " + std::to_string(first) + " has no name before its value");
    properties.push_back(std::move(property));
  }
  return properties;
}

Result<Properties> to_librdkafka(const Properties& java) {
  std::map<std::string, std::string, std::less<>> types{{"ssl.truststore.type", "JKS"}, {"ssl.keystore.type", "JKS"}};
  for (const auto& [name, value] : java)
    if (types.contains(name)) types[name] = upper(value);

  Properties ours;
  for (const auto& [name, value] : java) {
    if (types.contains(name) || std::ranges::find(serializers, name) != serializers.end()) continue;
    if (name == "sasl.jaas.config") {
      const auto user = jaas_option(value, "username"), password = jaas_option(value, "password");
      if (!user || !password)
        return fail(ErrorCode::unsupported, "sasl.jaas.config: only logins with username=\"…\" and password=\"…\"");
      ours.emplace_back("sasl.username", *user);
      ours.emplace_back("sasl.password", *password);
      continue;
    }
    if (name == "ssl.truststore.location" && types["ssl.truststore.type"] != "PEM")
      return fail(ErrorCode::unsupported, name + ": of type " + types["ssl.truststore.type"] +
                                              ", only PEM (ssl.truststore.type=PEM) can be read");
    if (name == "ssl.keystore.location" && types["ssl.keystore.type"] == "PEM") {
      ours.emplace_back("ssl.certificate.location", value);
      ours.emplace_back("ssl.key.location", value);
      continue;
    }
    if (name == "ssl.keystore.location" && types["ssl.keystore.type"] != "PKCS12")
      return fail(ErrorCode::unsupported, name + ": of type JKS, only PEM and PKCS12 (ssl.keystore.type) can be read");
    const auto* other = std::ranges::find(pem_names, name, &std::pair<std::string_view, std::string_view>::first);
    ours.emplace_back(other == pem_names.end() ? name : std::string(other->second), value);
  }
  return ours;
}

Result<Properties> read_settings_file(const io::Path& path) {
  const auto read = [&]() -> Result<Properties> {
    TRY(const auto file, io::File::open(path, io::File::Mode::read));
    TRY(const auto size, file.size());
    if (size > max_settings_file) return fail(ErrorCode::invalid_argument, "longer than a mebibyte");
    TRY(const auto text, io::read_file(path));
    TRY(const auto properties, parse_properties(text));
    return to_librdkafka(properties);
  };
  auto properties = read();
  if (!properties) return std::unexpected(std::move(properties.error()).within(path.string()));
  return properties;
}

}  // namespace tickerlake::kafka
