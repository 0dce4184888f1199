#include "io/tcp_server.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <filesystem>
#include <future>
#include <optional>

#include "io/pace.h"

namespace tickerlake::io {
namespace {

using std::chrono::milliseconds;

TcpServer echo_server(TcpServer::Options options = {}) {
  return TcpServer(*Listener::bind({"127.0.0.1", 0}), options, Log(), [](Socket& socket) {
    std::byte buffer[100];
    while (true) {
      const auto n = socket.read(buffer);
      if (!n || *n == 0 || !socket.write(std::span(buffer).first(*n))) return;
    }
  });
}

TEST(Endpoint, parses_hosts_and_ports_and_refuses_the_rest) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:9092")->port, 9092);
  EXPECT_EQ(Endpoint::parse("[::1]:80")->host, "::1");
  EXPECT_EQ(Endpoint::parse("[::1]:80")->text(), "[::1]:80");
  for (const char* text : {"", "9092", ":9092", "host:", "host:x", "host:70000", "host:-1"}) {
    EXPECT_FALSE(Endpoint::parse(text)) << text;
  }
}

TEST(TcpServer, serves_several_connections_at_once) {
  const TcpServer server = echo_server();
  std::vector<Socket> sockets;
  for (int i = 0; i < 5; ++i) sockets.push_back(*Socket::connect(server.endpoint(), milliseconds(1000)));
  for (int i = 0; i < 5; ++i) {
    const std::string sent = "message " + std::to_string(i);
    ASSERT_TRUE(sockets[i].write(as_bytes(sent)));
    std::string received(sent.size(), ' ');
    ASSERT_TRUE(sockets[i].read_exactly(std::as_writable_bytes(std::span(received))));
    EXPECT_EQ(received, sent);
  }
}

TEST(TcpServer, stops_while_connections_are_open) {
  TcpServer server = echo_server();
  auto socket = Socket::connect(server.endpoint(), milliseconds(1000));
  ASSERT_TRUE(socket->write(as_bytes("x")));
  std::byte answer[1];
  ASSERT_TRUE(socket->read_exactly(answer));
  server.stop();
  EXPECT_EQ(socket->read(answer), 0u);
}

TEST(TcpServer, closes_connections_beyond_its_cap_and_serves_the_others) {
  const TcpServer server = echo_server({.max_connections = 1});
  auto first = Socket::connect(server.endpoint(), milliseconds(1000));
  ASSERT_TRUE(first->write(as_bytes("x")));
  std::byte answer[1];
  ASSERT_TRUE(first->read_exactly(answer));
  auto second = Socket::connect(server.endpoint(), milliseconds(1000));
  EXPECT_EQ(second->read(answer).value_or(0), 0u);
  ASSERT_TRUE(first->write(as_bytes("y")));
  EXPECT_TRUE(first->read_exactly(answer));
}

TEST(TcpServer, says_why_it_refuses_and_has_room_again_when_a_connection_ends) {
  const TcpServer server = echo_server({.max_connections = 1, .refusal = "full"});
  std::byte answer[10];
  {
    auto first = Socket::connect(server.endpoint(), milliseconds(1000));
    ASSERT_TRUE(first->write(as_bytes("x")));
    ASSERT_EQ(first->read(answer), 1u);
    auto second = Socket::connect(server.endpoint(), milliseconds(1000));
    EXPECT_EQ(second->read(answer), 4u);
    EXPECT_EQ(second->read(answer).value_or(0), 0u);
  }
  while (server.connections() > 0) std::this_thread::sleep_for(milliseconds(1));
  auto third = Socket::connect(server.endpoint(), milliseconds(1000));
  ASSERT_TRUE(third->write(as_bytes("y")));
  EXPECT_EQ(third->read(answer), 1u);
}

/// A connection to the server from that address of this machine.
Socket connect_from(const char* address, const TcpServer& server) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM, 0);
  Socket socket(descriptor);
  sockaddr_in own{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
  sockaddr_in its = own;
  its.sin_port = htons(server.endpoint().port);
  EXPECT_EQ(inet_pton(AF_INET, address, &own.sin_addr), 1);
  EXPECT_EQ(inet_pton(AF_INET, server.endpoint().host.c_str(), &its.sin_addr), 1);
  EXPECT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&own), sizeof own), 0);
  EXPECT_EQ(connect(descriptor, reinterpret_cast<const sockaddr*>(&its), sizeof its), 0);
  return socket;
}

