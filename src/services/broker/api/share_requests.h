#pragma once
// What ShareFetch and ShareAcknowledge have in common: the acknowledgements.
#include <map>
#include <string>
#include <vector>

#include "kafka/wire/share_fetch.h"
#include "services/broker/broker.h"
#include "services/broker/responder.h"
#include "services/broker/share/share_sessions.h"

namespace tickerlake::broker {

/// Members make their ids themselves: UUIDs.
inline constexpr std::size_t longest_share_member_id = 36;
inline bool is_share_member_id(const std::string& id) { return !id.empty() && id.size() <= longest_share_member_id; }

/// Acknowledgements of a request: what became of each partition's, and what to wait for before that is told.
struct AcknowledgeOutcome {
  std::map<ShareTarget, kafka::KafkaError> errors;
  Offset behind{};
};

/// Carries them out, as far as the sender may read the topics. may_renew: whether the request says that it renews.
AcknowledgeOutcome acknowledge(Broker& broker, const Caller& caller, const ShareMember& member,
                               const std::vector<kafka::ShareFetchRequest::Topic>& topics, bool may_renew);

}  // namespace tickerlake::broker
