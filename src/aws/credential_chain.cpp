#include "aws/credential_chain.h"

#include <algorithm>
#include <vector>

namespace tickerlake::aws {
namespace {

using Source = std::shared_ptr<CredentialSource>;
/// Null: there is nothing at this place, look at the next.
using Found = Result<Source>;

/// A source that has been asked once. What has nothing says not_found.
Found asked(Source source, bool nothing_is_nothing = false) {
  const auto keys = source->get();
  if (keys) return source;
  if (nothing_is_nothing && keys.error().code == ErrorCode::not_found) return nullptr;
  return std::unexpected(keys.error());
}

class Chain {
 public:
  explicit Chain(const ChainContext& context) : context_(context) {}

  Found variables() const {
    const auto id = context_.environment("AWS_ACCESS_KEY_ID");
    if (!id) return nullptr;
    const auto token = context_.environment("AWS_SECURITY_TOKEN");  // the old name, first in botocore, too
    return fixed(*id, context_.environment("AWS_SECRET_ACCESS_KEY").value_or(""),
                 token ? *token : context_.environment("AWS_SESSION_TOKEN").value_or(""), "the environment");
  }

  /// role_arn with source_profile or credential_source. A web identity's role is none of these.
  Found assumed_role(const Profile& profile) {
    const ProfileSection& settings = profile.settings;
    if (!has_role(profile)) return nullptr;
    if (settings.has("mfa_serial"))
      return fail(ErrorCode::unsupported, named(profile) + " wants a code of an MFA device, which is not supported");
    const std::string source_profile = settings.value("source_profile");
    const std::string credential_source = settings.value("credential_source");
    if (source_profile.empty() == credential_source.empty())
      return fail(ErrorCode::invalid_argument,
                  named(profile) + " has role_arn: it needs source_profile or credential_source, one of them");
    AssumedRole role = role_of(settings.value("role_arn"), settings.value("role_session_name"));
    role.external_id = settings.value("external_id");
    role.duration_seconds = settings.value("duration_seconds");
    if (!source_profile.empty()) {
      TRY(role.sts.credentials, of_source_profile(profile, source_profile));
    } else {
      TRY(role.sts.credentials, of_named_place(profile, credential_source));
    }
    return asked(renewed_credentials(assumed_role_credentials(context_.http, std::move(role)),
                                     "the role of " + named(profile), context_.clock));
  }

  /// What comes from a profile but for assumed_role(). With `alone`, variables say nothing.
  Found in_profile(const Profile& profile, bool alone) const {
    TRY(auto web, web_identity(profile, alone));
    if (web) return web;
    const ProfileSection& settings = profile.settings;
    if (settings.has("sso_account_id") || settings.has("sso_session"))
      return fail(ErrorCode::unsupported,
                  named(profile) +
                      " is one of SSO: give it credential_process = aws configure export-credentials "
                      "--profile " +
                      profile.name + " --format process, in a profile of its own");
    if (profile.keys_in_credentials_file) return keys_of(profile);
    if (const std::string command = settings.value("credential_process"); !command.empty())
      return asked(renewed_credentials(process_credentials(command), "the credential_process of " + named(profile),
                                       context_.clock));
    return settings.has("aws_access_key_id") ? keys_of(profile) : Found(nullptr);
  }

