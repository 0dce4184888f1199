// The client against our own server.
#include "http/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "base/mutex.h"

namespace tickerlake::http {
namespace {

class HttpClient : public testing::Test {
 protected:
  HttpClient() {
    auto listener = io::Listener::bind({"127.0.0.1", 0});
    server_.emplace(std::move(*listener), ServerOptions{}, Log(), [this](Request& request, Response& response) {
      {
        MutexLock lock(mutex_);
        peers_.insert(request.peer);
      }
      const auto body = read_all(*request.body, 100_MiB);
      response.headers.add("X-Seen", request.method + " " + request.target + " " +
                                         std::string(request.headers.find("X-Given").value_or("-")) + " " +
                                         std::string(request.headers.find("Content-Type").value_or("-")));
      if (request.target == "/missing") response.status = 404;
      if (request.method == "HEAD") {
        (void)response.send_head(12);
      } else {
        (void)response.send(*body);
      }
    });
    url_ = "http://" + server_->endpoint().text();
  }
  Mutex mutex_;
  std::set<std::string> peers_ TL_GUARDED_BY(mutex_);
  std::optional<Server> server_;
  std::string url_;
  Client client_;
};

TEST_F(HttpClient, sends_method_target_headers_and_body_as_they_are) {
  ClientRequest request{.method = "PUT", .url = url_ + "/a//../b%20c?x=%2F", .headers = {}, .body = "content"};
  request.headers.add("X-Given", "");
  const auto response = client_.send(request);
  ASSERT_TRUE(response) << response.error().message;
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "content");
  EXPECT_EQ(response->headers.find("x-seen"), "PUT /a//../b%20c?x=%2F  -");
}

TEST_F(HttpClient, keeps_its_connection_and_any_status_is_a_value) {
  for (const std::string method : {"GET", "HEAD", "DELETE", "POST", "PUT"}) {
    const auto response = client_.send({.method = method, .url = url_ + "/missing", .headers = {}, .body = {}});
    ASSERT_TRUE(response) << response.error().message;
    EXPECT_EQ(response->status, 404) << method;
    EXPECT_EQ(response->body, "");
  }
  MutexLock lock(mutex_);
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(HttpClient, is_used_by_many_threads_at_once) {
  std::atomic<int> good = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < 50; ++i) {
          const std::string body(static_cast<std::size_t>(t * 1000 + i), 'x');
          const auto response = client_.send({.method = "PUT", .url = url_ + "/", .headers = {}, .body = body});
          if (response && response->body == body) ++good;
        }
      });
    }
  }
  EXPECT_EQ(good, 400);
}

TEST_F(HttpClient, bounds_the_response_and_the_time) {
  const std::string body(10'000, 'x');
  EXPECT_EQ(client_.send({.method = "PUT", .url = url_, .headers = {}, .body = body, .max_response_bytes = 9'999})
                .error()
                .code,
            ErrorCode::exhausted);
  const auto silent = io::Listener::bind({"127.0.0.1", 0});
  EXPECT_EQ(client_
                .send({.url = "http://" + silent->endpoint().text(),
                       .headers = {},
                       .body = {},
                       .timeout = std::chrono::milliseconds(100)})
                .error()
                .code,
            ErrorCode::timeout);
}

TEST_F(HttpClient, tells_what_was_never_sent_from_what_was_lost) {
  server_->stop();
  EXPECT_EQ(client_.send({.url = url_, .headers = {}, .body = {}}).error().code, ErrorCode::unavailable);
  EXPECT_EQ(client_.send({.url = "gopher://x/", .headers = {}, .body = {}}).error().code, ErrorCode::invalid_argument);
  auto listener = io::Listener::bind({"127.0.0.1", 0});
  std::jthread rude([&] {
    const auto socket = listener->accept();  // and closed at once
  });
  EXPECT_EQ(client_.send({.url = "http://" + listener->endpoint().text(), .headers = {}, .body = {}}).error().code,
            ErrorCode::io);
}

TEST_F(HttpClient, gives_up_a_peer_from_which_nothing_comes_long_before_the_whole_time_is_over) {
  const auto silent = io::Listener::bind({"127.0.0.1", 0});  // takes connections and never answers
  ASSERT_TRUE(silent);
  const auto started = std::chrono::steady_clock::now();
  ClientRequest request{.method = "GET", .url = "http://" + silent->endpoint().text() + "/", .headers = {}, .body = {}};
  request.timeout = std::chrono::minutes(10);
  request.stall_timeout = std::chrono::seconds(1);
  const auto response = client_.send(request);
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, ErrorCode::timeout) << response.error().message;
  EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::minutes(5));
}

}  // namespace
}  // namespace tickerlake::http
