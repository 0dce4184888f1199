// One client for every broker: librdkafka's C interface, so that bench/broker compares brokers and nothing else.
// Usage: broker_client produce BOOTSTRAP TOPIC PARTITIONS BYTES COUNT ACKS
//        broker_client fetch   BOOTSTRAP TOPIC PARTITIONS COUNT
//        broker_client latency BOOTSTRAP TOPIC PARTITIONS BYTES RATE SECONDS ACKS
// produce and fetch print the seconds that COUNT messages took, from the first to the last acknowledged or read.
// latency prints, in microseconds, the 50th, 99th and 99.9th percentile and the maximum from a message's due time to
// its arrival at a consumer (a producer that falls behind its rate is not excused), and how many arrived.
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

namespace {

using std::chrono::steady_clock;

[[noreturn]] void end(const std::string& why) {
  std::fprintf(stderr, "broker_client: %s\n", why.c_str());
  std::exit(1);
}

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(steady_clock::now().time_since_epoch()).count();
}

using Settings = std::vector<std::pair<const char*, std::string>>;

rd_kafka_t* make_client(rd_kafka_type_t type, const Settings& settings,
                        void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*), void* opaque) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[512];
  for (const auto& [name, value] : settings)
    if (rd_kafka_conf_set(conf, name, value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) end(error);
  if (delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  rd_kafka_conf_set_opaque(conf, opaque);
  rd_kafka_t* client = rd_kafka_new(type, conf, error, sizeof error);
  if (client == nullptr) end(error);
  return client;
}

/// opaque: the std::int64_t that counts them.
void count_delivery(rd_kafka_t* /*client*/, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) end(rd_kafka_err2str(message->err));
  ++*static_cast<std::int64_t*>(opaque);
}

void send(rd_kafka_t* producer, rd_kafka_topic_t* topic, std::int32_t partition, std::string& payload, int flags) {
  while (rd_kafka_produce(topic, partition, flags, payload.data(), payload.size(), nullptr, 0, nullptr) != 0) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) end(rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(producer, 1);
  }
}

/// Messages that do not compress to nothing, all of one length.
std::string make_payload(std::size_t bytes) {
  std::string payload(bytes, '\0');
  std::uint32_t state = 1;
  for (char& c : payload) c = static_cast<char>('a' + ((state = state * 1'664'525 + 1'013'904'223) >> 24) % 26);
  return payload;
}

void produce(const std::string& bootstrap, const char* name, int partitions, std::size_t bytes, std::int64_t count,
             const std::string& acks) {
  std::int64_t delivered = 0;
  rd_kafka_t* producer = make_client(
      RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}, {"acks", acks}, {"queue.buffering.max.kbytes", "262144"}},
      count_delivery, &delivered);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, name, nullptr);
  std::string payload = make_payload(bytes);
  const std::int64_t started = now_us();
  for (std::int64_t i = 0; i < count; ++i) {
    send(producer, topic, static_cast<std::int32_t>(i % partitions), payload, 0);
    if (i % 1'000 == 0) rd_kafka_poll(producer, 0);
  }
  while (delivered < count) rd_kafka_poll(producer, 100);
  std::printf("%.6f\n", static_cast<double>(now_us() - started) / 1e6);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
}

/// A consumer at the given offset of every partition, all in one queue.
struct Reader {
  rd_kafka_t* client;
  rd_kafka_topic_t* topic;
  rd_kafka_queue_t* queue;

  Reader(const std::string& bootstrap, const char* name, int partitions, std::int64_t offset, const char* wait_ms)
      : client(make_client(RD_KAFKA_CONSUMER,
                           {{"bootstrap.servers", bootstrap},
                            {"group.id", "bench"},
                            {"fetch.wait.max.ms", wait_ms},
                            {"isolation.level", "read_uncommitted"}},
                           nullptr, nullptr)),
        topic(rd_kafka_topic_new(client, name, nullptr)),
        queue(rd_kafka_queue_new(client)) {
    for (int i = 0; i < partitions; ++i)
      if (rd_kafka_consume_start_queue(topic, i, offset, queue) != 0) end(rd_kafka_err2str(rd_kafka_last_error()));
  }
  void close(int partitions) {
    for (int i = 0; i < partitions; ++i) rd_kafka_consume_stop(topic, i);
    rd_kafka_queue_destroy(queue);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
  }
  /// Waits for the first message, at most so long, and calls back for each that is there then.
  /// (rd_kafka_consume_batch_queue would wait for a batch to fill: a latency of the client's own.)
  template <typename Callback>
  void read(int wait_ms, Callback&& callback) {
    const auto each = [](rd_kafka_message_t* message, void* opaque) {
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        (*static_cast<std::remove_reference_t<Callback>*>(opaque))(*message);
      } else if (message->err != RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        end(rd_kafka_message_errstr(message));
      }
    };
    if (rd_kafka_consume_callback_queue(queue, wait_ms, each, &callback) < 0)
      end(rd_kafka_err2str(rd_kafka_last_error()));
  }
};