TEST(TcpServer, closes_connections_of_an_address_beyond_its_cap_and_serves_other_addresses) {
  const TcpServer server = echo_server({.max_connections = 3, .max_connections_per_address = 2});
  std::byte answer[1];
  const auto is_served = [&](Socket& socket) {
    return socket.write(as_bytes("x")) && socket.read(answer).value_or(0) == 1;
  };
  Socket first = connect_from("127.0.0.1", server);
  EXPECT_TRUE(is_served(first));
  {
    Socket second = connect_from("127.0.0.1", server);
    EXPECT_TRUE(is_served(second));
    Socket third = connect_from("127.0.0.1", server);
    EXPECT_EQ(third.read(answer).value_or(0), 0u);
    Socket elsewhere = connect_from("127.0.0.2", server);
    EXPECT_TRUE(is_served(elsewhere));
  }
  while (server.connections() > 1) std::this_thread::sleep_for(milliseconds(1));
  Socket again = connect_from("127.0.0.1", server);
  EXPECT_TRUE(is_served(again));
}

int open_descriptors() {
  int count = 0;
  for ([[maybe_unused]] const auto& each : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

TEST(TcpServer, closes_what_has_ended_although_nobody_else_comes) {
  const TcpServer server = echo_server();
  const int before = open_descriptors();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Socket::connect(server.endpoint(), milliseconds(1000)));
  while (open_descriptors() > before || server.connections() > 0) std::this_thread::sleep_for(milliseconds(1));
}

TEST(TcpServer, finishes_what_has_arrived_when_it_stops_with_grace) {
  std::promise<void> arrived, stopping;
  TcpServer server(*Listener::bind({"127.0.0.1", 0}), {.stop_grace = milliseconds(60'000)}, Log(), [&](Socket& socket) {
    std::byte request[1];
    while (true) {
      const auto n = socket.read(request);
      if (!n || *n == 0) return;
      arrived.set_value();
      stopping.get_future().wait();
      if (!socket.write(as_bytes("answer"))) return;
    }
  });
  auto socket = Socket::connect(server.endpoint(), milliseconds(1000));
  ASSERT_TRUE(socket->write(as_bytes("x")));
  arrived.get_future().wait();
  std::thread stop([&] { server.stop(); });
  stopping.set_value();
  std::byte answer[6];
  EXPECT_TRUE(socket->read_exactly(answer));
  EXPECT_EQ(socket->read(answer), 0u);
  stop.join();
}

TEST(Socket, sees_that_its_peer_has_left_without_taking_bytes) {
  auto listener = Listener::bind({"127.0.0.1", 0});
  auto client = std::make_optional(*Socket::connect(listener->endpoint(), milliseconds(1000)));
  Socket socket = *listener->accept();
  ASSERT_TRUE(client->write(as_bytes("x")));
  EXPECT_FALSE(socket.peer_has_left());
  client.reset();
  while (!socket.peer_has_left()) std::this_thread::sleep_for(milliseconds(1));
  std::byte byte[1];
  EXPECT_EQ(socket.read(byte), 1u);
}

TEST(Pace, asks_for_the_least_rate_once_patience_is_over) {
  Pace pace({.patience = milliseconds(100), .least_rate = 1000});
  EXPECT_TRUE(pace.note(milliseconds(100), 0));
  EXPECT_TRUE(pace.note(milliseconds(100), 1'000'000));
  EXPECT_TRUE(pace.note(milliseconds(100), 0)) << "a burst is no credit, but patience begins anew";
  EXPECT_EQ(pace.note(milliseconds(100), 199).error().code, ErrorCode::timeout);
}

TEST(TcpServer, ends_a_connection_that_makes_no_progress) {
  const TcpServer server = echo_server({.read_timeout = milliseconds(50)});
  auto socket = Socket::connect(server.endpoint(), milliseconds(1000));
  std::byte answer[1];
  EXPECT_EQ(socket->read(answer), 0u);
}

TEST(Listener, names_a_port_that_is_taken) {
  const auto first = Listener::bind({"127.0.0.1", 0});
  const auto second = Listener::bind(first->endpoint());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::conflict);
  EXPECT_NE(second.error().message.find(std::to_string(first->endpoint().port)), std::string::npos);
}

}  // namespace
}  // namespace tickerlake::io
