#pragma once
// Answers that come later. A connection sends its answers in the order of its requests, whenever each is given.
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "io/socket.h"
#include "kafka/wire/frame.h"
#include "kafka/wire/message.h"

namespace tickerlake::broker {

struct Session;

/// What a request came with.
struct Caller {
  std::int16_t version = 0;  // of the request's API
  std::string client_id;
  std::string client_host;  // the peer's address without its port
  const io::Socket* socket = nullptr;
  Session* session = nullptr;  // of the connection (security/session.h)
  std::size_t request_bytes = 0;
  std::optional<std::chrono::nanoseconds> thread_time;  // when it began, where it is measured (throttle.h)

  /// Nobody waits for the answer any more: long polls end then, or their threads would outlive their clients.
  bool has_left() const { return socket != nullptr && socket->peer_has_left(); }
};

/// A place in a connection's order of answers. Thread-safe; outlives the connection.
class AnswerSlot {
 public:
  virtual ~AnswerSlot() = default;
  /// The answer, or nothing for requests that get none (Produce with acks=0). Called once.
  virtual void complete(std::optional<kafka::Frame> frame) = 0;
  /// Ends the connection: the only way to report an error of a request that gets no answer.
  virtual void abort() = 0;
};

/// Gives one request its answer, from any thread, once. Dropped without an answer it ends the connection, so that
/// no client waits for ever.
template <class Response>
class Responder {
 public:
  Responder(std::shared_ptr<AnswerSlot> slot, const kafka::Api& api, std::int16_t version, std::int32_t correlation_id)
      : slot_(std::move(slot)), api_(api), version_(version), correlation_id_(correlation_id) {}
  Responder(Responder&&) noexcept = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder() {
    if (slot_) slot_->abort();
  }

  void answer(const Response& response) {
    std::exchange(slot_, nullptr)->complete(kafka::encode_response(api_, version_, correlation_id_, response));
  }
  void answer_nothing() { std::exchange(slot_, nullptr)->complete(std::nullopt); }
  void abort() { std::exchange(slot_, nullptr)->abort(); }

 private:
  std::shared_ptr<AnswerSlot> slot_;
  kafka::Api api_;
  std::int16_t version_;
  std::int32_t correlation_id_;
};

}  // namespace tickerlake::broker
