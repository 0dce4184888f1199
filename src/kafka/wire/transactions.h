#pragma once
// What a transactional producer asks: AddPartitionsToTxn (key 24), AddOffsetsToTxn (25), EndTxn (26), TxnOffsetCommit
// (28). Source: KIP-98, KIP-447 (members in TxnOffsetCommit), KIP-890 (batches of transactions, EndTxn's next epoch).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct AddPartitionsToTxnResponse;

struct AddPartitionsToTxnRequest {
  static constexpr auto api = Api{.key = 24, .name = "AddPartitionsToTxn", .versions = {0, 5}, .flexible_since = 3};
  using Response = AddPartitionsToTxnResponse;

  using Topic = ByTopic<std::int32_t>;

  struct Transaction {
    std::string transactional_id;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    bool verify_only = false;
    std::vector<Topic> topics;

    static void fields(auto& c, auto& m) {
      c(m.transactional_id);
      c(m.producer_id);
      c(m.producer_epoch);
      c(m.verify_only);
      c(m.topics);
    }
  };

  std::vector<Transaction> transactions;
  std::string transactional_id;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.transactions, since(4));
    c(m.transactional_id, until(3));
    c(m.producer_id, until(3));
    c(m.producer_epoch, until(3));
    c(m.topics, until(3));
  }
};

struct AddPartitionsToTxnResponse {
  using Topic = ByTopic<PartitionError>;

  struct Result {
    std::string transactional_id;
    std::vector<Topic> topics;

    static void fields(auto& c, auto& m) {
      c(m.transactional_id);
      c(m.topics);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<Result> results_by_transaction;
  std::vector<Topic> results;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code, since(4));
    c(m.results_by_transaction, since(4));
    c(m.results, until(3));
  }
};

struct AddOffsetsToTxnResponse;

struct AddOffsetsToTxnRequest {
  static constexpr auto api = Api{.key = 25, .name = "AddOffsetsToTxn", .versions = {0, 4}, .flexible_since = 3};
  using Response = AddOffsetsToTxnResponse;

  std::string transactional_id;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::string group_id;

  static void fields(auto& c, auto& m) {
    c(m.transactional_id);
    c(m.producer_id);
    c(m.producer_epoch);
    c(m.group_id);
  }
};

struct AddOffsetsToTxnResponse {
  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
  }
};

struct EndTxnResponse;

struct EndTxnRequest {
  static constexpr auto api = Api{.key = 26, .name = "EndTxn", .versions = {0, 5}, .flexible_since = 3};
  using Response = EndTxnResponse;

  std::string transactional_id;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  bool committed = false;

  static void fields(auto& c, auto& m) {
    c(m.transactional_id);
    c(m.producer_id);
    c(m.producer_epoch);
    c(m.committed);
  }
};

struct EndTxnResponse {
  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.producer_id, since(5));
    c(m.producer_epoch, since(5));
  }
};

struct TxnOffsetCommitResponse;

struct TxnOffsetCommitRequest {
  static constexpr auto api = Api{.key = 28, .name = "TxnOffsetCommit", .versions = {0, 5}, .flexible_since = 3};
  using Response = TxnOffsetCommitResponse;

  using Topic = ByTopic<OffsetToCommit<2>>;

  std::string transactional_id;
  std::string group_id;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.transactional_id);
    c(m.group_id);
    c(m.producer_id);
    c(m.producer_epoch);
    c(m.generation_id, since(3));
    c(m.member_id, since(3));
    c(m.group_instance_id, since(3));
    c(m.topics);
  }
};

struct TxnOffsetCommitResponse {
  using Topic = ByTopic<PartitionError>;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

}  // namespace tickerlake::kafka
