// A partition's folder as a crash or a bad disk may leave it: flags, then checkpoint, offset index, time index and
// producer snapshot (each behind its 16-bit length), then the segment. Opening it must leave a valid log that goes on.
#include "base/digest.h"
#include "io/file.h"
#include "services/broker/log/log_testing.h"
#include "services/broker/log/partition_log.h"
#include "services/broker/log/segment_scan.h"
#include "target.h"

namespace tickerlake::broker {
namespace {

using fuzz::require;
using testing::overwrite;

enum Flags : unsigned { correct_crcs = 1, with_checkpoint = 2, with_indexes = 4, with_snapshot = 8 };

void make_crcs_right(Buffer& bytes) {
  ByteView rest(bytes);
  while (true) {
    const auto batch = kafka::take_batch(rest);
    if (!batch) return;
    store_big_endian(bytes.data() + (batch->bytes.data() - bytes.data()) + 17, crc32c(batch->bytes.subspan(21)));
  }
}

/// Every batch behind the position is whole and right, and their offsets grow up to the log's end.
void check_content(const PartitionLog& log, const io::Path& directory, Offset from, std::int64_t position) {
  const std::string content = testing::content_of(directory / segment_file_name(Offset(0), ".log"));
  ByteView rest = as_bytes(content).subspan(static_cast<std::size_t>(position));
  while (!rest.empty()) {
    const Inspection found = inspect_batch(rest, from);
    require(found.verdict == Inspection::Verdict::whole, "what recovery keeps is whole");
    from = Offset(found.header.last_offset() + 1);
    rest = rest.subspan(static_cast<std::size_t>(found.header.size()));
  }
  require(from == log.end().offset, "the log ends behind its last batch");
}

/// What a fetch does to find a batch.
void look_up(const PartitionLog& log, Offset from) {
  const auto range = log.locate(from, 1'000, log.end(), log.end().offset);
  if (!range) return;
  (void)find_batch(*range->file, range->start, range->limit, [&](const kafka::BatchHeader& header, std::int64_t) {
    return header.last_offset() >= from.value();
  });
}

void run(fuzz::Input input) {
  const unsigned flags = input.byte();
  const ByteView checkpoint = input.piece(), offsets = input.piece(), times = input.piece(), snapshot = input.piece();
  Buffer segment(input.rest().begin(), input.rest().end());
  if ((flags & correct_crcs) != 0) make_crcs_right(segment);

  const io::TemporaryDirectory folder;
  const io::Path path = folder.path();
  const auto put = [&](std::string_view extension, ByteView bytes) {
    overwrite(path / segment_file_name(Offset(0), extension), as_text(bytes));
  };
  put(".log", segment);
  if ((flags & with_indexes) != 0) put(".index", offsets), put(".timeindex", times);
  if ((flags & with_checkpoint) != 0) {
    overwrite(path / checkpoint_file_name, as_text(checkpoint));
    const auto decoded = Checkpoint::decode(as_text(checkpoint));
    if (decoded && (flags & with_snapshot) != 0) {
      overwrite(path / snapshot_file_name(decoded->recovery.offset), as_text(snapshot));
    }
  }

  TopicConfig config;
  config.index_interval_bytes = 100;
  Offset end;
  {
    const auto opened = PartitionLog::open(path, config, 0, Log());
    if (!opened) {
      require((flags & with_checkpoint) != 0, "without a checkpoint any folder can be opened");
      return;
    }
    PartitionLog& log = **opened;
    const auto& used = log.opened_with();
    if (!used && log.log_start() == Offset(0)) check_content(log, path, Offset(0), 0);
    for (const Offset offset : {Offset(0), log.end().offset, Offset(log.end().offset.value() / 2)})
      look_up(log, offset);
    (void)log.locate_time(1'000, log.end());
    (void)log.locate_max_timestamp(log.end());
    if (log.end().offset.value() > INT64_MAX - 10) return;
    Buffer batch = testing::make_batch();
    kafka::patch_base_offset(batch, log.end().offset.value());
    const auto header = kafka::parse_batch_header(batch);
    const ByteView parts[] = {batch};
    require(log.append(parts, *header, config, 0).has_value(), "the log goes on");
    end = log.end().offset;
  }
  const auto again = PartitionLog::open(path, config, 0, Log());
  require(again.has_value(), "it can be opened again");
  require((*again)->end().offset == end, "what was appended is found again");
}

}  // namespace
}  // namespace tickerlake::broker

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tickerlake::broker::run({data, size});
  return 0;
}
