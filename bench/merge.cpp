// Reading and merging alone: all files into one history by date and symbol. Prints rows per second, then the rows.
#include <fmt/core.h>

#include <chrono>

#include "pipeline/market/dataset.h"
#include "pipeline/market/event_merge.h"

namespace {

using namespace tickerlake;

Result<std::int64_t> merge(const char* folder) {
  const pipeline::Stop stop;
  TRY(const auto dataset, pipeline::open_dataset({folder}, {}, stop));
  pipeline::EventMerge merge(dataset);
  std::int64_t rows = 0;
  while (merge.next()) ++rows;
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: merge FOLDER\n");
    return 2;
  }
  const auto started = std::chrono::steady_clock::now();
  const auto rows = merge(argv[1]);
  if (!rows) {
    fmt::print(stderr, "merge: {}\n", rows.error().message);
    return 1;
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - started).count();
  fmt::print("{:.0f} {}\n", static_cast<double>(*rows) / seconds, *rows);
  return 0;
}
