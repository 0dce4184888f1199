#pragma once
// What is known of a connection: the listener it came through, and who is at its other end.
#include <chrono>
#include <memory>
#include <string>

#include "services/broker/security/sasl.h"
#include "services/broker/security/settings.h"

namespace tickerlake::broker {

class Security;

/// Belongs to its connection's thread.
struct Session {
  const Security& security;
  const ListenerSettings& listener;  // its endpoints filled in
  std::string host;                  // the peer's address
  std::string user = "ANONYMOUS";
  std::unique_ptr<SaslExchange> sasl{};  // where the listener has SASL
  std::chrono::milliseconds pause{0};    // before the next request is read: a quota was exceeded

  std::string principal() const { return "User:" + user; }
};

}  // namespace tickerlake::broker
