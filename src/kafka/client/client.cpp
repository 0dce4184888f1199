#include "kafka/client/client.h"

#include <thread>

#include "kafka/client/client_state.h"

namespace tickerlake::kafka {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t message_room = 512;  // what librdkafka's functions want for an error's text

ErrorCode code_of(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION:
      return ErrorCode::unavailable;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
      return ErrorCode::timeout;
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return ErrorCode::not_found;
    case RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS:
      return ErrorCode::already_exists;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
      return ErrorCode::unauthorized;
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_INVALID_PARTITIONS:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return ErrorCode::invalid_argument;
    default:
      return ErrorCode::io;
  }
}

/// A metadata answer, freed with its scope.
struct Metadata {
  const struct rd_kafka_metadata* data = nullptr;
  ~Metadata() {
    if (data != nullptr) rd_kafka_metadata_destroy(data);
  }
};

struct TopicHandle {
  rd_kafka_topic_t* topic;
  ~TopicHandle() {
    if (topic != nullptr) rd_kafka_topic_destroy(topic);
  }
};

int to_ms(milliseconds timeout) { return static_cast<int>(timeout.count()); }

}  // namespace

Error to_error(rd_kafka_resp_err_t code, std::string_view what) {
  return {code_of(code), std::string(what) + ": " + rd_kafka_err2str(code)};
}

void Client::State::fail_once(Error error) {
  MutexLock lock(mutex);
  if (!failure) failure = std::move(error);
}

std::optional<Error> Client::State::first_failure() {
  MutexLock lock(mutex);
  return failure;
}

Client::Client(rd_kafka_s* handle, std::unique_ptr<State> state) : handle_(handle), state_(std::move(state)) {}

Client::Client(Client&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)), state_(std::move(other.state_)) {}

Client& Client::operator=(Client&& other) noexcept {
  std::swap(handle_, other.handle_);
  std::swap(state_, other.state_);
  return *this;
}

Client::~Client() {
  if (handle_ != nullptr) rd_kafka_destroy(handle_);
}

Result<Client> Client::create(Kind kind, const ClientSettings& settings, const Defaults& defaults,
                              const Defaults& fixed, const Log& log) {
  auto state = std::make_unique<State>();
  state->log = log.named("kafka");
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char text[message_room];
  const auto set = [&](const std::string& name, const std::string& value) -> Result<void> {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text) == RD_KAFKA_CONF_OK) return {};
    return fail(ErrorCode::invalid_argument, "Kafka property " + name + "=" + value + ": " + text);
  };
  const auto configure = [&]() -> Result<void> {
    CHECK(set("bootstrap.servers", settings.bootstrap));
    CHECK(set("client.id", "tickerlake"));
    CHECK(set("reconnect.backoff.ms", "20"));
    CHECK(set("reconnect.backoff.max.ms", "1000"));
    CHECK(set("topic.metadata.refresh.sparse", "true"));
    for (const auto& [name, value] : defaults) CHECK(set(name, value));
    for (const auto& [name, value] : settings.properties) CHECK(set(name, value));
    for (const auto& [name, value] : fixed) CHECK(set(name, value));
    return {};
  };
  if (auto done = configure(); !done) {
    rd_kafka_conf_destroy(conf);
    return std::unexpected(std::move(done).error());
  }
  rd_kafka_conf_set_opaque(conf, state.get());
  rd_kafka_conf_set_log_cb(conf, [](const rd_kafka_t* handle, int level, const char* facility, const char* line) {
    constexpr int syslog_warning = 4;
    const auto* its_state = static_cast<const State*>(rd_kafka_opaque(handle));
    if (its_state == nullptr) return;
    if (level < syslog_warning)
      its_state->log.warning("{}: {}", facility, line);
    else
      its_state->log.debug("{}: {}", facility, line);
  });
  rd_kafka_conf_set_error_cb(conf, [](rd_kafka_t* handle, int code, const char* reason, void* opaque) {
    auto* its_state = static_cast<State*>(opaque);
    if (code == RD_KAFKA_RESP_ERR__FATAL) {
      char why[message_room];
      const auto fatal = rd_kafka_fatal_error(handle, why, sizeof why);
      its_state->fail_once({code_of(fatal), std::string("Kafka client: ") + why});
    } else if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION) {
      its_state->fail_once({ErrorCode::unauthorized, std::string("Kafka: ") + reason});
    } else {
      its_state->log.debug("{}", reason);
    }
  });
  if (kind == Kind::producer) {
    rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
      auto* its_state = static_cast<State*>(opaque);
      if (its_state->on_delivery) {
        its_state->on_delivery(*message);
      } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
        its_state->fail_once(to_error(message->err, "a record was not stored"));
      }
    });
  }
  rd_kafka_t* handle =
      rd_kafka_new(kind == Kind::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf, text, sizeof text);
  if (handle == nullptr) {
    rd_kafka_conf_destroy(conf);
    return fail(ErrorCode::invalid_argument, std::string("Kafka client: ") + text);
  }
  return Client(handle, std::move(state));
}

