#include "services/broker/security/state.h"

#include <boost/json.hpp>

#include "base/digest.h"
#include "io/private_file.h"

namespace tickerlake::broker {
namespace {

namespace json = boost::json;

constexpr std::int64_t format_version = 1;
constexpr std::size_t secret_bytes = 32;

std::unexpected<Error> malformed(std::string_view what) {
  return fail(ErrorCode::corrupt, "security.json: " + std::string(what));
}

Result<std::string> text_of(const json::object& object, std::string_view key) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) return malformed("\"" + std::string(key) + "\" is missing or no text");
  return std::string(value->as_string());
}

Result<Buffer> bytes_of(const json::object& object, std::string_view key) {
  TRY(const std::string text, text_of(object, key));
  auto bytes = unbase64(text);
  if (!bytes || bytes->empty()) return malformed("\"" + std::string(key) + "\" is no base64");
  return *std::move(bytes);
}

template <class Visit>
Result<void> for_each(const json::object& object, std::string_view key, const Visit& visit) {
  const auto* list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return malformed("\"" + std::string(key) + "\" is missing or no list");
  for (const json::value& element : list->as_array()) {
    if (!element.is_object()) return malformed("\"" + std::string(key) + "\" holds something else than objects");
    CHECK(visit(element.as_object()));
  }
  return {};
}

template <class Enum>
Result<Enum> value_of(const json::object& object, std::string_view key,
                      std::optional<Enum> (*parse)(std::string_view)) {
  TRY(const std::string text, text_of(object, key));
  const auto value = parse(text);
  if (!value) return malformed("\"" + text + "\" is no " + std::string(key));
  return *value;
}

Result<void> read_credential(SecurityState& state, const json::object& object) {
  TRY(const std::string user, text_of(object, "user"));
  TRY(const auto mechanism, value_of(object, "mechanism", kafka::scram_mechanism));
  kafka::ScramCredential credential;
  TRY(credential.salt, bytes_of(object, "salt"));
  TRY(credential.stored_key, bytes_of(object, "stored_key"));
  TRY(credential.server_key, bytes_of(object, "server_key"));
  const auto* iterations = object.if_contains("iterations");
  if (iterations == nullptr || !iterations->is_int64() || iterations->as_int64() < 1 ||
      iterations->as_int64() > kafka::max_scram_iterations)
    return malformed("the iterations of " + user + " are no number");
  credential.iterations = static_cast<std::int32_t>(iterations->as_int64());
  state.credentials[{user, mechanism}] = std::move(credential);
  return {};
}

Result<void> read_acl(SecurityState& state, const json::object& object) {
  Acl acl;
  TRY(acl.resource, value_of(object, "resource_type", parse_resource_type));
  TRY(acl.name, text_of(object, "name"));
  TRY(acl.pattern, value_of(object, "pattern", parse_pattern_type));
  TRY(acl.principal, text_of(object, "principal"));
  TRY(acl.host, text_of(object, "host"));
  TRY(acl.operation, value_of(object, "operation", parse_operation));
  TRY(acl.permission, value_of(object, "permission", parse_permission));
  if (const auto flaw = flaw_of(acl)) return malformed(*flaw);
  state.acls.insert(std::move(acl));
  return {};
}

Result<void> read_quota(SecurityState& state, const json::object& object) {
  const auto *who = object.if_contains("entity"), *values = object.if_contains("values");
  if (who == nullptr || !who->is_object() || values == nullptr || !values->is_object())
    return malformed("a quota has no entity or no values");
  QuotaEntity entity;
  for (const auto& [type, name] : who->as_object()) {
    if (!name.is_string() && !name.is_null()) return malformed("the name of a quota's entity is no text");
    entity[type] = name.is_null() ? std::nullopt : std::optional<std::string>(name.as_string());
  }
  if (const auto flaw = flaw_of(entity)) return malformed(*flaw);
  for (const auto& [key, value] : values->as_object()) {
    boost::system::error_code error;
    const double number = value.to_number<double>(error);
    if (error) return malformed("a quota's value is no number");
    if (const auto flaw = flaw_of(entity, key, number)) return malformed(*flaw);
    state.quotas[entity][key] = number;
  }
  return {};
}

}  // namespace

std::string SecurityState::encode() const {
  json::array users, entries, limits;
  for (const auto& [key, credential] : credentials) {
    users.push_back(json::object{{"user", key.first},
                                 {"mechanism", kafka::name(key.second)},
                                 {"salt", base64(credential.salt)},
                                 {"stored_key", base64(credential.stored_key)},
                                 {"server_key", base64(credential.server_key)},
                                 {"iterations", credential.iterations}});
  }
  for (const Acl& acl : acls) {
    entries.push_back(json::object{{"resource_type", broker::name(acl.resource)},
                                   {"name", acl.name},
                                   {"pattern", broker::name(acl.pattern)},
                                   {"principal", acl.principal},
                                   {"host", acl.host},
                                   {"operation", broker::name(acl.operation)},
                                   {"permission", broker::name(acl.permission)}});
  }
  for (const auto& [entity, values] : quotas) {
    json::object who, what;
    for (const auto& [type, name] : entity) who[type] = name ? json::value(*name) : json::value(nullptr);
    for (const auto& [key, value] : values) what[key] = value;
    limits.push_back(json::object{{"entity", std::move(who)}, {"values", std::move(what)}});
  }
  return json::serialize(json::object{{"version", format_version},
                                      {"salt_secret", base64(salt_secret)},
                                      {"credentials", std::move(users)},
                                      {"acls", std::move(entries)},
                                      {"quotas", std::move(limits)}}) +
         "\n";
}

Result<SecurityState> SecurityState::decode(std::string_view text) {
  boost::system::error_code error;
  const json::value document = json::parse(text, error);
  if (error || !document.is_object()) return malformed("this is no JSON object");
  const json::object& object = document.as_object();
  const auto* version = object.if_contains("version");
  if (version == nullptr || *version != format_version) return malformed("this is not of version 1");
  SecurityState state;
  TRY(state.salt_secret, bytes_of(object, "salt_secret"));
  CHECK(for_each(object, "credentials", [&](const json::object& element) { return read_credential(state, element); }));
  CHECK(for_each(object, "acls", [&](const json::object& element) { return read_acl(state, element); }));
  CHECK(for_each(object, "quotas", [&](const json::object& element) { return read_quota(state, element); }));
  return state;
}

Result<std::unique_ptr<SecurityStore>> SecurityStore::open(io::Path file, WhenMissing when_missing) {
  std::unique_ptr<SecurityStore> store(new SecurityStore(file));
  SecurityState state;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    TRY(const std::string text, io::read_file(file));
    TRY(state, SecurityState::decode(text));
  } else {
    state.salt_secret = random_bytes(secret_bytes);
    if (when_missing == WhenMissing::make_now) CHECK(store->store(std::make_shared<const SecurityState>(state)));
  }
  MutexLock lock(store->mutex_);
  store->state_ = std::make_shared<const SecurityState>(std::move(state));
  return store;
}

std::shared_ptr<const SecurityState> SecurityStore::now() const {
  MutexLock lock(mutex_);
  return state_;
}

Result<void> SecurityStore::store(std::shared_ptr<const SecurityState> next) {
  CHECK(io::write_private_file(file_, next->encode()));
  MutexLock lock(mutex_);
  state_ = std::move(next);
  return {};
}

}  // namespace tickerlake::broker
