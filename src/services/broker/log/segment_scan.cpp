#include "services/broker/log/segment_scan.h"

namespace tickerlake::broker {

namespace {
Inspection invalid(std::string_view reason) {
  return {.verdict = Inspection::Verdict::invalid, .header = {}, .needed = 0, .reason = reason};
}
Inspection incomplete(std::int64_t needed) {
  return {.verdict = Inspection::Verdict::incomplete, .header = {}, .needed = needed, .reason = "it ends early"};
}
}  // namespace

Inspection inspect_batch(ByteView bytes, Offset expected) {
  if (bytes.size() < kafka::batch_header_size) return incomplete(kafka::batch_header_size);
  const auto parsed = kafka::parse_batch_header(bytes);
  if (!parsed) return invalid("its magic byte or length is not one of a v2 batch");
  const kafka::BatchHeader& header = *parsed;
  if (header.size() > max_batch_size) return invalid("its length is over the limit");
  if (Offset(header.base_offset) < expected) return invalid("its offset is below the one that comes next");
  if (header.last_offset_delta < 0) return invalid("its last offset is below its first");
  if (header.base_offset > INT64_MAX - 1 - header.last_offset_delta) return invalid("its offsets pass the largest");
  if (std::ssize(bytes) < header.size()) return incomplete(header.size());
  const ByteView batch = bytes.first(static_cast<std::size_t>(header.size()));
  if (!kafka::crc_matches(kafka::Batch{header, batch})) return invalid("its CRC does not match");
  return {.verdict = Inspection::Verdict::whole, .header = header, .needed = header.size(), .reason = {}};
}

}  // namespace tickerlake::broker
