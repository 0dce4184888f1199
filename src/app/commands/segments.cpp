// What a topic's files hold, as they hold it: for a look below the protocol.
#include <fmt/core.h>

#include "app/commands/commands.h"
#include "base/time.h"
#include "services/broker/log/segment_listing.h"

namespace tickerlake::app {
namespace {

using broker::Offset;

std::string time_of(TimestampMs time) { return time < 0 ? "" : iso8601(time); }

const char* codec_of(const kafka::BatchHeader& header) {
  static constexpr const char* names[] = {"none", "gzip", "snappy", "lz4", "zstd"};
  const auto number = static_cast<std::size_t>(header.codec_number());
  return number < std::size(names) ? names[number] : "unknown";
}

struct Tables {
  Table segments{{{"partition", true},
                  {"segment"},
                  {"bytes", true},
                  {"batches", true},
                  {"records", true},
                  {"first_offset", true},
                  {"next_offset", true},
                  {"oldest"},
                  {"youngest"},
                  {"index", true},
                  {"timeindex", true},
                  {"torn_bytes", true}},
                 {}};
  Table batches{{{"partition", true},
                 {"position", true},
                 {"bytes", true},
                 {"first_offset", true},
                 {"last_offset", true},
                 {"records", true},
                 {"codec"},
                 {"youngest"},
                 {"producer", true},
                 {"epoch", true},
                 {"sequence", true},
                 {"leader_epoch", true},
                 {"kind"}},
                {}};
  Table indexes{{{"partition", true}, {"segment"}, {"index"}, {"timestamp"}, {"offset", true}, {"position", true}}, {}};
};

std::vector<Table::Cell> batch_row(const std::string& partition, const kafka::BatchHeader& header,
                                   std::int64_t position) {
  return {partition,
          std::to_string(position),
          std::to_string(header.size()),
          std::to_string(header.base_offset),
          std::to_string(header.last_offset()),
          std::to_string(header.record_count),
          codec_of(header),
          time_of(header.max_timestamp),
          std::to_string(header.producer_id),
          std::to_string(header.producer_epoch),
          std::to_string(header.base_sequence),
          std::to_string(header.leader_epoch),
          header.is_control()         ? "control"
          : header.is_transactional() ? "transactional"
                                      : "data"};
}

Result<void> read(const SegmentsOptions& options, Tables& tables) {
  TRY(const auto directories, broker::partition_directories(options.data, options.topic));
  bool found = false;
  for (const auto& [number, directory] : directories) {
    if (options.partition && *options.partition != number) continue;
    found = true;
    const std::string partition = std::to_string(number);
    TRY(const auto bases, broker::segment_bases(directory));
    for (const Offset base : bases) {
      TRY(const auto segment,
          broker::list_segment(directory, base, [&](const kafka::BatchHeader& header, std::int64_t position) {
            if (options.batches) tables.batches.rows.push_back(batch_row(partition, header, position));
          }));
      const std::string name = fmt::format("{:020}", base.value());
      tables.segments.rows.push_back({partition, name, std::to_string(segment.size), std::to_string(segment.batches),
                                      std::to_string(segment.records), std::to_string(base.value()),
                                      std::to_string(segment.next.value()), time_of(segment.min_base_ms),
                                      time_of(segment.max_ms), std::to_string(segment.offset_index.size()),
                                      std::to_string(segment.time_index.size()), std::to_string(segment.rest)});
      if (!options.indexes) continue;
      for (const auto& entry : segment.offset_index) {
        tables.indexes.rows.push_back({partition, name, "offset", std::nullopt,
                                       std::to_string(base.value() + entry.relative_offset),
                                       std::to_string(entry.position)});
      }
      for (const auto& entry : segment.time_index) {
        tables.indexes.rows.push_back({partition, name, "time", time_of(entry.timestamp_ms),
                                       std::to_string(base.value() + entry.relative_offset), std::nullopt});
      }
    }
  }
  if (!found)
    return fail(ErrorCode::not_found, fmt::format("topic {} has no partition {}", options.topic, *options.partition));
  return {};
}

}  // namespace

int run_segments(const SegmentsOptions& options, Context&) {
  Tables tables;
  if (const auto done = read(options, tables); !done) return report("segments", done.error());
  print(options.batches ? tables.batches : options.indexes ? tables.indexes : tables.segments, options.output);
  return ExitCode::done;
}

}  // namespace tickerlake::app
