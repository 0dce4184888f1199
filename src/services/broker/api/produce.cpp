// Produce (key 0) in two stages: every batch is appended in the order of the requests; the answer is given when the
// batches are as durable as acks asks for. So a connection can have many requests on their way to the disk.
#include <atomic>
#include <memory>

#include "kafka/records/batch.h"
#include "kafka/records/record_check.h"
#include "kafka/records/records.h"
#include "services/broker/api/handlers.h"
#include "services/broker/api/partition_lookup.h"
#include "services/broker/api/transaction_errors.h"
#include "services/broker/security/access.h"
#include "services/broker/throttle.h"
#include "services/broker/transactions/transactions.h"

namespace tickerlake::broker {

namespace {

using kafka::KafkaError;
using PartitionAnswer = kafka::ProduceResponse::Topic::Partition;

constexpr std::int16_t acks_all = -1, acks_none = 0, acks_leader = 1;
constexpr std::int16_t first_version_of_v2_batches = 3;
constexpr std::int16_t first_version_of_zstd = 7;
constexpr std::int16_t first_version_of_abortable_errors = 11;
constexpr std::int16_t first_version_that_adds_partitions = 12;  // to transactions (KIP-890)
constexpr std::int16_t first_version_of_topic_ids = 13;

KafkaError to_kafka(Refusal why, const Topics& topics, std::int16_t version) {
  switch (why) {
    case Refusal::corrupt:
      return KafkaError::corrupt_message;
    case Refusal::too_large:
      return KafkaError::message_too_large;
    case Refusal::invalid_record:
      return KafkaError::invalid_record;
    case Refusal::unsupported_format:
      return KafkaError::unsupported_for_message_format;
    case Refusal::invalid_timestamp:
      return KafkaError::invalid_timestamp;
    case Refusal::out_of_order_sequence:
      return KafkaError::out_of_order_sequence_number;
    case Refusal::invalid_producer_epoch:
      return KafkaError::invalid_producer_epoch;
    case Refusal::not_in_transaction:
      return for_version(KafkaError::transaction_abortable, version,
                         {.transaction_abortable = first_version_of_abortable_errors});
    case Refusal::closed:
      return closed_error(topics, version >= first_version_of_topic_ids);
    case Refusal::storage:
      return KafkaError::kafka_storage_error;
  }
  return KafkaError::unknown_server_error;
}

bool is_compressed(ByteView records) {
  const auto header = kafka::parse_batch_header(records);
  return header && header->codec() != kafka::Codec::none;
}

/// An answer on its way: given by whoever finishes the last of its parts.
class PendingAnswer {
 public:
  explicit PendingAnswer(Responder<kafka::ProduceResponse> responder) : responder_(std::move(responder)) {}

  kafka::ProduceResponse response;  // complete before the first finish_one()

  /// Before the first finish_one().
  void expect(int parts) { unfinished_ = parts; }
  void finish_one() {
    if (unfinished_.fetch_sub(1) == 1) responder_.answer(response);
  }

 private:
  Responder<kafka::ProduceResponse> responder_;
  std::atomic<int> unfinished_ = 1;
};

/// What was appended and has to become durable.
struct Written {
  std::shared_ptr<Partition> partition;
  Offset next;
};

/// One produce request being appended.
class Append {
 public:
  Append(Broker& broker, const Caller& caller, const kafka::ProduceRequest& request)
      : broker_(broker), caller_(caller), request_(request), version_(caller.version) {}

  kafka::ProduceResponse run() {
    kafka::ProduceResponse response;
    if (request_.transactional_id) join_transaction();
    for (const auto& topic : request_.topic_data) {
      auto& topic_answer = response.responses.emplace_back();
      topic_answer.name = topic.name;
      topic_answer.topic_id = topic.topic_id;
      for (const auto& data : topic.partition_data) topic_answer.partition_responses.push_back(append(topic, data));
    }
    return response;
  }
  bool failed() const { return failed_; }
  std::vector<Written>& written() { return written_; }

 private:
  /// Adds the partitions to the transaction where the version says that Produce does; waits for the disk if one is new.
  void join_transaction() {
    if (!may_transact(caller_, Operation::write, *request_.transactional_id)) {
      transaction_error_ = KafkaError::transactional_id_authorization_failed;
      return;
    }
    if (version_ < first_version_that_adds_partitions) return;
    std::optional<Producer> producer;
    std::set<TopicPartition> added;
    for (const auto& topic : request_.topic_data) {
      for (const auto& data : topic.partition_data) {
        const auto header = kafka::parse_batch_header(data.records.bytes);
        if (!header || !header->is_transactional()) continue;
        producer = {ProducerId(header->producer_id), header->producer_epoch};
        const auto found = find_permitted(caller_, Operation::write, broker_.topics(), by_id(), topic.topic_id,
                                          topic.name, data.index);
        if (!found || found->topic->internal || found->partition->is_admitted(producer->id, producer->epoch)) continue;
        added.insert({found->topic->name, data.index});
      }
    }
    if (added.empty()) return;
    transaction_error_ =
        broker_.transactions().add(*request_.transactional_id, *producer, added, TransactionProtocol::v2);
    if (transaction_error_ == KafkaError::producer_fenced) transaction_error_ = KafkaError::invalid_producer_epoch;
  }

