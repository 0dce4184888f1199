// ListTransactions: transactional ids by state, producer, how long their transaction has been open, and name (KIP-664,
// KIP-994, KIP-1152).
#include <algorithm>
#include <array>
#include <regex>

#include "services/broker/api/handlers.h"
#include "services/broker/security/access.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {
namespace {

using kafka::KafkaError;
using kafka::ListTransactionsRequest;
using kafka::ListTransactionsResponse;

constexpr std::array known_states = {TransactionStatus::empty,           TransactionStatus::ongoing,
                                     TransactionStatus::prepare_commit,  TransactionStatus::prepare_abort,
                                     TransactionStatus::complete_commit, TransactionStatus::complete_abort};
constexpr std::size_t longest_pattern = 256;

/// A client's, so it must not backtrack; counted repetitions, which grow to any size, are refused.
std::expected<std::optional<std::regex>, KafkaError> compile(const std::optional<std::string>& pattern) {
  if (!pattern || pattern->empty()) return std::nullopt;
  if (pattern->size() > longest_pattern || pattern->find('{') != std::string::npos) {
    return std::unexpected(KafkaError::invalid_regular_expression);
  }
  try {
    return std::regex(*pattern, std::regex::ECMAScript | std::regex_constants::__polynomial);
  } catch (const std::regex_error&) {
    return std::unexpected(KafkaError::invalid_regular_expression);
  }
}

template <class Value>
bool passes(const std::vector<Value>& filter, const Value& value) {
  return filter.empty() || std::ranges::find(filter, value) != filter.end();
}

}  // namespace

ListTransactionsResponse handle(Broker& broker, const Caller& caller, const ListTransactionsRequest& request) {
  ListTransactionsResponse response;
  const auto pattern = compile(request.transactional_id_pattern);
  if (!pattern) {
    response.error_code = pattern.error();
    return response;
  }
  std::ranges::copy_if(
      request.state_filters, std::back_inserter(response.unknown_state_filters), [](const std::string& state) {
        return std::ranges::none_of(known_states, [&](TransactionStatus status) { return state == name(status); });
      });
  const TimestampMs now_ms = broker.clock().now_ms();
  for (const DescribedTransaction& described : broker.transactions().list()) {
    const TransactionState& state = described.state;
    const std::string status = name(state.status);
    const bool is_open = state.status == TransactionStatus::ongoing ||
                         state.status == TransactionStatus::prepare_commit ||
                         state.status == TransactionStatus::prepare_abort;
    if (!may_transact(caller, Operation::describe, described.transactional_id)) continue;
    if (!passes(request.state_filters, status)) continue;
    if (!passes(request.producer_id_filters, state.producer.id.value())) continue;
    if (request.duration_filter >= 0 && !(is_open && now_ms - state.started_ms > request.duration_filter)) continue;
    if (*pattern && !std::regex_match(described.transactional_id, **pattern)) continue;
    response.transaction_states.push_back({described.transactional_id, state.producer.id.value(), status});
  }
  return response;
}

}  // namespace tickerlake::broker
