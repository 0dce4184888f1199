#include "app/connection.h"

#include <charconv>

#include "base/time.h"
#include "kafka/client/settings_file.h"

namespace tickerlake::app {

Result<kafka::ClientSettings> kafka_settings(const KafkaOptions& options) {
  kafka::ClientSettings settings;
  std::string bootstrap = options.bootstrap;
  if (!options.config.empty()) {
    TRY(auto properties, kafka::read_settings_file(options.config));
    for (auto& property : properties) {
      if (property.first != "bootstrap.servers") {
        settings.properties.push_back(std::move(property));
      } else if (bootstrap.empty()) {
        bootstrap = std::move(property.second);
      }
    }
  }
  if (!bootstrap.empty()) {
    settings.bootstrap = std::move(bootstrap);
  } else if (const auto endpoints = load_endpoints(options.data)) {
    settings.bootstrap = endpoints->kafka.text();
  }
  for (const std::string& property : options.properties) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return fail(ErrorCode::invalid_argument, "-X " + property + ": expected KEY=VALUE");
    }
    settings.properties.emplace_back(property.substr(0, equals), property.substr(equals + 1));
  }
  return settings;
}

Result<int> partitions_of(kafka::Admin& admin, const std::string& topic) {
  constexpr std::chrono::seconds patience{10};
  TRY(const auto layout, admin.layout(patience));
  for (const auto& found : layout.topics)
    if (found.name == topic) return static_cast<int>(found.partitions.size());
  return fail(ErrorCode::not_found, "there is no topic " + topic + " (tickerlake topics create " + topic + ")");
}

Result<aws::ClientConfig> aws_config(const io::Path& data, const AwsOptions& options) {
  aws::ClientFlags flags{.s3_endpoint = options.s3_endpoint, .s3_addressing = options.s3_addressing};
  TRY(flags.services, aws::parse_services(options.services));
  std::optional<aws::EmbeddedServices> embedded;
  const auto endpoints = load_endpoints(data);
  auto credentials = aws::load_credentials(data / "credentials.json");
  if (endpoints && credentials) embedded = {"http://" + endpoints->aws.text(), *std::move(credentials)};
  return aws::load_client_config(aws::process_environment(), embedded, flags);
}

Result<S3Url> parse_s3_url(std::string_view text) {
  constexpr std::string_view scheme = "s3://";
  if (!text.starts_with(scheme) || text.size() == scheme.size() || text[scheme.size()] == '/') {
    return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not s3://BUCKET/PREFIX");
  }
  text.remove_prefix(scheme.size());
  const std::size_t slash = text.find('/');
  S3Url url{std::string(text.substr(0, slash)), ""};
  if (slash != std::string_view::npos) {
    std::string_view prefix = text.substr(slash + 1);
    while (prefix.ends_with('/')) prefix.remove_suffix(1);
    while (prefix.starts_with('/')) prefix.remove_prefix(1);
    url.prefix = prefix;
  }
  return url;
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t amount = 0;
  const auto [unit, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
  const std::string_view suffix(unit, static_cast<std::size_t>(text.data() + text.size() - unit));
  if (error == std::errc{} && amount > 0 && amount < 1'000'000'000) {
    if (suffix == "ms") return std::chrono::milliseconds(amount);
    if (suffix == "s") return std::chrono::seconds(amount);
    if (suffix == "m") return std::chrono::minutes(amount);
    if (suffix == "h") return std::chrono::hours(amount);
  }
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is not a time such as 500ms, 5s, 2m or 1h");
}

Result<std::optional<std::int32_t>> parse_day_flag(std::string_view flag, std::string_view text) {
  if (text.empty()) return std::nullopt;
  const auto day = parse_date(text);
  if (!day) {
    return fail(ErrorCode::invalid_argument,
                std::string(flag) + " " + std::string(text) + ": expected an existing day as yyyy-mm-dd");
  }
  return day;
}

}  // namespace tickerlake::app
