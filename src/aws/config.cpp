#include "aws/config.h"

#include <cstdlib>
#include <map>

namespace tickerlake::aws {
namespace {

using Section = std::map<std::string, std::string, std::less<>>;
using Ini = std::map<std::string, Section, std::less<>>;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

/// The sections of an AWS file; indented lines (settings of single services) are left out. A missing file is empty.
Ini read_ini(const io::Path& path) {
  const std::string text = io::read_file(path).value_or("");
  Ini ini;
  Section* section = nullptr;
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';' || line[0] == ' ' || line[0] == '\t') continue;
    if (line[0] == '[') {
      section = &ini[trimmed(line.substr(1, line.find(']') - 1))];
    } else if (const std::size_t equals = line.find('='); equals != std::string_view::npos && section != nullptr) {
      (*section)[trimmed(line.substr(0, equals))] = trimmed(line.substr(equals + 1));
    }
  }
  return ini;
}

/// What the two files say about a profile, together; nothing when neither knows it.
std::optional<Section> read_profile(const Environment& environment, const std::string& name) {
  const io::Path home = io::Path(environment("HOME").value_or("")) / ".aws";
  const Ini config = read_ini(environment("AWS_CONFIG_FILE").value_or((home / "config").string()));
  const Ini credentials =
      read_ini(environment("AWS_SHARED_CREDENTIALS_FILE").value_or((home / "credentials").string()));
  const auto settings = config.find(name == "default" ? name : "profile " + name);
  const auto keys = credentials.find(name);
  if (settings == config.end() && keys == credentials.end()) return std::nullopt;
  Section both;
  if (keys != credentials.end()) both = keys->second;
  if (settings != config.end()) both.insert(settings->second.begin(), settings->second.end());
  return both;
}

std::string value_of(const Section& section, std::string_view name) {
  const auto at = section.find(name);
  return at == section.end() ? std::string{} : at->second;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

Result<Credentials> find_credentials(const Environment& environment, const Section& profile,
                                     std::string_view profile_name) {
  const auto from = [](std::string id, std::string secret, std::string token,
                       const std::string& where) -> Result<Credentials> {
    if (secret.empty()) return fail(ErrorCode::invalid_argument, where + " has an access key without its secret");
    return Credentials{
        .access_key_id = std::move(id), .secret_access_key = std::move(secret), .session_token = std::move(token)};
  };
  if (const auto id = environment("AWS_ACCESS_KEY_ID")) {
    return from(*id, environment("AWS_SECRET_ACCESS_KEY").value_or(""), environment("AWS_SESSION_TOKEN").value_or(""),
                "the environment");
  }
  if (const std::string id = value_of(profile, "aws_access_key_id"); !id.empty()) {
    return from(id, value_of(profile, "aws_secret_access_key"), value_of(profile, "aws_session_token"),
                "the AWS profile " + std::string(profile_name));
  }
  return fail(ErrorCode::not_found,
              "no AWS keys: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE to a profile with "
              "static keys (SSO, roles and instance metadata are not read)");
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

Result<ClientConfig> load_client_config(const Environment& environment,
                                        const std::optional<EmbeddedServices>& embedded) {
  const auto set_profile = environment("AWS_PROFILE");
  const std::string profile_name = set_profile.value_or("default");
  const auto found_profile = read_profile(environment, profile_name);
  if (set_profile && !found_profile)
    return fail(ErrorCode::invalid_argument, "there is no AWS profile \"" + profile_name + "\"");
  const Section profile = found_profile.value_or(Section{});

  ClientConfig config;
  const auto common = environment("AWS_ENDPOINT_URL");
  bool any_endpoint = common.has_value();
  for (auto [variable, access] :
       {std::pair{"AWS_ENDPOINT_URL_S3", &config.s3}, std::pair{"AWS_ENDPOINT_URL_GLUE", &config.glue},
        std::pair{"AWS_ENDPOINT_URL_ATHENA", &config.athena}}) {
    const auto own = environment(variable);
    any_endpoint = any_endpoint || own;
    access->endpoint = without_slash(own ? *own : common ? *common : value_of(profile, "endpoint_url"));
  }
  const auto region = environment("AWS_REGION"), default_region = environment("AWS_DEFAULT_REGION");
  std::string chosen_region = region ? *region : default_region ? *default_region : value_of(profile, "region");
  if (chosen_region.empty()) chosen_region = "us-east-1";

  Credentials credentials;
  config.embedded = !any_endpoint && !set_profile && !environment("AWS_ACCESS_KEY_ID");
  if (config.embedded) {
    if (!embedded) {
      return fail(ErrorCode::not_found,
                  "no AWS endpoint or keys are set and no tickerlake has run here: start one with "
                  "\"tickerlake up\", or set AWS_ENDPOINT_URL or AWS_PROFILE");
    }
    if (!region && !default_region) chosen_region = "us-east-1";
    config.s3.endpoint = config.glue.endpoint = config.athena.endpoint = without_slash(embedded->endpoint);
    credentials = embedded->credentials;
  } else if (embedded && !set_profile && !environment("AWS_ACCESS_KEY_ID") &&
             config.s3.endpoint == without_slash(embedded->endpoint)) {
    credentials = embedded->credentials;
  } else {
    TRY(credentials, find_credentials(environment, profile, profile_name));
  }
  for (ServiceAccess* access : {&config.s3, &config.glue, &config.athena}) {
    access->region = chosen_region;
    access->credentials = credentials;
  }
  return config;
}

std::string service_url(const ServiceAccess& access, std::string_view service) {
  if (!access.endpoint.empty()) return access.endpoint;
  const bool china = access.region.starts_with("cn-");
  return "https://" + std::string(service) + "." + access.region + ".amazonaws.com" + (china ? ".cn" : "");
}

}  // namespace tickerlake::aws
