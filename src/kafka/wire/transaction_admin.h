#pragma once
// What administrators ask of transactions: WriteTxnMarkers (key 27), DescribeProducers (61), DescribeTransactions (65),
// ListTransactions (66). Source: KIP-664, KIP-994 (duration filter), KIP-1152 (pattern), KIP-890.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kafka/errors.h"
#include "kafka/wire/api.h"
#include "kafka/wire/parts.h"

namespace tickerlake::kafka {

struct WriteTxnMarkersResponse;

struct WriteTxnMarkersRequest {
  static constexpr auto api = Api{.key = 27, .name = "WriteTxnMarkers", .versions = {1, 2}, .flexible_since = 1};
  using Response = WriteTxnMarkersResponse;

  using Topic = ByTopic<std::int32_t>;

  struct Marker {
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    bool transaction_result = false;  // true: commit
    std::vector<Topic> topics;
    std::int32_t coordinator_epoch = 0;
    std::int8_t transaction_version = 0;

    static void fields(auto& c, auto& m) {
      c(m.producer_id);
      c(m.producer_epoch);
      c(m.transaction_result);
      c(m.topics);
      c(m.coordinator_epoch);
      c(m.transaction_version, since(2));
    }
  };

  std::vector<Marker> markers;

  static void fields(auto& c, auto& m) { c(m.markers); }
};

struct WriteTxnMarkersResponse {
  using Topic = ByTopic<PartitionError>;

  struct Marker {
    std::int64_t producer_id = -1;
    std::vector<Topic> topics;

    static void fields(auto& c, auto& m) {
      c(m.producer_id);
      c(m.topics);
    }
  };

  std::vector<Marker> markers;

  static void fields(auto& c, auto& m) { c(m.markers); }
};

struct DescribeProducersResponse;

struct DescribeProducersRequest {
  static constexpr auto api = Api{.key = 61, .name = "DescribeProducers", .versions = {0, 0}, .flexible_since = 0};
  using Response = DescribeProducersResponse;

  using Topic = ByTopic<std::int32_t>;

  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) { c(m.topics); }
};

struct DescribeProducersResponse {
  struct Producer {
    std::int64_t producer_id = -1;
    std::int32_t producer_epoch = -1;
    std::int32_t last_sequence = -1;
    std::int64_t last_timestamp = -1;
    std::int32_t coordinator_epoch = -1;
    std::int64_t current_txn_start_offset = -1;

    static void fields(auto& c, auto& m) {
      c(m.producer_id);
      c(m.producer_epoch);
      c(m.last_sequence);
      c(m.last_timestamp);
      c(m.coordinator_epoch);
      c(m.current_txn_start_offset);
    }
  };

  struct Partition {
    std::int32_t partition_index = 0;
    KafkaError error_code = KafkaError::none;
    std::optional<std::string> error_message;
    std::vector<Producer> active_producers;

    static void fields(auto& c, auto& m) {
      c(m.partition_index);
      c(m.error_code);
      c(m.error_message);
      c(m.active_producers);
    }
  };

  using Topic = ByTopic<Partition>;

  std::int32_t throttle_time_ms = 0;
  std::vector<Topic> topics;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.topics);
  }
};

struct DescribeTransactionsResponse;

struct DescribeTransactionsRequest {
  static constexpr auto api = Api{.key = 65, .name = "DescribeTransactions", .versions = {0, 0}, .flexible_since = 0};
  using Response = DescribeTransactionsResponse;

  std::vector<std::string> transactional_ids;

  static void fields(auto& c, auto& m) { c(m.transactional_ids); }
};

struct DescribeTransactionsResponse {
  using Topic = ByTopic<std::int32_t>;

  struct State {
    KafkaError error_code = KafkaError::none;
    std::string transactional_id;
    std::string transaction_state;
    std::int32_t transaction_timeout_ms = 0;
    std::int64_t transaction_start_time_ms = 0;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::vector<Topic> topics;

    static void fields(auto& c, auto& m) {
      c(m.error_code);
      c(m.transactional_id);
      c(m.transaction_state);
      c(m.transaction_timeout_ms);
      c(m.transaction_start_time_ms);
      c(m.producer_id);
      c(m.producer_epoch);
      c(m.topics);
    }
  };

  std::int32_t throttle_time_ms = 0;
  std::vector<State> transaction_states;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.transaction_states);
  }
};

struct ListTransactionsResponse;

struct ListTransactionsRequest {
  static constexpr auto api = Api{.key = 66, .name = "ListTransactions", .versions = {0, 2}, .flexible_since = 0};
  using Response = ListTransactionsResponse;

  std::vector<std::string> state_filters;
  std::vector<std::int64_t> producer_id_filters;
  std::int64_t duration_filter = -1;
  std::optional<std::string> transactional_id_pattern;

  static void fields(auto& c, auto& m) {
    c(m.state_filters);
    c(m.producer_id_filters);
    c(m.duration_filter, since(1));
    c(m.transactional_id_pattern, since(2));
  }
};

struct ListTransactionsResponse {
  struct State {
    std::string transactional_id;
    std::int64_t producer_id = -1;
    std::string transaction_state;

    static void fields(auto& c, auto& m) {
      c(m.transactional_id);
      c(m.producer_id);
      c(m.transaction_state);
    }
  };

  std::int32_t throttle_time_ms = 0;
  KafkaError error_code = KafkaError::none;
  std::vector<std::string> unknown_state_filters;
  std::vector<State> transaction_states;

  static void fields(auto& c, auto& m) {
    c(m.throttle_time_ms);
    c(m.error_code);
    c(m.unknown_state_filters);
    c(m.transaction_states);
  }
};

}  // namespace tickerlake::kafka
