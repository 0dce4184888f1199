#include "services/broker/topic_settings.h"

#include <algorithm>
#include <array>

namespace tickerlake::broker {

namespace {

constexpr std::int64_t least_segment_bytes = 16_KiB;
constexpr std::int64_t most_int = std::numeric_limits<std::int32_t>::max();

using enum ConfigType;
using T = TopicConfig;

constexpr Setting number(std::string_view name, std::string_view broker_name, std::string_view fallback,
                         ConfigType type, std::int64_t least, std::int64_t T::* target, std::string_view documentation,
                         std::int64_t most = no_limit) {
  return {name,   broker_name, fallback,     type, least, type == int32 ? std::min(most, most_int) : most,
          target, "",          documentation};
}

constexpr Setting text(std::string_view name, std::string_view broker_name, std::string_view fallback, ConfigType type,
                       std::string_view allowed, std::string_view documentation) {
  return {name, broker_name, fallback, type, 0, no_limit, nullptr, allowed, documentation};
}

constexpr std::string_view endless = "9223372036854775807";
constexpr std::string_view group_commit = "Without effect: every append is synced by the group commit.";
constexpr std::string_view one_replica = "Without effect: there is one replica.";
constexpr std::string_view no_tiers = "Without effect: there is no tiered storage.";

constexpr std::array settings = {
    text("cleanup.policy", "log.cleanup.policy", "delete", list, "compact, delete",
         "What happens to old segments: \"delete\" by time and size, \"compact\" keeps the last record of each key."),
    number("compression.gzip.level", "compression.gzip.level", "-1", int32, -1, &T::gzip_level,
           "Level of gzip where compression.type is gzip; -1 for its default.", 9),
    number("compression.lz4.level", "compression.lz4.level", "9", int32, 1, &T::lz4_level,
           "Level of LZ4 where compression.type is lz4.", 17),
    text("compression.type", "compression.type", "producer", string, "uncompressed, zstd, lz4, snappy, gzip, producer",
         "The codec of stored batches; \"producer\": the one they came in."),
    number("compression.zstd.level", "compression.zstd.level", "3", int32, -131'072, &T::zstd_level,
           "Level of zstd where compression.type is zstd.", 22),
    number("delete.retention.ms", "log.cleaner.delete.retention.ms", "86400000", int64, 0, &T::delete_retention_ms,
           "How long compaction keeps tombstones and transactions' markers after it met them first."),
    number("file.delete.delay.ms", "log.segment.delete.delay.ms", "60000", int64, 0, &T::file_delete_delay_ms,
           "How long the files of an expired segment stay on disk."),
    number("flush.messages", "log.flush.interval.messages", endless, int64, 1, nullptr, group_commit),
    number("flush.ms", "log.flush.interval.ms", endless, int64, 0, nullptr, group_commit),
    text("follower.replication.throttled.replicas", "", "", list, "", one_replica),
    number("index.interval.bytes", "log.index.interval.bytes", "4096", int32, 0, &T::index_interval_bytes,
           "Bytes of the log between two entries of its offset index."),
    text("leader.replication.throttled.replicas", "", "", list, "", one_replica),
    number("local.retention.bytes", "log.local.retention.bytes", "-2", int64, -2, nullptr, no_tiers),
    number("local.retention.ms", "log.local.retention.ms", "-2", int64, -2, nullptr, no_tiers),
    number("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms", endless, int64, 1, &T::max_compaction_lag_ms,
           "How long a record may stay uncompacted, whatever the dirty ratio."),
    number("max.message.bytes", "message.max.bytes", "1048588", int32, 0, &T::max_message_bytes,
           "The largest record batch that is accepted, in bytes."),
    number("message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms", "3600000", int64, 0,
           &T::timestamp_after_max_ms, "How far ahead of the broker's clock a record's timestamp may be."),
    number("message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms", endless, int64, 0,
           &T::timestamp_before_max_ms, "How far behind the broker's clock a record's timestamp may be."),
    text("message.timestamp.type", "log.message.timestamp.type", "CreateTime", string, "CreateTime, LogAppendTime",
         "CreateTime: the producer's timestamps; LogAppendTime: the broker's clock at the append."),
    text("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio", "0.5", decimal, "",
         "Share of a log that must be uncompacted before it is compacted."),
    number("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms", "0", int64, 0, &T::min_compaction_lag_ms,
           "How long a record stays uncompacted at least, by its timestamp."),
    number("min.insync.replicas", "min.insync.replicas", "1", int32, 1, &T::min_insync_replicas,
           "One node holds every partition once: more refuses acks=all."),
    text("preallocate", "log.preallocate", "false", boolean, "", "Without effect."),
    text("remote.log.copy.disable", "", "false", boolean, "", no_tiers),
    text("remote.log.delete.on.disable", "", "false", boolean, "", no_tiers),
    text("remote.storage.enable", "", "false", boolean, "", "There is no tiered storage."),
    number("retention.bytes", "log.retention.bytes", "-1", int64, -1, &T::retention_bytes,
           "A partition's size above which its oldest segments go; -1 for no limit."),
    number("retention.ms", "log.retention.ms", "604800000", int64, -1, &T::retention_ms,
           "Age of a segment's youngest record (by its timestamp) at which the segment goes; -1 for never."),
    // Each segment keeps three files open, so that tiny ones would use them all up.
    number("segment.bytes", "log.segment.bytes", "1073741824", int32, least_segment_bytes, &T::segment_bytes,
           "Size at which a new segment begins."),
    number("segment.index.bytes", "log.index.size.max.bytes", "10485760", int32, 4, &T::segment_index_bytes,
           "Size of a segment's offset or time index at which a new segment begins."),
    number("segment.jitter.ms", "log.roll.jitter.ms", "0", int64, 0, &T::segment_jitter_ms,
           "At most so much earlier than segment.ms says a new segment begins, so that not all do at once."),
    number("segment.ms", "log.roll.ms", "604800000", int64, 1, &T::segment_ms,
           "Age (by the broker's clock) at which a new segment begins."),
    text("unclean.leader.election.enable", "unclean.leader.election.enable", "false", boolean, "", one_replica),
};

constexpr std::int64_t minute_ms = 60'000, hour_ms = 60 * minute_ms;
constexpr std::array units = {
    OtherUnit{"log.retention.minutes", "retention.ms", minute_ms},
    OtherUnit{"log.retention.hours", "retention.ms", hour_ms},
    OtherUnit{"log.roll.hours", "segment.ms", hour_ms},
    OtherUnit{"log.roll.jitter.hours", "segment.jitter.ms", hour_ms},
    OtherUnit{"log.flush.scheduler.interval.ms", "flush.ms", 1},
};

}  // namespace

std::span<const Setting> topic_settings() { return settings; }
std::span<const OtherUnit> other_units() { return units; }

}  // namespace tickerlake::broker
