#pragma once
// Which of the quotas of one kind is a client's: Kafka's order of precedence.
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "services/broker/quotas/quota.h"

namespace tickerlake::broker {

/// Who uses something.
struct QuotaClient {
  std::string_view user;       // "ANONYMOUS" without authentication
  std::string_view client_id;  // may be empty: then quotas of clients don't count
};

/// The most specific wins: a user's client, a user's other clients, the user; then other users' client, clients, other
/// users; then the client, other clients. A quota of many (a default) is each one's own.
class QuotaTable {
 public:
  /// Entities with an address are none of its business.
  void add(const QuotaEntity& entity, double value);
  bool empty() const { return users_.empty() && others_.empty() && clients_.empty(); }

  struct Found {
    double permitted = 0;
    bool of_user = false, of_client = false;  // whose use counts: all of the user's, all of the client's, or of both
  };
  std::optional<Found> find(const QuotaClient& client) const;

 private:
  struct Clients {
    std::map<std::string, double, std::less<>> named;
    std::optional<double> others;

    bool empty() const { return named.empty() && !others; }
    void add(const std::optional<std::string>& name, double value) {
      if (name) {
        named[*name] = value;
      } else {
        others = value;
      }
    }
    std::optional<double> find(std::string_view name) const {
      if (name.empty()) return std::nullopt;
      const auto found = named.find(name);
      return found == named.end() ? others : std::optional(found->second);
    }
  };
  struct User {
    Clients clients;
    std::optional<double> all;

    bool empty() const { return clients.empty() && !all; }
    std::optional<Found> find(std::string_view client_id) const {
      if (const auto permitted = clients.find(client_id)) return Found{*permitted, true, true};
      if (all) return Found{*all, true, false};
      return std::nullopt;
    }
  };

  std::map<std::string, User, std::less<>> users_;
  User others_;
  Clients clients_;  // of nobody in particular
};

inline void QuotaTable::add(const QuotaEntity& entity, double value) {
  const auto user = entity.find(user_entity), client = entity.find(client_entity);
  if (user == entity.end()) {
    if (client != entity.end()) clients_.add(client->second, value);
    return;
  }
  User& of = user->second ? users_[*user->second] : others_;
  if (client == entity.end()) {
    of.all = value;
  } else {
    of.clients.add(client->second, value);
  }
}

inline std::optional<QuotaTable::Found> QuotaTable::find(const QuotaClient& client) const {
  if (const auto user = users_.find(client.user); user != users_.end())
    if (auto found = user->second.find(client.client_id)) return found;
  if (auto found = others_.find(client.client_id)) return found;
  if (const auto permitted = clients_.find(client.client_id)) return Found{*permitted, false, true};
  return std::nullopt;
}

}  // namespace tickerlake::broker
