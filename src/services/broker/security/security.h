#pragma once
// All of a broker's security in one place: settings that hold from its start to its end, and what administrators
// change.
#include <memory>
#include <string>

#include "base/log.h"
#include "io/tls.h"
#include "services/broker/security/live_tls.h"
#include "services/broker/security/principal_rules.h"
#include "services/broker/security/settings.h"
#include "services/broker/security/state.h"

namespace tickerlake::broker {

/// Thread-safe.
class Security {
 public:
  /// Reads certificates only where a listener needs them.
  static Result<std::unique_ptr<Security>> open(SecuritySettings settings, const io::Path& directory, const Log& log);

  const SecuritySettings& settings() const { return settings_; }
  /// Where a listener uses TLS.
  io::TlsContext tls() const { return tls_->now(); }
  const PrincipalRules& principal_rules() const { return rules_; }
  SecurityStore& store() const { return *store_; }

 private:
  Security(SecuritySettings settings, std::unique_ptr<LiveTls> tls, PrincipalRules rules,
           std::unique_ptr<SecurityStore> store)
      : settings_(std::move(settings)), tls_(std::move(tls)), rules_(std::move(rules)), store_(std::move(store)) {}

  const SecuritySettings settings_;
  const std::unique_ptr<LiveTls> tls_;  // null where no listener does
  const PrincipalRules rules_;
  const std::unique_ptr<SecurityStore> store_;
};

}  // namespace tickerlake::broker
