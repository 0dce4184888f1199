#include "kafka/client/rdkafka_producer.h"

#include <utility>

#include "base/panic.h"
#include "kafka/client/client_state.h"

namespace tickerlake::kafka {

Result<std::unique_ptr<Producer>> RdkafkaProducer::create(const ClientSettings& settings, const std::string& topic,
                                                          const Tuning& tuning, const Log& log) {
  const Defaults defaults = {
      {"linger.ms", std::to_string(tuning.linger.count())},
      {"queue.buffering.max.messages", std::to_string(tuning.queue_records)},
      {"batch.size", std::to_string(tuning.batch_bytes)},
      {"compression.codec", tuning.compression},
      {"partitioner", "murmur2_random"},
  };
  const Defaults fixed = {
      {"enable.idempotence", "true"},
      {"enable.gapless.guarantee", "true"},  // a record that fails stops the producer before later ones pass it
      {"acks", "all"},
      {"message.timeout.ms", "0"},  // a broker that is away is waited for
      {"delivery.report.only.error", "true"},
  };
  TRY(Client client, Client::create(Kind::producer, settings, defaults, fixed, log));
  auto producer = std::unique_ptr<RdkafkaProducer>(new RdkafkaProducer(std::move(client), nullptr));
  producer->topic_ = rd_kafka_topic_new(producer->handle_, topic.c_str(), nullptr);
  if (producer->topic_ == nullptr) return std::unexpected(to_error(rd_kafka_last_error(), "topic " + topic));
  return producer;
}

RdkafkaProducer::~RdkafkaProducer() {
  if (topic_ == nullptr) return;
  rd_kafka_purge(handle_, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_topic_destroy(topic_);
}

Result<bool> RdkafkaProducer::produce(std::int32_t partition, const std::optional<std::string_view>& key,
                                      const std::optional<std::string_view>& value, std::int64_t timestamp_ms,
                                      std::span<const Header> headers) {
  ensure(headers.size() <= max_headers, "a record has at most eight headers here");
  const auto mem = [](const std::optional<std::string_view>& bytes, rd_kafka_vu_t& field) {
    // librdkafka does not write through this pointer: with F_COPY it only reads. An empty text is not "none".
    field.u.mem.ptr = bytes ? const_cast<char*>(bytes->data() != nullptr ? bytes->data() : "") : nullptr;
    field.u.mem.size = bytes ? bytes->size() : 0;
  };
  rd_kafka_vu_t fields[6 + max_headers];
  std::size_t count = 0;
  fields[count].vtype = RD_KAFKA_VTYPE_RKT;
  fields[count++].u.rkt = topic_;
  fields[count].vtype = RD_KAFKA_VTYPE_PARTITION;
  fields[count++].u.i32 = partition < 0 ? RD_KAFKA_PARTITION_UA : partition;
  fields[count].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  fields[count++].u.i = RD_KAFKA_MSG_F_COPY;
  fields[count].vtype = RD_KAFKA_VTYPE_TIMESTAMP;
  fields[count++].u.i64 = timestamp_ms;
  fields[count].vtype = RD_KAFKA_VTYPE_KEY;
  mem(key, fields[count++]);
  fields[count].vtype = RD_KAFKA_VTYPE_VALUE;
  mem(value, fields[count++]);
  for (const auto& header : headers) {
    fields[count].vtype = RD_KAFKA_VTYPE_HEADER;
    fields[count].u.header.name = header.name;
    fields[count].u.header.val = header.value.data();
    fields[count++].u.header.size = static_cast<ssize_t>(header.value.size());
  }
  rd_kafka_error_t* error = rd_kafka_produceva(handle_, fields, count);
  if (error == nullptr) return true;
  const auto code = rd_kafka_error_code(error);
  Error failure = to_error(code, std::string("producing: ") + rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  if (auto first = state_->first_failure()) return std::unexpected(*std::move(first));
  return std::unexpected(std::move(failure));
}

Result<void> RdkafkaProducer::poll(std::chrono::milliseconds timeout) {
  rd_kafka_poll(handle_, static_cast<int>(timeout.count()));
  if (auto failure = state_->first_failure()) return std::unexpected(*std::move(failure));
  return {};
}

Result<bool> RdkafkaProducer::flush(std::chrono::milliseconds timeout) {
  const auto code = rd_kafka_flush(handle_, static_cast<int>(timeout.count()));
  if (auto failure = state_->first_failure()) return std::unexpected(*std::move(failure));
  return code == RD_KAFKA_RESP_ERR_NO_ERROR;
}

std::int64_t RdkafkaProducer::in_queue() const { return rd_kafka_outq_len(handle_); }

}  // namespace tickerlake::kafka
