#include "services/broker/security/security.h"

#include <algorithm>

namespace tickerlake::broker {

Result<std::unique_ptr<Security>> Security::open(SecuritySettings settings, const io::Path& directory, const Log& log) {
  std::unique_ptr<LiveTls> tls;
  const bool needs_tls =
      std::ranges::any_of(settings.listeners, [](const auto& listener) { return uses_tls(listener.protocol); });
  if (needs_tls) {
    TRY(tls, LiveTls::open(settings.tls, log));
  }
  TRY(PrincipalRules rules, PrincipalRules::parse(settings.principal_rules));
  // Without users there is nothing that has to stay the same; and a start writes no file that nobody needs.
  const bool has_users =
      std::ranges::any_of(settings.listeners, [](const auto& listener) { return uses_sasl(listener.protocol); });
  using enum SecurityStore::WhenMissing;
  TRY(auto store, SecurityStore::open(directory / security_file, has_users ? make_now : make_later));
  return std::unique_ptr<Security>(
      new Security(std::move(settings), std::move(tls), std::move(rules), std::move(store)));
}

}  // namespace tickerlake::broker
