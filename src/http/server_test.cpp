// The server against raw sockets: what goes over the wire, byte by byte.
#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <future>
#include <random>
#include <thread>

#include "base/digest.h"

namespace tickerlake::http {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A server on a free port and what its handler does, with short limits.
class HttpServer : public testing::Test {
 protected:
  void serve(Handler handler) {
    auto listener = io::Listener::bind({"127.0.0.1", 0});
    ASSERT_TRUE(listener) << listener.error().message;
    server_.emplace(std::move(*listener), options_, Log(), std::move(handler));
  }
  void serve_echo() {
    serve([](Request& request, Response& response) {
      const auto body = read_all(*request.body, 100_MiB);
      if (!body) {
        response.status = body.error().code == ErrorCode::timeout ? 408 : 400;
        (void)response.send(body.error().message);
        return;
      }
      std::string answer = request.method + " " + request.target + " " + *body;
      for (const auto& [name, value] : request.body->trailers().fields()) answer += " " + name + "=" + value;
      (void)response.send(answer);
    });
  }
  io::Socket connect() {
    auto socket = io::Socket::connect(server_->endpoint(), milliseconds(1000));
    EXPECT_TRUE(socket);
    socket->set_timeout(milliseconds(5000), milliseconds(5000));
    return std::move(*socket);
  }
  static void write(io::Socket& socket, std::string_view text) { ASSERT_TRUE(socket.write(as_bytes(text))); }
  static std::string read_to_end(io::Socket& socket) {
    std::string text;
    std::byte part[4096];
    while (true) {
      const auto n = socket.read(part);
      if (!n) return text + "<" + n.error().message + ">";
      if (*n == 0) return text;
      text += as_text(ByteView(part, *n));
    }
  }
  /// Reads until the answer ends with that text.
  static std::string read_until(io::Socket& socket, std::string_view end) {
    std::string text;
    while (!text.ends_with(end)) {
      std::byte one[1];
      const auto n = socket.read(one);
      if (!n || *n == 0) return text + "<end>";
      text += as_text(one);
    }
    return text;
  }
  std::string exchange(std::string_view text) {
    io::Socket socket = connect();
    write(socket, text);
    return read_to_end(socket);
  }

  ServerOptions options_{.tcp = {.read_timeout = milliseconds(2000)},
                         .head_timeout = milliseconds(300),
                         .body_pace = {.patience = milliseconds(200)}};
  std::optional<Server> server_;
};

TEST_F(HttpServer, answers_with_length_date_and_body) {
  serve_echo();
  const std::string answer = exchange("GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a?b=c "));
}

