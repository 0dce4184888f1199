#pragma once
// Private to this folder: librdkafka's requests of administration, each sent and waited for.
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "kafka/client/client_state.h"

namespace tickerlake::kafka::admin {

template <auto destroy>
struct Destroy {
  template <class T>
  void operator()(T* handle) const {
    destroy(handle);
  }
};
template <class T, auto destroy>
using Handle = std::unique_ptr<T, Destroy<destroy>>;

using Event = Handle<rd_kafka_event_t, rd_kafka_event_destroy>;
using Queue = Handle<rd_kafka_queue_t, rd_kafka_queue_destroy>;
using Options = Handle<rd_kafka_AdminOptions_t, rd_kafka_AdminOptions_destroy>;

/// Sends one admin request and waits for its answer; what: for messages.
Result<Event> ask(rd_kafka_t* handle, rd_kafka_admin_op_t operation, std::chrono::milliseconds timeout,
                  const std::string& what,
                  const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send);

}  // namespace tickerlake::kafka::admin
