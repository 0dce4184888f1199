#include "services/broker/quotas/quota.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace tickerlake::broker {
namespace {

bool is_whole(double value) { return std::abs(std::fmod(value, 1.0)) <= 1e-6; }

/// What whole numbers of a width can't hold.
std::optional<std::string> flaw_of_whole(const std::string& key, double value, double most, const char* type) {
  if (value > most) return "Proposed value for " + key + " is too large for " + type + ".";
  if (!is_whole(value)) return key + " cannot be a fractional value.";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> canonical_address(const std::string& text) {
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    std::array<char, INET6_ADDRSTRLEN> spelled{};
    if (inet_pton(family, text.c_str(), bytes.data()) != 1) continue;
    return inet_ntop(family, bytes.data(), spelled.data(), spelled.size());
  }
  return std::nullopt;
}

std::optional<std::string> flaw_of(const QuotaEntity& entity) {
  if (entity.empty()) return "Invalid empty client quota entity";
  for (const auto& [type, name] : entity) {
    if (type != user_entity && type != client_entity && type != address_entity)
      return "Unhandled client quota entity type: " + type;
    if (name && name->empty()) return "Empty " + type + " not supported";
    if (name && name->size() > max_quota_name) return "The " + type + " is too long";
  }
  const auto address = entity.find(address_entity);
  if (address == entity.end()) return std::nullopt;
  if (entity.size() > 1)
    return "Invalid quota entity combination, IP entity shouldnot be combined with User or ClientId";
  if (address->second && !canonical_address(*address->second))
    return *address->second + " is not a valid IP or resolvable host.";
  return std::nullopt;
}

std::optional<std::string> flaw_of(const QuotaEntity& entity, std::string_view key, double value) {
  const std::string name(key);
  const bool is_address = entity.contains(address_entity);
  const bool is_known =
      is_address ? name == connection_rate_key : std::ranges::find(quota_keys, key) != quota_keys.end();
  if (!is_known) return "Invalid configuration key " + name;
  if (!(value > 0) || std::isinf(value)) return "Quota " + name + " must be greater than 0";
  if (is_address) return flaw_of_whole(name, value, std::numeric_limits<int>::max(), "an INT");
  if (name.ends_with("_byte_rate")) return flaw_of_whole(name, value, 0x1p63, "a LONG");
  return std::nullopt;
}

std::string text_of(const QuotaEntity& entity) {
  std::string text;
  for (const auto& [type, name] : entity) text += (text.empty() ? "" : ", ") + type + "=" + name.value_or("null");
  return "ClientQuotaEntity(entries={" + text + "})";
}

}  // namespace tickerlake::broker