void fetch(const std::string& bootstrap, const char* name, int partitions, std::int64_t count) {
  Reader reader(bootstrap, name, partitions, RD_KAFKA_OFFSET_BEGINNING, "100");
  std::int64_t read = 0;
  const std::int64_t started = now_us();
  while (read < count) reader.read(100, [&](const rd_kafka_message_t&) { ++read; });
  std::printf("%.6f\n", static_cast<double>(now_us() - started) / 1e6);
  reader.close(partitions);
}

void latency(const std::string& bootstrap, const char* name, int partitions, std::size_t bytes, std::int64_t rate,
             int seconds, const std::string& acks) {
  constexpr std::int64_t warm_up_us = 2'000'000;  // connections, the consumer's first fetches: not counted
  Reader reader(bootstrap, name, partitions, RD_KAFKA_OFFSET_BEGINNING, "500");
  const std::int64_t first = now_us() + warm_up_us;
  const std::int64_t last = first + std::int64_t{seconds} * 1'000'000;
  std::vector<std::int64_t> found;
  found.reserve(static_cast<std::size_t>(rate * (seconds + 1)));
  std::atomic<std::int64_t> all = -1;  // messages of the topic, once all are sent
  std::thread consumer([&] {
    // A server that can't keep the rate is measured to the last message too.
    for (std::int64_t read = 0; read != all && now_us() < last + 60'000'000;)
      reader.read(20, [&](const rd_kafka_message_t& message) {
        ++read;
        std::int64_t due = 0;
        std::memcpy(&due, message.payload, sizeof due);
        if (due >= first) found.push_back(now_us() - due);
      });
  });
  std::int64_t delivered = 0;
  rd_kafka_t* producer =
      make_client(RD_KAFKA_PRODUCER, {{"bootstrap.servers", bootstrap}, {"acks", acks}, {"linger.ms", "0"}},
                  count_delivery, &delivered);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, name, nullptr);
  std::string payload = make_payload(std::max(bytes, sizeof(std::int64_t)));
  const std::int64_t begin = first - warm_up_us / 2;
  std::int64_t sent = 0;
  for (std::int64_t due = begin; due < last; due = begin + ++sent * 1'000'000 / rate) {
    while (now_us() < due) {
      rd_kafka_poll(producer, 0);
      if (const auto rest = due - now_us(); rest > 60)
        std::this_thread::sleep_for(std::chrono::microseconds(rest - 50));
    }
    std::memcpy(payload.data(), &due, sizeof due);
    send(producer, topic, static_cast<std::int32_t>(sent % partitions), payload, RD_KAFKA_MSG_F_COPY);
  }
  rd_kafka_flush(producer, 60'000);
  all = sent;
  consumer.join();
  if (static_cast<std::int64_t>(found.size()) < rate * seconds) end("not all messages arrived within a minute");
  std::ranges::sort(found);
  const auto at = [&](double part) {
    return found[static_cast<std::size_t>(part * static_cast<double>(found.size() - 1))];
  };
  std::printf("%ld %ld %ld %ld %zu\n", at(0.5), at(0.99), at(0.999), found.back(), found.size());
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
  reader.close(partitions);
}

}  // namespace

int main(int argc, char** argv) {
  const std::span arguments(argv, static_cast<std::size_t>(argc));
  const std::string mode = argc > 1 ? arguments[1] : "";
  const auto number = [&](std::size_t i) { return std::strtoll(arguments[i], nullptr, 10); };
  const auto partitions = argc > 4 ? static_cast<int>(number(4)) : 0;
  if (mode == "produce" && argc == 8) {
    produce(arguments[2], arguments[3], partitions, static_cast<std::size_t>(number(5)), number(6), arguments[7]);
  } else if (mode == "fetch" && argc == 6) {
    fetch(arguments[2], arguments[3], partitions, number(5));
  } else if (mode == "latency" && argc == 9) {
    latency(arguments[2], arguments[3], partitions, static_cast<std::size_t>(number(5)), number(6),
            static_cast<int>(number(7)), arguments[8]);
  } else {
    end("see the first lines of bench/broker_client.cpp");
  }
}