TEST_F(HttpServer, keeps_the_connection_and_serves_pipelined_requests_in_order) {
  serve_echo();
  io::Socket socket = connect();
  write(socket, "POST /1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(read_until(socket, "GET /2 "), HasSubstr("POST /1 abcHTTP/1.1 200"));
  write(socket, "GET /3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(read_until(socket, "GET /3 "), Not(HasSubstr("Connection: close")));
}

TEST_F(HttpServer, understands_a_request_that_comes_byte_by_byte) {
  serve_echo();
  io::Socket socket = connect();
  for (const char c :
       std::string_view("PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
                        "5;ext=1\r\nhello\r\n2\r\n, \r\nA\r\n0123456789\r\n0\r\nx-sum: 1\r\nx-b: two\r\n\r\n")) {
    write(socket, std::string_view(&c, 1));
  }
  EXPECT_THAT(read_to_end(socket), EndsWith("PUT /k hello, 0123456789 x-sum=1 x-b=two"));
}

TEST_F(HttpServer, reads_bodies_larger_than_its_buffer_in_both_framings) {
  serve([](Request& request, Response& response) {
    std::string got;
    std::byte small[777];
    while (true) {
      const auto n = request.body->read(small);
      ASSERT_TRUE(n) << n.error().message;
      if (*n == 0) break;
      got += as_text(ByteView(small, *n));
    }
    (void)response.send(hex(sha256(as_bytes(got))));
  });
  std::string body(3'000'001, '\0');
  for (std::size_t i = 0; i < body.size(); ++i) body[i] = static_cast<char>(i * 7 % 251);
  const std::string digest = hex(sha256(as_bytes(body)));
  std::string chunked = "PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t at = 0, size = 1; at < body.size(); at += size, size = size * 3 % 200'003) {
    const std::string part = body.substr(at, size);
    char length[24];
    std::snprintf(length, sizeof length, "%zx\r\n", part.size());
    chunked += length + part + "\r\n";
  }
  EXPECT_THAT(exchange(chunked + "0\r\n\r\n"), EndsWith(digest));
  EXPECT_THAT(exchange("PUT / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3000001\r\n\r\n" + body),
              EndsWith(digest));
}

TEST_F(HttpServer, sends_100_continue_when_the_body_is_first_read_and_not_before) {
  serve([](Request& request, Response& response) {
    if (request.target == "/read") {
      (void)response.send(read_all(*request.body, 100).value_or("error"));
    } else {
      response.status = 403;
      (void)response.send("no");
    }
  });
  io::Socket socket = connect();
  write(socket, "PUT /read HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(read_until(socket, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  write(socket, "body");
  EXPECT_THAT(read_until(socket, "\r\n\r\nbody"), StartsWith("HTTP/1.1 200 OK"));
  write(socket, "PUT /no HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  const std::string refused = read_to_end(socket);
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(refused, HasSubstr("Connection: close")) << "the body may or may not follow";
}

TEST_F(HttpServer, drains_a_small_unread_body_and_closes_after_a_large_one) {
  serve([](Request&, Response& response) { (void)response.send("ok"); });
  io::Socket socket = connect();
  write(socket, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbodyGET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(read_until(socket, "ok"), Not(HasSubstr("close")));
  EXPECT_THAT(read_until(socket, "ok"), StartsWith("HTTP/1.1 200"));
  // The answer arrives although the peer sends ten megabytes that nobody wants.
  write(socket, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10485760\r\n\r\n");
  write(socket, std::string(10 << 20, 'x'));
  EXPECT_THAT(read_to_end(socket),
              testing::AllOf(StartsWith("HTTP/1.1 200"), HasSubstr("Connection: close"), EndsWith("ok")));
}

TEST_F(HttpServer, head_requests_get_the_length_but_no_body) {
  io::TemporaryDirectory folder;
  ASSERT_TRUE(io::write_file_atomically(folder.path() / "f", "0123456789"));
  const auto file = io::File::open(folder.path() / "f", io::File::Mode::read);
  serve([&](Request& request, Response& response) {
    if (request.target == "/file") (void)response.send_file(*file, 0, 10);
    if (request.target == "/text") (void)response.send("text");
    if (request.target == "/none") (void)response.send_head(1234);
  });
  for (const auto& [target, length] : {std::pair("/file", "10"), std::pair("/text", "4"), std::pair("/none", "1234")}) {
    const std::string answer =
        exchange("HEAD " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(answer, HasSubstr("Content-Length: " + std::string(length) + "\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  }
}

TEST_F(HttpServer, sends_ranges_of_files) {
  io::TemporaryDirectory folder;
  ASSERT_TRUE(io::write_file_atomically(folder.path() / "f", "0123456789"));
  const auto file = io::File::open(folder.path() / "f", io::File::Mode::read);
  serve([&](Request&, Response& response) {
    response.status = 206;
    (void)response.send_file(*file, 3, 4);
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::AllOf(StartsWith("HTTP/1.1 206 Partial Content"), EndsWith("\r\n\r\n3456")));
}

TEST_F(HttpServer, streams_in_chunks_and_to_old_clients_until_the_end_of_the_connection) {
  serve([](Request&, Response& response) {
    ASSERT_TRUE(response.begin_stream());
    ASSERT_TRUE(response.write("one, "));
    ASSERT_TRUE(response.write(""));
    ASSERT_TRUE(response.write("two"));
    ASSERT_TRUE(response.end_stream());
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              testing::AllOf(HasSubstr("Transfer-Encoding: chunked\r\n"),
                             EndsWith("\r\n\r\n5\r\none, \r\n3\r\ntwo\r\n0\r\n\r\n")));
  EXPECT_THAT(exchange("GET / HTTP/1.0\r\n\r\n"),
              testing::AllOf(Not(HasSubstr("chunked")), EndsWith("\r\n\r\none, two")));
}

TEST_F(HttpServer, a_header_value_cannot_start_another_header) {
  serve([](Request&, Response& response) {
    response.headers.add("Content-Disposition", "a\r\nSet-Cookie: b=c");
    (void)response.send("");
  });
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("Content-Disposition: a  Set-Cookie: b=c\r\n"));
}

TEST_F(HttpServer, refuses_what_is_too_long_or_no_http) {
  serve_echo();
  EXPECT_THAT(exchange("GET /" + std::string(70'000, 'a') + " HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(70'000, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(exchange("\x16\x03\x01\x02 this is no HTTP\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(exchange("GET / HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 400")) << "no Host";
}

TEST_F(HttpServer, refuses_framings_that_two_readers_could_take_differently) {
  serve_echo();
  const std::string start = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_THAT(exchange(start + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(exchange(start + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(exchange(start + "Content-Length: -1\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(exchange(start + "Transfer-Encoding: gzip\r\n\r\n"), StartsWith("HTTP/1.1 501"));
  EXPECT_THAT(exchange(start + "Transfer-Encoding: gzip, chunked\r\n\r\n"), StartsWith("HTTP/1.1 501"));
}

TEST_F(HttpServer, a_broken_chunk_is_an_error_of_the_body) {
  serve_echo();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_THAT(exchange(head + "zz\r\nabc\r\n0\r\n\r\n"), HasSubstr("bad chunked body"));
  EXPECT_THAT(exchange(head + "3\r\nabcXX0\r\n\r\n"), HasSubstr("bad chunked body"));
  EXPECT_THAT(exchange(head + "fffffffffffffffff\r\n"), HasSubstr("bad chunked body"));
  EXPECT_THAT(exchange(head + "3;" + std::string(70'000, 'e')), HasSubstr("bad chunked body"));
  EXPECT_THAT(exchange(head + "0\r\nx: " + std::string(70'000, 'e')), HasSubstr("bad chunked body"));
}

TEST_F(HttpServer, a_head_that_drips_is_cut_off_by_its_deadline) {
  serve_echo();
  io::Socket socket = connect();
  write(socket, "GET / HTTP/1.1\r\n");
  std::jthread dripping([&](std::stop_token stop) {
    while (!stop.stop_requested() && socket.write(as_bytes("A: b\r\n"))) std::this_thread::sleep_for(milliseconds(50));
  });
  EXPECT_THAT(read_until(socket, "\r\n\r\n"), StartsWith("HTTP/1.1 408"));
}

TEST_F(HttpServer, a_body_that_drips_is_cut_off_by_its_least_rate) {
  serve_echo();
  io::Socket socket = connect();
  write(socket, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n");
  std::jthread dripping([&](std::stop_token stop) {
    while (!stop.stop_requested() && socket.write(as_bytes("ab"))) std::this_thread::sleep_for(milliseconds(50));
  });
  EXPECT_THAT(read_until(socket, "too slow"), StartsWith("HTTP/1.1 408"));
}

TEST_F(HttpServer, a_peer_that_leaves_in_the_middle_of_a_body_is_an_error_of_the_read) {
  std::promise<std::string> error;
  serve([&](Request& request, Response& response) {
    const auto body = read_all(*request.body, 100);
    error.set_value(body ? "" : body.error().message);
    (void)response.send("");
  });
  {
    io::Socket socket = connect();
    write(socket, "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  }
  EXPECT_THAT(error.get_future().get(), HasSubstr("closed the connection"));
}

TEST_F(HttpServer, an_exception_or_silence_of_a_handler_is_a_500) {
  serve([](Request& request, Response&) {
    if (request.target == "/throw") throw std::runtime_error("bug");
  });
  EXPECT_THAT(exchange("GET /throw HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
  EXPECT_THAT(exchange("GET /silence HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500"));
}

TEST_F(HttpServer, stops_while_connections_are_open) {
  serve_echo();
  io::Socket idle = connect(), half = connect();
  write(half, "GET / HT");
  server_->stop();
  EXPECT_THAT(read_to_end(idle), Not(HasSubstr("no progress")));
}

TEST_F(HttpServer, finishes_a_request_that_is_at_work_when_it_stops) {
  std::promise<void> arrived, stopping;
  options_.tcp.stop_grace = milliseconds(60'000);
  serve([&](Request&, Response& response) {
    arrived.set_value();
    stopping.get_future().wait();
    (void)response.send("whole");
  });
  io::Socket socket = connect();
  write(socket, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  arrived.get_future().wait();
  std::thread stop([&] { server_->stop(); });
  stopping.set_value();
  EXPECT_THAT(read_to_end(socket), EndsWith("whole"));
  stop.join();
}

TEST_F(HttpServer, survives_random_bytes_and_cut_requests) {
  serve_echo();
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const std::string valid =
      "PUT /k HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-sum: 1\r\n\r\n";
  for (int round = 0; round < 300; ++round) {
    std::string bytes = valid;
    if (round % 3 == 0) {
      bytes.resize(random() % 400);
      for (char& c : bytes) c = static_cast<char>(random());
    } else {
      for (int changes = 0; changes < round % 4; ++changes)
        bytes[random() % bytes.size()] = static_cast<char>(random());
      bytes.resize(random() % (bytes.size() + 1));
    }
    io::Socket socket = connect();
    (void)socket.write(as_bytes(bytes));
    ::shutdown(socket.descriptor(), SHUT_WR);
    (void)read_to_end(socket);
  }
  EXPECT_THAT(exchange("GET /alive HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), EndsWith("GET /alive "));
}

TEST(Encoding, decodes_and_encodes_targets) {
  EXPECT_EQ(decode_path("/a%20b+c%2F"), "/a b+c/");
  EXPECT_EQ(decode_query("a%20b+c"), "a b c");
  EXPECT_EQ(decode_path("/%"), std::nullopt);
  EXPECT_EQ(decode_path("/%4"), std::nullopt);
  EXPECT_EQ(decode_path("/%zz"), std::nullopt);
  EXPECT_EQ(percent_encode("a b/~\xC3\xA9*"), "a%20b%2F~%C3%A9%2A");
  EXPECT_EQ(percent_encode("a/b", true), "a/b");
  using Pairs = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(parse_query("list-type=2&prefix=a%2Fb&acl&x=1=2&"),
            (Pairs{{"list-type", "2"}, {"prefix", "a/b"}, {"acl", ""}, {"x", "1=2"}}));
  EXPECT_EQ(parse_query("a=%"), std::nullopt);
}

TEST(ReadAll, accepts_exactly_its_limit) {
  struct Text final : BodyReader {
    std::string left = "12345";
    Headers none;
    Result<std::size_t> read(MutableBytes into) override {
      const std::size_t n = std::min(into.size(), left.size());
      std::memcpy(into.data(), left.data(), n);
      left.erase(0, n);
      return n;
    }
    const Headers& trailers() const override { return none; }
  };
  Text five, again;
  EXPECT_EQ(read_all(five, 5).value(), "12345");
  EXPECT_EQ(read_all(again, 4).error().code, ErrorCode::exhausted);
}

}  // namespace
}  // namespace tickerlake::http
