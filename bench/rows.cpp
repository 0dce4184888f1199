// Records into columns alone: JSON parsed, values added by folder. Prints nanoseconds a row of each, then the rows.
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "pipeline/market/dataset.h"
#include "pipeline/market/event_merge.h"
#include "pipeline/replay/bar_record.h"
#include "pipeline/sink/json_row.h"

namespace {

using namespace tickerlake;
using Clock = std::chrono::steady_clock;

double since(Clock::time_point start, std::size_t rows) {
  return std::chrono::duration<double, std::nano>(Clock::now() - start).count() / static_cast<double>(rows);
}

Result<void> run(const char* folder) {
  const pipeline::Stop stop;
  TRY(const auto dataset, pipeline::open_dataset({folder}, {}, stop));
  pipeline::BarFormatter formatter;
  for (const auto& series : dataset.series) formatter.add_symbol(series.symbol);
  std::string text;
  std::vector<std::size_t> ends;
  pipeline::EventMerge merge(dataset);
  while (merge.next()) {
    text += formatter.format(merge.series(), merge.bar());
    ends.push_back(text.size());
  }
  const auto record = [&](std::size_t i) {
    const std::size_t begin = i == 0 ? 0 : ends[i - 1];
    return std::string_view(text).substr(begin, ends[i] - begin);
  };

  TRY(const auto schema, pipeline::Schema::parse(pipeline::bar_schema()));
  TRY(const auto partitioning, pipeline::Partitioning::of(schema, schema.partition_by));
  pipeline::RowParser parser(schema);
  double parse = 1e9, both = 1e9;
  constexpr int rounds = 7;  // the best counts: everything that disturbs takes longer
  for (int round = 0; round < rounds; ++round) {
    auto start = Clock::now();
    for (std::size_t i = 0; i < ends.size(); ++i)
      if (!parser.parse(record(i), {})) return fail(ErrorCode::corrupt, parser.reason());
    parse = std::min(parse, since(start, ends.size()));
    start = Clock::now();
    pipeline::PartitionedRows rows(schema, partitioning);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (!parser.parse(record(i), {})) return fail(ErrorCode::corrupt, parser.reason());
      rows.add(parser.values(), static_cast<std::int64_t>(i), start);
    }
    both = std::min(both, since(start, ends.size()));
  }
  fmt::print("parse {:.0f} ns, add {:.0f} ns a row; {} rows\n", parse, both - parse, ends.size());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: rows FOLDER\n");
    return 2;
  }
  const auto outcome = run(argv[1]);
  if (!outcome) fmt::print(stderr, "rows: {}\n", outcome.error().message);
  return outcome ? 0 : 1;
}
