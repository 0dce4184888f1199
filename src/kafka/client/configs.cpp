#include "kafka/client/configs.h"

#include <algorithm>
#include <charconv>

namespace tickerlake::kafka {
namespace {

/// A broker's own settings are known to that broker only.
template <class Request>
Result<typename Request::Response> ask(Cluster& cluster, const ConfigOf& of, const Request& request,
                                       const Patience& patience) {
  if (of.owner != ConfigOwner::broker || of.name.empty()) return cluster.ask_any(request, patience);
  std::int32_t node = no_node;
  const auto [stop, error] = std::from_chars(of.name.data(), of.name.data() + of.name.size(), node);
  if (error != std::errc() || stop != of.name.data() + of.name.size()) {
    return fail(ErrorCode::invalid_argument, "a broker is named by its id, not \"" + of.name + "\"");
  }
  CHECK(cluster.metadata({.topics = std::vector<MetadataRequest::Topic>{}}, patience));
  return cluster.ask(node, request, patience);
}

template <class Answer>
Result<void> check(const Answer& answer, const std::string& what) {
  if (answer.error_code == KafkaError::none) return {};
  if (answer.error_code == KafkaError::invalid_config || answer.error_code == KafkaError::invalid_request) {
    return fail(ErrorCode::invalid_argument, answer.error_message.value_or(what));
  }
  return std::unexpected(to_error(answer.error_code, answer.error_message.value_or(what)));
}

}  // namespace

Result<std::vector<DescribedConfig>> describe_configs(Cluster& cluster, const ConfigOf& of, const Patience& patience) {
  const DescribeConfigsRequest request{.resources = {{static_cast<std::int8_t>(of.owner), of.name, std::nullopt}},
                                       .include_synonyms = true,
                                       .include_documentation = false};
  TRY(auto answer, ask(cluster, of, request, patience));
  if (answer.results.size() != 1) return fail(ErrorCode::corrupt, "DescribeConfigs: no answer for " + of.name);
  auto& result = answer.results.front();
  CHECK(check(result, "settings of " + of.name));
  std::ranges::sort(result.configs, {}, &DescribedConfig::name);
  return std::move(result.configs);
}

Result<void> alter_configs(Cluster& cluster, const ConfigOf& of, const std::map<std::string, std::string>& set,
                           const std::vector<std::string>& remove, const Patience& patience) {
  constexpr std::int8_t operation_set = 0, operation_delete = 1;
  IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<std::int8_t>(of.owner);
  resource.resource_name = of.name;
  for (const auto& [name, value] : set) resource.configs.push_back({name, operation_set, value});
  for (const std::string& name : remove) resource.configs.push_back({name, operation_delete, std::nullopt});
  TRY(const auto answer, ask(cluster, of, request, patience));
  if (answer.responses.size() != 1) return fail(ErrorCode::corrupt, "IncrementalAlterConfigs: no answer");
  return check(answer.responses.front(), "settings of " + of.name);
}

}  // namespace tickerlake::kafka