Result<std::optional<int>> Client::partitions(const std::string& topic, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const TopicHandle handle{rd_kafka_topic_new(handle_, topic.c_str(), nullptr)};
  if (handle.topic == nullptr) return std::unexpected(to_error(rd_kafka_last_error(), "topic " + topic));
  while (true) {
    Metadata metadata;
    const auto code = rd_kafka_metadata(handle_, 0, handle.topic, &metadata.data, to_ms(timeout));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata.data->topic_cnt == 1) {
      const auto& found = metadata.data->topics[0];
      if (found.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return std::nullopt;
      if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt > 0) return found.partition_cnt;
      if (found.err != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE && found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
        return std::unexpected(to_error(found.err, "topic " + topic));
    } else if (auto failure = state_->first_failure()) {
      return std::unexpected(*std::move(failure));
    }
    if (steady_clock::now() >= deadline)
      return std::unexpected(
          to_error(code == RD_KAFKA_RESP_ERR_NO_ERROR ? RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE : code,
                   "asking for topic " + topic));
    std::this_thread::sleep_for(milliseconds(10));
  }
}

Result<void> Client::wait_for_leaders(const std::string& topic, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const TopicHandle handle{rd_kafka_topic_new(handle_, topic.c_str(), nullptr)};
  while (true) {
    Metadata metadata;
    const auto code = rd_kafka_metadata(handle_, 0, handle.topic, &metadata.data, to_ms(timeout));
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata.data->topic_cnt == 1 &&
        metadata.data->topics[0].err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      const auto& found = metadata.data->topics[0];
      bool all = found.partition_cnt > 0;
      for (int i = 0; i < found.partition_cnt; ++i) all = all && found.partitions[i].leader >= 0;
      if (all) return {};
    }
    if (steady_clock::now() >= deadline)
      return std::unexpected(to_error(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, "topic " + topic));
    std::this_thread::sleep_for(milliseconds(5));
  }
}

Result<Watermarks> Client::watermarks(const std::string& topic, std::int32_t partition, milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  // Not by rd_kafka_query_watermark_offsets: while the leader is down, that waits for longer than it is told to.
  // ListOffsets knows both ends as special times.
  const auto ask = [&](std::int64_t end, std::int64_t& offset) {
    const std::unique_ptr<rd_kafka_topic_partition_list_t, decltype(&rd_kafka_topic_partition_list_destroy)> list(
        rd_kafka_topic_partition_list_new(1), &rd_kafka_topic_partition_list_destroy);
    auto* at = rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
    at->offset = end;
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - steady_clock::now());
    const auto code = rd_kafka_offsets_for_times(handle_, list.get(), to_ms(std::max(left, milliseconds(0))));
    offset = at->offset;
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? at->err : code;
  };
  while (true) {
    Watermarks marks;
    auto code = ask(RD_KAFKA_OFFSET_BEGINNING, marks.low);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = ask(RD_KAFKA_OFFSET_END, marks.high);
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return marks;
    if (steady_clock::now() >= deadline || code_of(code) != ErrorCode::unavailable)
      return std::unexpected(to_error(code, "asking for the offsets of " + topic + "/" + std::to_string(partition)));
    std::this_thread::sleep_for(milliseconds(20));
  }
}

Result<std::int64_t> Client::offset_at(const std::string& topic, std::int32_t partition, TimestampMs time,
                                       milliseconds timeout) {
  rd_kafka_topic_partition_list_t* list = rd_kafka_topic_partition_list_new(1);
  auto* wanted = rd_kafka_topic_partition_list_add(list, topic.c_str(), partition);
  wanted->offset = time;
  const auto code = rd_kafka_offsets_for_times(handle_, list, to_ms(timeout));
  const std::int64_t offset = wanted->offset;
  const auto of_partition = wanted->err;
  rd_kafka_topic_partition_list_destroy(list);
  for (const auto error : {code, of_partition}) {
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return std::unexpected(
          to_error(error, "asking for an offset by time of " + topic + "/" + std::to_string(partition)));
  }
  if (offset >= 0) return offset;
  TRY(const Watermarks marks, watermarks(topic, partition, timeout));
  return marks.high;
}

Result<std::string> Client::cluster_id(milliseconds timeout) {
  char* id = rd_kafka_clusterid(handle_, to_ms(timeout));
  if (id == nullptr) return fail(ErrorCode::unavailable, "no broker told the cluster's id");
  std::string text(id);
  rd_kafka_mem_free(handle_, id);
  return text;
}

}  // namespace tickerlake::kafka
