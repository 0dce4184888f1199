#include "kafka/client/security_admin.h"

#include "base/digest.h"

namespace tickerlake::kafka {
namespace {

constexpr std::size_t salt_bytes = 24;

/// code and message as most answers have them, of the whole or of one part.
template <class Answer>
Result<void> check(const Answer& answer, const std::string& what) {
  const std::string text = answer.error_message && !answer.error_message->empty() ? *answer.error_message : what;
  switch (answer.error_code) {
    case KafkaError::none:
      return {};
    case KafkaError::invalid_request:
    case KafkaError::unacceptable_credential:
    case KafkaError::unsupported_sasl_mechanism:
      return fail(ErrorCode::invalid_argument, text);
    case KafkaError::resource_not_found:
      return fail(ErrorCode::not_found, text);
    case KafkaError::security_disabled:
      return fail(ErrorCode::unsupported, "the cluster has no authorizer: " + text);
    default:
      return std::unexpected(to_error(answer.error_code, text));
  }
}

template <class Answers>
Result<void> check_all(const Answers& answers, const std::string& what) {
  for (const auto& answer : answers) CHECK(check(answer, what));
  return {};
}

std::optional<ScramMechanism> mechanism_of(std::int8_t number) {
  for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512})
    if (number == static_cast<std::int8_t>(mechanism)) return mechanism;
  return std::nullopt;
}

}  // namespace

Result<std::vector<AclShape>> list_acls(Cluster& cluster, const AclFilterShape& filter, const Patience& patience) {
  DescribeAclsRequest request;
  static_cast<AclFilterShape&>(request) = filter;
  TRY(const auto answer, cluster.ask_any(request, patience));
  CHECK(check(answer, "access control entries"));
  std::vector<AclShape> acls;
  for (const auto& resource : answer.resources) {
    for (const auto& acl : resource.acls)
      acls.push_back({resource.resource_type, resource.resource_name, resource.pattern_type, acl.principal, acl.host,
                      acl.operation, acl.permission_type});
  }
  return acls;
}

Result<void> add_acls(Cluster& cluster, std::vector<AclShape> acls, const Patience& patience) {
  const CreateAclsRequest request{std::move(acls)};
  TRY(const auto answer, cluster.ask_any(request, patience));
  return check_all(answer.results, "access control entries");
}

Result<std::vector<AclShape>> remove_acls(Cluster& cluster, std::vector<AclFilterShape> filters,
                                          const Patience& patience) {
  const DeleteAclsRequest request{std::move(filters)};
  TRY(const auto answer, cluster.ask_any(request, patience));
  CHECK(check_all(answer.filter_results, "access control entries"));
  std::vector<AclShape> removed;
  for (const auto& result : answer.filter_results) {
    CHECK(check_all(result.matching_acls, "access control entries"));
    removed.insert(removed.end(), result.matching_acls.begin(), result.matching_acls.end());
  }
  return removed;
}

Result<std::vector<UserCredential>> list_users(Cluster& cluster, const Patience& patience) {
  TRY(const auto answer, cluster.ask_any(DescribeUserScramCredentialsRequest(), patience));
  CHECK(check(answer, "users"));
  std::vector<UserCredential> users;
  for (const auto& result : answer.results) {
    CHECK(check(result, "user " + result.user));
    for (const auto& credential : result.credential_infos) {
      const auto mechanism = mechanism_of(credential.mechanism);
      if (mechanism) users.push_back({result.user, *mechanism, credential.iterations});
    }
  }
  return users;
}

Result<void> set_password(Cluster& cluster, const std::string& user, const std::vector<ScramMechanism>& mechanisms,
                          const std::string& password, std::int32_t iterations, const Patience& patience) {
  AlterUserScramCredentialsRequest request;
  for (const ScramMechanism mechanism : mechanisms) {
    Buffer salt = random_bytes(salt_bytes);
    Buffer salted = salt_password(mechanism, password, salt, iterations);
    request.upsertions.push_back(
        {user, static_cast<std::int8_t>(mechanism), iterations, std::move(salt), std::move(salted)});
  }
  TRY(const auto answer, cluster.ask_any(request, patience));
  return check_all(answer.results, "user " + user);
}

Result<void> remove_credentials(Cluster& cluster, const std::vector<UserCredential>& credentials,
                                const Patience& patience) {
  AlterUserScramCredentialsRequest request;
  for (const auto& credential : credentials)
    request.deletions.push_back({credential.user, static_cast<std::int8_t>(credential.mechanism)});
  TRY(const auto answer, cluster.ask_any(request, patience));
  return check_all(answer.results, "users");
}

Result<std::vector<OwnedQuota>> list_quotas(Cluster& cluster, const QuotaOwner& owner, const Patience& patience) {
  using Component = DescribeClientQuotasRequest::Component;
  DescribeClientQuotasRequest request;
  for (const auto& [type, name] : owner)
    request.components.push_back({type, name ? Component::exact : Component::default_name, name});
  TRY(const auto answer, cluster.ask_any(request, patience));
  CHECK(check(answer, "quotas"));
  std::vector<OwnedQuota> quotas;
  for (const auto& entry : answer.entries.value_or(std::vector<DescribeClientQuotasResponse::Entry>())) {
    QuotaOwner of;
    for (const auto& part : entry.entity) of[part.type] = part.name;
    for (const auto& value : entry.values) quotas.push_back({of, value.key, value.value});
  }
  return quotas;
}

Result<void> alter_quotas(Cluster& cluster, const QuotaOwner& owner,
                          const std::map<std::string, std::optional<double>>& values, const Patience& patience) {
  AlterClientQuotasRequest request;
  auto& entry = request.entries.emplace_back();
  for (const auto& [type, name] : owner) entry.entity.push_back({type, name});
  for (const auto& [key, value] : values) entry.ops.push_back({key, value.value_or(0), !value.has_value()});
  TRY(const auto answer, cluster.ask_any(request, patience));
  return check_all(answer.entries, "quotas");
}

}  // namespace tickerlake::kafka
