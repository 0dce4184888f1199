// What the broker's log alone costs: appends with acks=all semantics, and reads as fetches do them, without sockets.
// Usage: log_append [DIRECTORY] [MILLION_ROWS] [PARTITIONS] [BATCH_BYTES]
// Prints rows/s, CPU seconds per million rows of 124 bytes, and how many rows one fdatasync covered.
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <semaphore>
#include <string>
#include <vector>

#include "kafka/records/records.h"
#include "services/broker/partition.h"

namespace tickerlake::broker {
namespace {

constexpr std::size_t row_bytes = 124;
constexpr int in_flight = 10;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

int run(const io::Path& directory, double million_rows, int partition_count, int batch_bytes) {
  SystemClock clock;
  GroupCommit group_commit{Log()};
  TopicConfig config;
  config.segment_bytes = 256_MiB;
  std::vector<std::shared_ptr<Partition>> partitions;
  for (int i = 0; i < partition_count; ++i) {
    auto opened = Partition::open(directory / std::to_string(i), config, {group_commit, clock, Log(Severity::warning)});
    if (!opened) {
      fmt::print(stderr, "{}\n", opened.error().message);
      return 1;
    }
    partitions.push_back(*std::move(opened));
  }
  kafka::BatchBuilder builder;
  const std::string row(row_bytes, 'r');
  const std::string key = "msft";
  while (static_cast<int>(builder.size()) < batch_bytes) builder.add(1'000, as_bytes(key), as_bytes(row));
  const int rows_a_batch = builder.count();
  const Buffer batch = builder.finish().value();
  const auto batches = static_cast<int>(million_rows * 1e6 / rows_a_batch);

  const double cpu = cpu_seconds();
  const double wall = wall_seconds();
  std::counting_semaphore<in_flight> room(in_flight);
  for (int i = 0; i < batches; ++i) {
    room.acquire();
    Partition& partition = *partitions[static_cast<std::size_t>(i % partition_count)];
    const auto appended = partition.append(batch, Origin::client);
    if (!appended) {
      fmt::print(stderr, "{}\n", appended.error().message);
      return 1;
    }
    partition.when_durable(appended->next, [&room] { room.release(); });
  }
  for (int i = 0; i < in_flight; ++i) room.acquire();
  const double rows = static_cast<double>(batches) * rows_a_batch;
  const double append_wall = wall_seconds() - wall;
  const double append_cpu = cpu_seconds() - cpu;
  fmt::print("append+fdatasync  {:10.0f} rows/s  {:6.1f} MB/s  {:.3f} CPU s per million rows\n", rows / append_wall,
             static_cast<double>(batches) * static_cast<double>(batch.size()) / append_wall / 1e6,
             append_cpu / rows * 1e6);

  const double read_cpu = cpu_seconds();
  const double read_wall = wall_seconds();
  std::int64_t fetches = 0;
  for (const auto& partition : partitions) {
    Offset from;
    while (from < partition->offsets().high_watermark) {
      const auto fetched = partition->read(from, 1_MiB, true);
      if (!fetched || fetched->batches.empty()) return 1;
      from = from + fetched->batches.length / std::ssize(batch) * rows_a_batch;
      ++fetches;
    }
  }
  fmt::print("locate for fetch  {:10.0f} rows/s  {:.2f} us a fetch of 1 MiB, {:.4f} CPU s per million rows\n",
             rows / (wall_seconds() - read_wall), (wall_seconds() - read_wall) / static_cast<double>(fetches) * 1e6,
             (cpu_seconds() - read_cpu) / rows * 1e6);
  for (const auto& partition : partitions) partition->close();
  group_commit.stop();
  return 0;
}

}  // namespace
}  // namespace tickerlake::broker

int main(int argc, char** argv) {
  const tickerlake::io::TemporaryDirectory temporary;
  const tickerlake::io::Path directory =
      argc > 1 && *argv[1] != 0 ? tickerlake::io::Path(argv[1]) / "bench-log" : temporary.path();
  const double million_rows = argc > 2 ? std::atof(argv[2]) : 3;
  const int partitions = argc > 3 ? std::atoi(argv[3]) : 4;
  const int batch_bytes = argc > 4 ? std::atoi(argv[4]) : 100'000;
  return tickerlake::broker::run(directory, million_rows, partitions, batch_bytes);
}
