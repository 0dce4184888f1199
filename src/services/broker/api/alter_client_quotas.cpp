// AlterClientQuotas: quotas given and taken away; on disk when answered, in effect with the next request. An entity for
// which anything is wrong keeps what it had.
#include "services/broker/api/handlers.h"
#include "services/broker/api/quota_messages.h"
#include "services/broker/quotas/client_quotas.h"
#include "services/broker/security/access.h"
#include "services/broker/security/security.h"

namespace tickerlake::broker {
namespace {

using kafka::AlterClientQuotasRequest;
using kafka::AlterClientQuotasResponse;
using kafka::KafkaError;

/// What an entity's keys shall be; nothing: gone.
using Changes = std::map<std::string, std::optional<double>>;

struct Wanted {
  QuotaEntity entity;
  Changes changes;
  KafkaError error = KafkaError::none;
  std::string flaw;
};

Wanted read(const AlterClientQuotasRequest::Entry& entry) {
  Wanted wanted;
  const auto refuse = [&](std::string why) {
    if (wanted.error == KafkaError::none) wanted.flaw = std::move(why);
    wanted.error = KafkaError::invalid_request;
  };
  for (const auto& part : entry.entity)
    if (!wanted.entity.emplace(part.type, part.name).second)
      refuse("Invalid client quota entity, duplicate entity entry " + part.type);
  if (const auto flaw = flaw_of(wanted.entity)) refuse(*flaw);
  for (const auto& op : entry.ops) {
    const auto value = op.remove ? std::nullopt : std::optional(op.value);
    if (!wanted.changes.emplace(op.key, value).second)
      refuse("Duplicate quota key " + op.key + " not updating quota for this entity " + text_of(wanted.entity));
    if (op.remove) continue;
    if (const auto flaw = flaw_of(wanted.entity, op.key, op.value)) refuse(*flaw);
  }
  return wanted;
}

bool put(const Wanted& wanted, Quotas& quotas) {
  auto& values = quotas[wanted.entity];
  const auto before = values;
  for (const auto& [key, value] : wanted.changes) {
    if (value) {
      values[key] = *value;
    } else {
      values.erase(key);
    }
  }
  const bool changed = values != before;
  if (values.empty()) quotas.erase(wanted.entity);
  return changed;
}

/// Each entity once, in the request's order.
std::vector<Wanted> read_all(const AlterClientQuotasRequest& request) {
  std::vector<Wanted> all;
  std::map<QuotaEntity, std::size_t> places;
  for (const auto& entry : request.entries) {
    Wanted wanted = read(entry);
    const auto [place, is_new] = places.try_emplace(wanted.entity, all.size());
    if (is_new) {
      all.push_back(std::move(wanted));
    } else {
      all[place->second].error = KafkaError::invalid_request;
      all[place->second].flaw = "Ignoring duplicate entity " + text_of(wanted.entity);
    }
  }
  return all;
}

}  // namespace

AlterClientQuotasResponse handle(Broker& broker, const Caller& caller, const AlterClientQuotasRequest& request) {
  std::vector<Wanted> all = read_all(request);
  if (!may_cluster(caller, Operation::alter_configs)) {
    for (Wanted& wanted : all) {
      wanted.error = KafkaError::cluster_authorization_failed;
      wanted.flaw = "Cluster authorization failed.";
    }
  }
  const auto stored = broker.security().store().update([&](SecurityState& state) {
    bool changed = false;
    for (Wanted& wanted : all) {
      if (wanted.error != KafkaError::none) continue;
      if (state.quotas.size() >= max_quotas && !state.quotas.contains(wanted.entity)) {
        wanted.error = KafkaError::policy_violation;
        wanted.flaw = "There are as many quotas as there may be";
        continue;
      }
      changed |= put(wanted, state.quotas);
    }
    return changed && !request.validate_only;
  });
  broker.quotas().reload(broker.security().store());
  AlterClientQuotasResponse response;
  for (Wanted& wanted : all) {
    if (wanted.error == KafkaError::none && !stored) {
      wanted.error = kafka::to_kafka(stored.error());
      wanted.flaw = stored.error().message;
    }
    auto& entry = response.entries.emplace_back();
    entry.entity = parts_of(wanted.entity);
    entry.error_code = wanted.error;
    if (wanted.error != KafkaError::none) entry.error_message = wanted.flaw;
  }
  return response;
}

}  // namespace tickerlake::broker
