#include "services/broker/security/access.h"

#include "services/broker/security/security.h"
#include "services/broker/security/session.h"

namespace tickerlake::broker {
namespace {

/// What holds for a sender whatever is asked: nothing when the entries decide.
std::optional<bool> blanket(const SecuritySettings& settings, const std::string& principal) {
  if (!settings.authorizer || settings.super_users.contains(principal)) return true;
  return std::nullopt;
}

}  // namespace

bool may(const Caller& caller, Operation operation, ResourceType type, std::string_view name) {
  const Session& session = *caller.session;
  const SecuritySettings& settings = session.security.settings();
  if (!settings.authorizer) return true;
  const std::string principal = session.principal();
  if (const auto answer = blanket(settings, principal)) return *answer;
  const auto state = session.security.store().now();
  const Verdict verdict = judge(state->acls, {principal, session.host}, operation, type, name);
  return verdict == Verdict::allowed || (verdict == Verdict::no_entry && settings.allow_without_acl);
}

bool may_some_topic(const Caller& caller, Operation operation) {
  const Session& session = *caller.session;
  const std::string principal = session.principal();
  if (const auto answer = blanket(session.security.settings(), principal)) return *answer;
  if (session.security.settings().allow_without_acl) return true;
  const auto state = session.security.store().now();
  return allows_some(state->acls, {principal, session.host}, operation, ResourceType::topic);
}

std::int32_t authorized_operations(const Caller& caller, ResourceType type, std::string_view name) {
  std::int32_t bits = 0;
  for (const Operation operation : operations_of(type))
    if (may(caller, operation, type, name)) bits |= 1 << static_cast<int>(operation);
  return bits;
}

}  // namespace tickerlake::broker