  bool by_id() const { return version_ >= first_version_of_topic_ids; }

  PartitionAnswer append(const kafka::ProduceRequest::Topic& topic,
                         const kafka::ProduceRequest::Topic::Partition& data) {
    if (request_.acks != acks_all && request_.acks != acks_none && request_.acks != acks_leader) {
      return refuse(data, KafkaError::invalid_required_acks, "acks must be -1, 0 or 1");
    }
    if (version_ < first_version_of_v2_batches) {
      return refuse(data, KafkaError::unsupported_version, "Produce before version 3 is not supported");
    }
    if (transaction_error_ != KafkaError::none) {
      return refuse(data, transaction_error_, "the partition could not be added to the transaction");
    }
    if (!request_.transactional_id && is_transactional(data.records.bytes)) {
      return refuse(data, KafkaError::transactional_id_authorization_failed, "no transactional id");
    }
    const auto found =
        find_permitted(caller_, Operation::write, broker_.topics(), by_id(), topic.topic_id, topic.name, data.index);
    if (!found) return refuse(data, found.error(), "");
    if (found->topic->internal) {
      return refuse(data, KafkaError::invalid_topic, "internal topics are written by the broker only");
    }
    if (request_.acks == acks_all && found->topic->settings.min_insync_replicas > 1) {
      return refuse(data, KafkaError::not_enough_replicas, "min.insync.replicas is more than the one replica there is");
    }
    if (version_ < first_version_of_zstd && is_zstd(data.records.bytes)) {
      return refuse(data, KafkaError::unsupported_compression_type, "zstd needs Produce version 7");
    }
    const Decompressions::Turn turn(broker_.decompressions(), is_compressed(data.records.bytes));
    const Visible visible = request_.acks == acks_all ? Visible::when_durable : Visible::at_once;
    const auto appended = found->partition->append(data.records.bytes, Origin::client, visible);
    if (!appended) {
      PartitionAnswer refused =
          refuse(data, to_kafka(appended.error().why, broker_.topics(), version_), appended.error().message);
      if (appended.error().record) name_records(refused, data.records.bytes, appended.error().message);
      return refused;
    }
    if (!appended->duplicate) {
      broker_.metrics().bytes_in.add(data.records.bytes.size());
      broker_.metrics().messages_in.add(static_cast<std::uint64_t>(appended->next - appended->base));
    }
    written_.push_back({found->partition, appended->next});
    PartitionAnswer answer;
    answer.index = data.index;
    answer.base_offset = appended->base.value();
    answer.log_append_time_ms = appended->log_append_time_ms;
    answer.log_start_offset = appended->log_start.value();
    return answer;
  }

  PartitionAnswer refuse(const kafka::ProduceRequest::Topic::Partition& data, KafkaError error, std::string message) {
    failed_ = true;
    PartitionAnswer answer;
    answer.index = data.index;
    answer.error_code = error;
    answer.base_offset = -1;
    if (!message.empty()) answer.error_message = std::move(message);
    return answer;
  }

  /// Clients send the others again: each record is named that is refused for having no key (KIP-467).
  static void name_records(PartitionAnswer& refused, ByteView bytes, const std::string& message) {
    const auto batch = kafka::take_batch(bytes);
    const auto records = batch ? kafka::records_without_key(*batch, kafka::max_decompressed_batch)
                               : Result<std::vector<std::int32_t>>(std::unexpected(batch.error()));
    if (!records) return;
    for (const std::int32_t record : *records) refused.record_errors.push_back({record, message});
  }

  static bool is_transactional(ByteView records) {
    const auto header = kafka::parse_batch_header(records);
    return header && header->is_transactional();
  }

  static bool is_zstd(ByteView records) {
    const auto header = kafka::parse_batch_header(records);
    return header && header->codec() == kafka::Codec::zstd;
  }

  Broker& broker_;
  const Caller& caller_;
  const kafka::ProduceRequest& request_;
  const std::int16_t version_;
  std::vector<Written> written_;
  bool failed_ = false;
  KafkaError transaction_error_ = KafkaError::none;  // of all the request
};

}  // namespace

void handle(Broker& broker, const Caller& caller, const kafka::ProduceRequest& request,
            Responder<kafka::ProduceResponse> responder) {
  Append append(broker, caller, request);
  kafka::ProduceResponse response = append.run();
  const auto by_bytes =
      broker.quotas().charge(QuotaKind::produce, client_of(caller), static_cast<double>(caller.request_bytes),
                             std::chrono::steady_clock::now());
  if (request.acks == acks_none) {
    pause(caller, by_bytes);
    // There is no answer to put an error in; a closed connection makes the producer ask for fresh metadata.
    append.failed() ? responder.abort() : responder.answer_nothing();
    return;
  }
  response.throttle_time_ms = throttle(broker, caller, by_bytes);
  if (request.acks != acks_all || append.written().empty()) {
    responder.answer(response);
    return;
  }
  const auto pending = std::make_shared<PendingAnswer>(std::move(responder));
  pending->response = std::move(response);
  pending->expect(static_cast<int>(append.written().size()));
  for (const Written& written : append.written()) {
    written.partition->when_durable(written.next, [pending] { pending->finish_one(); });
  }
}

}  // namespace tickerlake::broker
