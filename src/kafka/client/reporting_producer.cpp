#include "kafka/client/reporting_producer.h"

#include <algorithm>
#include <utility>

#include "kafka/client/client_state.h"

namespace tickerlake::kafka {

Result<std::unique_ptr<ReportingProducer>> ReportingProducer::create(const ClientSettings& settings,
                                                                     const std::string& topic, Acks acks,
                                                                     std::chrono::milliseconds patience,
                                                                     const Log& log) {
  const auto milliseconds = std::to_string(patience.count());
  // A request's own time-out must not be longer than the patience with a record, or it would end first.
  const Defaults defaults = {{"linger.ms", "5"}, {"partitioner", "murmur2_random"}};
  const Defaults fixed = {
      {"acks", std::to_string(static_cast<int>(acks))},
      {"enable.idempotence", acks == Acks::all ? "true" : "false"},
      {"message.timeout.ms", milliseconds},
      {"request.timeout.ms", std::to_string(std::min<std::int64_t>(patience.count(), 30'000))},
      {"delivery.report.only.error", "false"},
  };
  TRY(Client client, Client::create(Kind::producer, settings, defaults, fixed, log));
  auto producer = std::unique_ptr<ReportingProducer>(new ReportingProducer(std::move(client)));
  producer->topic_ = rd_kafka_topic_new(producer->handle_, topic.c_str(), nullptr);
  if (producer->topic_ == nullptr) return std::unexpected(to_error(rd_kafka_last_error(), "topic " + topic));
  return producer;
}

ReportingProducer::ReportingProducer(Client&& client) : Client(std::move(client)) {
  state_->on_delivery = [this](const rd_kafka_message_t& message) {
    // The number travels in the pointer that librdkafka keeps for its caller.
    Delivery delivery{.number = reinterpret_cast<std::uintptr_t>(message._private),
                      .partition = message.partition,
                      .offset = message.offset,
                      .error = {}};
    const bool stored = rd_kafka_message_status(&message) == RD_KAFKA_MSG_STATUS_PERSISTED;
    if (!stored || message.offset < 0) delivery.offset = -1;
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) delivery.error = to_error(message.err, "not acknowledged");
    reports_.push_back(std::move(delivery));
  };
}

ReportingProducer::~ReportingProducer() {
  rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  if (topic_ != nullptr) rd_kafka_topic_destroy(topic_);
}

Result<bool> ReportingProducer::produce(std::int32_t partition, const std::optional<std::string_view>& key,
                                        const std::optional<std::string_view>& value) {
  const auto pointer = [](const std::optional<std::string_view>& bytes) {
    // An empty text is not "none". librdkafka copies and does not write through it.
    return bytes ? const_cast<char*>(bytes->data() != nullptr ? bytes->data() : "") : nullptr;
  };
  const int refused = rd_kafka_produce(topic_, partition < 0 ? RD_KAFKA_PARTITION_UA : partition, RD_KAFKA_MSG_F_COPY,
                                       pointer(value), value ? value->size() : 0, pointer(key), key ? key->size() : 0,
                                       reinterpret_cast<void*>(static_cast<std::uintptr_t>(produced_)));
  if (refused == 0) {
    ++produced_;
    return true;
  }
  const auto code = rd_kafka_last_error();
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  return std::unexpected(to_error(code, "producing"));
}

Result<std::vector<Delivery>> ReportingProducer::poll(std::chrono::milliseconds timeout) {
  rd_kafka_poll(handle_, static_cast<int>(timeout.count()));
  if (auto failure = state_->first_failure(); failure && reports_.empty()) return std::unexpected(*std::move(failure));
  reported_ += reports_.size();
  return std::exchange(reports_, {});
}

}  // namespace tickerlake::kafka
