#pragma once
// One connection to a broker, by TLS and with a login where it wants them: versions agreed upon, many requests under
// way, answers in the order of the requests.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/stream.h"
#include "io/waiter.h"
#include "kafka/client/security.h"
#include "kafka/wire/api_versions.h"
#include "kafka/wire/message.h"

namespace tickerlake::kafka {

using SteadyTime = std::chrono::steady_clock::time_point;

/// What a step that waits obeys: until when, and whether it is still wanted.
struct Patience {
  SteadyTime until;
  const std::atomic<bool>* cancelled = nullptr;
  bool is_cancelled() const { return cancelled != nullptr && cancelled->load(); }
  bool is_over() const { return is_cancelled() || std::chrono::steady_clock::now() >= until; }
};

/// An answer as it came: header and body. Shared, since fetched records are read where they lie.
struct Answer {
  std::int16_t version = 0;
  std::shared_ptr<std::byte[]> bytes;
  std::size_t size = 0;
  ByteView view() const { return {bytes.get(), size}; }
};

/// Not thread-safe. After an error the connection is of no more use. Errors: unavailable (closed, refused), timeout,
/// corrupt (not Kafka, or a broken answer), unsupported (no version of an API that both speak), cancelled, io;
/// unauthorized and invalid_argument (open alone: one side does not believe the other, or is asked for what it has
/// not).
class Connection {
 public:
  static constexpr std::size_t max_answer = 256u << 20;  // bytes; a longer one is refused before memory is taken

  /// Connects, asks for the broker's versions, logs in.
  static Result<std::unique_ptr<Connection>> open(const io::Endpoint& to, const ClientSecurity& security,
                                                  io::Waiter& waiter, const Patience& patience);

  /// Puts a request behind those under way; the records it refers to (Records::by_reference) must stay until its answer
  /// or the connection's end. most: the highest version to use.
  template <class Request>
  Result<void> send(const Request& request, std::int16_t most = Request::api.versions.last) {
    TRY(const std::int16_t version, version_of(Request::api, most));
    enqueue(encode_request(version, next_correlation_, request), version);
    return write_some();
  }
  /// Sends what the socket takes now.
  Result<void> write_some();
  bool wants_to_write() const { return !outgoing_.empty() || stream_->has_unsent(); }
  /// The next whole answer, if it is there.
  Result<std::optional<Answer>> read_some();
  /// Requests without an answer yet.
  std::size_t under_way() const { return waiting_.size(); }
  /// Since when the broker has sent nothing though it owes an answer; there must be such a request.
  SteadyTime silent_since() const { return std::max(waiting_.front().sent_at, last_read_); }

  /// One request, waiting for its answer. Nothing else may be under way.
  template <class Request>
  Result<typename Request::Response> call(const Request& request, const Patience& patience,
                                          std::int16_t most = Request::api.versions.last) {
    TRY(const Answer answer, exchange(request, patience, most));
    return decode<typename Request::Response>(Request::api, answer);
  }
  /// The same for answers with views into their own bytes: fetched records.
  template <class Request>
  Result<Answer> exchange(const Request& request, const Patience& patience,
                          std::int16_t most = Request::api.versions.last) {
    CHECK(send(request, most));
    return wait_for_answer(patience);
  }
  template <class Response>
  static Result<Response> decode(const Api& api, const Answer& answer) {
    std::int32_t correlation = 0;
    return decode_response<Response>(api, answer.version, answer.view(), correlation);
  }

  const io::Socket& socket() const { return socket_; }
  const std::string& peer() const { return peer_; }

 private:
  struct Outgoing {
    Frame frame;
    std::byte prefix[4] = {};
    std::vector<ByteView> parts;  // that are not sent yet, views of the above
    std::size_t first = 0;
  };
  struct Waiting {
    std::int32_t correlation;
    std::int16_t version;
    SteadyTime sent_at;
  };

  Connection(io::Socket socket, std::string peer, io::Waiter& waiter)
      : socket_(std::move(socket)), peer_(std::move(peer)), waiter_(waiter) {}
  Result<std::int16_t> version_of(const Api& api, std::int16_t most) const;
  void enqueue(Frame frame, std::int16_t version);
  Result<Answer> wait_for_answer(const Patience& patience);

  io::Socket socket_;
  std::unique_ptr<io::Stream> stream_;  // over socket_
  const std::string peer_;
  io::Waiter& waiter_;
  std::vector<ApiVersionsResponse::Range> ranges_;  // of the broker
  std::int32_t next_correlation_ = 1;
  std::deque<Outgoing> outgoing_;  // a deque: parts point into its elements
  std::deque<Waiting> waiting_;
  // the answer that is being read
  std::byte size_bytes_[4] = {};
  std::size_t size_read_ = 0;
  Answer reading_;
  std::size_t read_ = 0;
  SteadyTime last_read_{};
};

}  // namespace tickerlake::kafka