  Found container() const {
    if (!context_.environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") &&
        !context_.environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
      return nullptr;
    TRY(auto fetch, container_credentials(context_.http, context_.environment));
    return asked(renewed_credentials(std::move(fetch), "the container's role", context_.clock));
  }

  Found instance() const {
    return asked(renewed_credentials(instance_credentials(context_.http, context_.environment), "the instance's role",
                                     context_.clock),
                 true);
  }

 private:
  static std::string named(const Profile& profile) { return "the AWS profile " + profile.name; }

  static bool has_role(const Profile& profile) {
    return profile.settings.has("role_arn") && !profile.settings.has("web_identity_token_file");
  }

  static Found fixed(std::string id, std::string secret, std::string token, std::string where) {
    if (secret.empty()) return fail(ErrorCode::invalid_argument, where + " has an access key without its secret");
    return fixed_credentials(
        {.access_key_id = std::move(id), .secret_access_key = std::move(secret), .session_token = std::move(token)},
        std::move(where));
  }

  static Found keys_of(const Profile& profile) {
    const ProfileSection& settings = profile.settings;
    return fixed(settings.value("aws_access_key_id"), settings.value("aws_secret_access_key"),
                 settings.value("aws_session_token"), named(profile));
  }

  AssumedRole role_of(std::string arn, std::string session_name) const {
    return {.sts = context_.sts, .arn = std::move(arn), .session_name = std::move(session_name)};
  }

  Found web_identity(const Profile& profile, bool alone) const {
    const auto setting = [&](const char* variable, std::string_view name) {
      const auto value = alone ? std::nullopt : context_.environment(variable);
      return value ? *value : profile.settings.value(name);
    };
    const std::string file = setting("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (file.empty()) return nullptr;
    AssumedRole role =
        role_of(setting("AWS_ROLE_ARN", "role_arn"), setting("AWS_ROLE_SESSION_NAME", "role_session_name"));
    if (role.arn.empty())
      return fail(ErrorCode::invalid_argument, "a web identity's token without a role: set AWS_ROLE_ARN");
    return asked(renewed_credentials(web_identity_credentials(context_.http, std::move(role), file),
                                     "the role of the web identity", context_.clock));
  }

  Found of_source_profile(const Profile& profile, const std::string& name) {
    const Profile* source = context_.profiles.find(name);
    if (source == nullptr)
      return fail(ErrorCode::invalid_argument, named(profile) + ": there is no source_profile \"" + name + "\"");
    const bool own_keys = source->settings.has("aws_access_key_id") || source->settings.has("aws_secret_access_key");
    // A profile may name itself, when it has keys beside its role.
    if (std::ranges::find(visited_, name) != visited_.end() && !(name == profile.name && own_keys))
      return fail(ErrorCode::invalid_argument, named(profile) + ": source_profile \"" + name + "\" goes in a circle");
    visited_.push_back(name);
    TRY(auto found, own_keys || !has_role(*source) ? in_profile(*source, true) : assumed_role(*source));
    if (!found) return fail(ErrorCode::invalid_argument, named(*source) + " is a source_profile and has no keys");
    return found;
  }

  Found of_named_place(const Profile& profile, const std::string& place) const {
    Found found = nullptr;
    if (place == "Environment") {
      found = variables();
    } else if (place == "EcsContainer") {
      found = container();
    } else if (place == "Ec2InstanceMetadata") {
      found = instance();
    } else {
      return fail(ErrorCode::invalid_argument, named(profile) + ": credential_source \"" + place +
                                                   "\" is none of Environment, EcsContainer, Ec2InstanceMetadata");
    }
    if (found && *found == nullptr)
      return fail(ErrorCode::not_found, named(profile) + ": there are no keys in " + place);
    return found;
  }

  const ChainContext& context_;
  std::vector<std::string> visited_{context_.profile_name};
};

}  // namespace

Result<std::shared_ptr<CredentialSource>> find_credentials(const ChainContext& context) {
  Chain chain(context);
  const Profile none{.name = context.profile_name, .settings = {}};
  const Profile* found_profile = context.profiles.find(context.profile_name);
  const Profile& profile = found_profile == nullptr ? none : *found_profile;
  TRY(auto source, chain.variables());
  if (!source) {
    TRY(source, chain.assumed_role(profile));
  }
  if (!source) {
    TRY(source, chain.in_profile(profile, false));
  }
  if (!source) {
    TRY(source, chain.container());
  }
  if (!source) {
    TRY(source, chain.instance());
  }
  if (source) return source;
  return fail(ErrorCode::not_found,
              "no AWS keys: neither variables (AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY) nor the profile \"" +
                  context.profile_name + "\", a web identity, a container or an instance has any (docs/stores.md)");
}

}  // namespace tickerlake::aws
