#pragma once
// Between who a quota is for and the messages that tell it.
#include <vector>

#include "kafka/wire/quotas.h"
#include "services/broker/quotas/quota.h"

namespace tickerlake::broker {

inline std::vector<kafka::QuotaEntityPart> parts_of(const QuotaEntity& entity) {
  std::vector<kafka::QuotaEntityPart> parts;
  for (const auto& [type, name] : entity) parts.push_back({type, name});
  return parts;
}

}  // namespace tickerlake::broker
