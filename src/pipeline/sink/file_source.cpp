#include "pipeline/sink/file_source.h"

#include "pipeline/sink/json_reader.h"

namespace tickerlake::pipeline {

std::string FileSource::json() const {
  boost::json::object object;
  object["topic"] = topic;
  object["partition"] = partition;
  object["first"] = first;
  object["last"] = last;
  object["folder"] = folder;
  object["offsets"] = offsets.encode();
  object["data_crc32c"] = static_cast<std::int64_t>(data_crc32c);
  return boost::json::serialize(object);
}

Result<FileSource> FileSource::parse(std::string_view text) {
  boost::system::error_code error;
  const auto root = parse_json(text, error);
  if (error || !root.is_object()) return fail(ErrorCode::corrupt, "tickerlake.source is not a JSON object");
  JsonReader reader(root.as_object());
  FileSource source{.topic = reader.text("topic"),
                    .partition = static_cast<std::int32_t>(reader.number("partition")),
                    .first = reader.number("first"),
                    .last = reader.number("last"),
                    .folder = reader.text("folder"),
                    .data_crc32c = static_cast<std::uint32_t>(reader.number("data_crc32c"))};
  auto offsets = OffsetSet::decode(reader.text("offsets"));
  if (!offsets) reader.wrong("offsets");
  if (!reader.first_wrong().empty())
    return fail(ErrorCode::corrupt, "tickerlake.source has no good '" + reader.first_wrong() + "'");
  source.offsets = *std::move(offsets);
  return source;
}

}  // namespace tickerlake::pipeline
