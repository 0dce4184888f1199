#include "kafka/client/admin_request.h"

namespace tickerlake::kafka::admin {

Result<Event> ask(rd_kafka_t* handle, rd_kafka_admin_op_t operation, std::chrono::milliseconds timeout,
                  const std::string& what,
                  const std::function<void(const rd_kafka_AdminOptions_t*, rd_kafka_queue_t*)>& send) {
  char text[512];  // what librdkafka wants for an error
  const Queue queue(rd_kafka_queue_new(handle));
  const Options options(rd_kafka_AdminOptions_new(handle, operation));
  rd_kafka_AdminOptions_set_request_timeout(options.get(), static_cast<int>(timeout.count()), text, sizeof text);
  send(options.get(), queue.get());
  constexpr int grace_ms = 1'000;
  Event event(rd_kafka_queue_poll(queue.get(), static_cast<int>(timeout.count()) + grace_ms));
  if (!event) return fail(ErrorCode::timeout, what + ": no answer");
  const auto code = rd_kafka_event_error(event.get());
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(to_error(code, what));
  return event;
}

}  // namespace tickerlake::kafka::admin
