#include "cluster/probe.h"

#include <fmt/core.h>

#include "kafka/client/connection.h"
#include "kafka/wire/cluster.h"
#include "kafka/wire/metadata.h"

namespace tickerlake::cluster {
namespace {

using std::chrono::milliseconds;

template <class Request>
Result<typename Request::Response> ask(const io::Endpoint& to, const Request& request, milliseconds timeout) {
  io::Waiter waiter;
  const kafka::Patience patience{std::chrono::steady_clock::now() + timeout};
  TRY(const auto connection, kafka::Connection::open(to, {}, waiter, patience));
  return connection->call(request, patience);
}

}  // namespace

Result<Membership> ask_membership(const io::Endpoint& broker, milliseconds patience) {
  kafka::MetadataRequest request;
  request.topics.emplace();  // none
  request.allow_auto_topic_creation = false;
  TRY(const auto answer, ask(broker, request, patience));
  Membership found{answer.cluster_id.value_or(""), answer.controller_id, {}};
  for (const auto& member : answer.brokers) found.brokers.insert(member.node_id);
  return found;
}

Result<int> ask_quorum_leader(const io::Endpoint& controller, milliseconds patience) {
  kafka::DescribeClusterRequest request;
  constexpr std::int8_t controllers = 2;
  request.endpoint_type = controllers;
  TRY(const auto answer, ask(controller, request, patience));
  if (answer.error_code != kafka::KafkaError::none)
    return fail(ErrorCode::unavailable, answer.error_message.value_or("DescribeCluster"));
  return answer.controller_id;
}

Result<std::string> ask_zookeeper_mode(const io::Endpoint& server, milliseconds patience) {
  TRY(io::Socket socket, io::Socket::connect(server, patience));
  socket.set_timeout(patience, patience);
  CHECK(socket.write(as_bytes("srvr")));
  std::string answer;
  constexpr std::size_t most = 64u << 10;
  while (answer.size() < most) {
    std::byte buffer[4096];
    TRY(const std::size_t n, socket.read(buffer));
    if (n == 0) break;
    answer.append(reinterpret_cast<const char*>(buffer), n);
  }
  static constexpr std::string_view label = "Mode: ";
  const std::size_t at = answer.find(label);
  if (at == std::string::npos)
    return fail(ErrorCode::unavailable, fmt::format("{}: {}", server.text(), answer.substr(0, answer.find('\n'))));
  const std::size_t begin = at + label.size();
  return answer.substr(begin, answer.find('\n', begin) - begin);
}

}  // namespace tickerlake::cluster
