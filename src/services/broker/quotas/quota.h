#pragma once
// What a quota is: for whom, of what, how much. Kafka's names, rules and messages (KIP-13, KIP-124, KIP-599, KIP-612).
#include <array>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tickerlake::broker {

inline constexpr const char *user_entity = "user", *client_entity = "client-id", *address_entity = "ip";
inline constexpr std::size_t max_quotas = 10'000;
inline constexpr std::size_t max_quota_name = 1'024;

/// Who a quota is for: "user" and "client-id", one or both, or "ip"; with a name, or without one as the default.
using QuotaEntity = std::map<std::string, std::optional<std::string>>;
using Quotas = std::map<QuotaEntity, std::map<std::string, double>>;  // by key

/// What users and clients may have a quota of. Bytes a second, percent of a processor, partitions made or deleted a
/// second.
enum class QuotaKind : std::size_t { produce, fetch, request, mutation };
inline constexpr std::size_t quota_kinds = 4;
/// "producer_byte_rate" and so on, by kind.
inline constexpr std::array<const char*, quota_kinds> quota_keys = {"producer_byte_rate", "consumer_byte_rate",
                                                                    "request_percentage", "controller_mutation_rate"};
/// Of addresses: connections a second.
inline constexpr const char* connection_rate_key = "connection_creation_rate";

/// Why nobody can be meant by it; nothing if somebody can.
std::optional<std::string> flaw_of(const QuotaEntity& entity);
/// Why it can't have that.
std::optional<std::string> flaw_of(const QuotaEntity& entity, std::string_view key, double value);
/// "ClientQuotaEntity(entries={user=alice})", as Kafka's messages name one.
std::string text_of(const QuotaEntity& entity);

/// An address in its one spelling; nothing for what is none.
std::optional<std::string> canonical_address(const std::string& text);

}  // namespace tickerlake::broker
