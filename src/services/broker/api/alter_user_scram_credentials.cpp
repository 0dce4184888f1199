// AlterUserScramCredentials: passwords given and taken away; on disk when answered. A user for whom anything is wrong
// keeps what it had.
#include <map>
#include <set>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {
namespace {

using kafka::AlterUserScramCredentialsRequest;
using kafka::AlterUserScramCredentialsResponse;
using kafka::KafkaError;
using kafka::ScramMechanism;

constexpr std::size_t max_user_name = 1024;
constexpr std::size_t max_salt = 1024;

struct Flaw {
  KafkaError error = KafkaError::none;
  std::string message;
};

std::optional<ScramMechanism> mechanism_of(std::int8_t number) {
  for (const auto mechanism : {ScramMechanism::sha_256, ScramMechanism::sha_512})
    if (number == static_cast<std::int8_t>(mechanism)) return mechanism;
  return std::nullopt;
}

Flaw check_name(const std::string& name, std::int8_t mechanism) {
  if (name.empty()) return {KafkaError::unacceptable_credential, "Username must not be empty"};
  if (name.size() > max_user_name) return {KafkaError::unacceptable_credential, "Username is too long"};
  if (!mechanism_of(mechanism)) return {KafkaError::unsupported_sasl_mechanism, "Unknown SCRAM mechanism"};
  return {};
}

Flaw check(const AlterUserScramCredentialsRequest::Upsertion& wanted) {
  if (Flaw flaw = check_name(wanted.name, wanted.mechanism); flaw.error != KafkaError::none) return flaw;
  if (wanted.iterations < kafka::min_scram_iterations)
    return {KafkaError::unacceptable_credential, "Too few iterations"};
  if (wanted.iterations > kafka::max_scram_iterations)
    return {KafkaError::unacceptable_credential, "Too many iterations"};
  if (wanted.salt.empty() || wanted.salt.size() > max_salt || wanted.salted_password.empty() ||
      wanted.salted_password.size() > max_salt)
    return {KafkaError::unacceptable_credential, "Salt and salted password must be there, and not too long"};
  return {};
}

}  // namespace

AlterUserScramCredentialsResponse handle(Broker& broker, const Caller& caller,
                                         const AlterUserScramCredentialsRequest& request) {
  const bool permitted = may_cluster(caller, Operation::alter);
  std::map<std::string, Flaw> users;
  std::set<std::pair<std::string, std::int8_t>> seen;
  const auto note = [&](const std::string& user, std::int8_t mechanism, Flaw flaw) {
    if (!permitted) flaw = {KafkaError::cluster_authorization_failed, "Cluster authorization failed."};
    if (permitted && !seen.insert({user, mechanism}).second)
      flaw = {KafkaError::duplicate_resource, "A user credential cannot be altered twice in the same request: " + user};
    Flaw& known = users[user];
    if (known.error == KafkaError::none) known = std::move(flaw);
  };
  for (const auto& wanted : request.upsertions) note(wanted.name, wanted.mechanism, check(wanted));
  for (const auto& wanted : request.deletions)
    note(wanted.name, wanted.mechanism, check_name(wanted.name, wanted.mechanism));

  const auto stored = broker.security().store().update([&](SecurityState& state) {
    const auto is_good = [&](const std::string& user) { return users[user].error == KafkaError::none; };
    for (const auto& wanted : request.deletions) {
      if (is_good(wanted.name) && !state.credentials.contains({wanted.name, *mechanism_of(wanted.mechanism)}))
        users[wanted.name] = {KafkaError::resource_not_found,
                              "Attempt to delete a user credential that does not exist: " + wanted.name};
    }
    bool changed = false;
    for (const auto& wanted : request.deletions)
      if (is_good(wanted.name)) changed |= state.credentials.erase({wanted.name, *mechanism_of(wanted.mechanism)}) > 0;
    for (const auto& wanted : request.upsertions) {
      if (!is_good(wanted.name)) continue;
      if (state.credentials.size() >= max_scram_credentials) {
        users[wanted.name] = {KafkaError::policy_violation, "There are as many credentials as there may be"};
        continue;
      }
      const auto mechanism = *mechanism_of(wanted.mechanism);
      state.credentials[{wanted.name, mechanism}] =
          kafka::make_credential(mechanism, wanted.salted_password, wanted.salt, wanted.iterations);
      changed = true;
    }
    return changed;
  });
  AlterUserScramCredentialsResponse response;
  for (auto& [user, flaw] : users) {
    if (flaw.error == KafkaError::none && !stored) flaw = {kafka::to_kafka(stored.error()), stored.error().message};
    response.results.push_back({user, flaw.error, flaw.message});
    if (flaw.error == KafkaError::none) response.results.back().error_message.reset();
  }
  return response;
}

}  // namespace tickerlake::broker
