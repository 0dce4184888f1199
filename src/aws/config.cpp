#include "aws/config.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "aws/credential_chain.h"

namespace tickerlake::aws {
namespace {

/// The chain's sources keep a reference to it.
const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

bool is_true(const std::string& text) { return text == "true" || text == "True" || text == "TRUE"; }

/// The settings of the variables, and of the profile behind them.
class Settings {
 public:
  static Result<Settings> read(const Environment& environment, bool needs_profile) {
    Settings settings(environment);
    // botocore's order of the two variables.
    const auto asked =
        environment("AWS_DEFAULT_PROFILE") ? environment("AWS_DEFAULT_PROFILE") : environment("AWS_PROFILE");
    settings.profile_name_ = asked.value_or("default");
    if (const Profile* found = settings.profiles_.find(settings.profile_name_)) {
      settings.profile_ = *found;
    } else if (asked && needs_profile) {
      return fail(ErrorCode::invalid_argument, "there is no AWS profile \"" + *asked + "\"");
    }
    TRY(settings.services_, settings.profiles_.services_of(settings.profile_));
    return settings;
  }

  /// A variable, else what the profile says.
  std::string value(const char* variable, std::string_view name) const {
    const auto set = environment_(variable);
    return set ? *set : profile_.settings.value(name);
  }
  std::string of_profile(std::string_view name) const { return profile_.settings.value(name); }
  bool flag(const char* variable, std::string_view name) const { return is_true(value(variable, name)); }

  /// AWS_ENDPOINT_URL_SERVICE, AWS_ENDPOINT_URL.
  std::string endpoint_of_variables(std::string_view service) const {
    if (ignores_endpoints()) return {};
    const auto own = environment_(("AWS_ENDPOINT_URL_" + upper(service)).c_str());
    return without_slash(own ? *own : environment_("AWS_ENDPOINT_URL").value_or(""));
  }
  std::string endpoint(std::string_view service) const {
    if (ignores_endpoints()) return {};
    std::string found = endpoint_of_variables(service);
    if (found.empty()) found = services_.value(std::string(service) + ".endpoint_url");
    if (found.empty()) found = profile_.settings.value("endpoint_url");
    return without_slash(std::move(found));
  }

  std::string region() const {
    const auto region = environment_("AWS_REGION");
    return region ? *region : value("AWS_DEFAULT_REGION", "region");
  }

  /// Whether the environment says whose account is meant.
  bool names_keys() const {
    constexpr const char* names[] = {"AWS_ACCESS_KEY_ID",
                                     "AWS_PROFILE",
                                     "AWS_DEFAULT_PROFILE",
                                     "AWS_WEB_IDENTITY_TOKEN_FILE",
                                     "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                                     "AWS_CONTAINER_CREDENTIALS_FULL_URI"};
    return std::ranges::any_of(names, [&](const char* name) { return environment_(name).has_value(); });
  }

  const Profiles& profiles() const { return profiles_; }
  const std::string& profile_name() const { return profile_name_; }

 private:
  explicit Settings(const Environment& environment)
      : environment_(environment), profiles_(Profiles::read(environment)) {}
  bool ignores_endpoints() const {
    return flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls");
  }

  const Environment& environment_;
  Profiles profiles_;
  std::string profile_name_;
  Profile profile_;
  ProfileSection services_;
};

/// The access to a service of somebody else's, without credentials.
ServiceAccess outside(const Settings& settings, std::string_view service, std::string endpoint) {
  ServiceAccess access{.endpoint = std::move(endpoint), .region = settings.region(), .credentials = nullptr};
  if (access.endpoint.empty()) access.endpoint = settings.endpoint(service);
  access.fips = settings.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  access.dualstack = settings.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  return access;
}

}  // namespace

Result<Services> parse_services(std::string_view text) {
  if (text.empty() || text == "auto") return Services::automatic;
  if (text == "embedded") return Services::embedded;
  if (text == "aws") return Services::aws;
  return fail(ErrorCode::invalid_argument, "\"" + std::string(text) + "\" is none of auto, embedded, aws");
}

Result<ClientConfig> load_client_config(const Environment& environment, const std::optional<EmbeddedServices>& embedded,
                                        const ClientFlags& flags) {
  TRY(const Settings settings, Settings::read(environment, flags.services != Services::embedded));
  const bool all_outside =
      flags.services == Services::aws || (flags.services == Services::automatic && settings.names_keys());
  const std::string embedded_endpoint = embedded ? without_slash(embedded->endpoint) : std::string{};
  const Error nothing_embedded{
      ErrorCode::not_found,
      "no AWS endpoint or keys are set and no tickerlake has run here: start one with \"tickerlake up\", set "
      "AWS_ENDPOINT_URL or AWS_PROFILE, or say --services aws"};

  ClientConfig config;
  std::vector<ServiceAccess*> inside, need_keys;
  for (auto [service, access] :
       {std::pair{"s3", &config.s3}, std::pair{"glue", &config.glue}, std::pair{"athena", &config.athena}}) {
    const std::string given = access == &config.s3 ? without_slash(flags.s3_endpoint) : std::string{};
    const std::string named = given.empty() ? settings.endpoint_of_variables(service) : given;
    const bool is_outside =
        all_outside || (flags.services == Services::automatic && !named.empty() && named != embedded_endpoint);
    if (is_outside) {
      *access = outside(settings, service, given);
      need_keys.push_back(access);
    } else {
      inside.push_back(access);
    }
  }
  for (ServiceAccess* access : inside) {
    access->endpoint = embedded_endpoint;
    access->region = environment("AWS_REGION").value_or(environment("AWS_DEFAULT_REGION").value_or("us-east-1"));
    access->credentials = embedded ? fixed_credentials(embedded->credentials, "the embedded services")
                                   : missing_credentials(nothing_embedded);
  }
  const std::string style = flags.s3_addressing.empty() && std::ranges::find(need_keys, &config.s3) != need_keys.end()
                                ? settings.of_profile("s3.addressing_style")
                                : flags.s3_addressing;
  TRY(config.s3.addressing, parse_addressing(style));
  if (need_keys.empty()) {
    if (!embedded) return std::unexpected(nothing_embedded);
    return config;
  }

  config.http.ca_bundle = settings.value("AWS_CA_BUNDLE", "ca_bundle");
  const ChainContext chain{.environment = environment,
                           .profiles = settings.profiles(),
                           .profile_name = settings.profile_name(),
                           .sts = outside(settings, "sts", {}),
                           .http = std::make_shared<http::Client>(config.http),
                           .clock = system_clock()};
  TRY(const auto credentials, find_credentials(chain));
  for (ServiceAccess* access : need_keys) access->credentials = credentials;
  return config;
}

}  // namespace tickerlake::aws
