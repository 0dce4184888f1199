// GetObject and HeadObject: they differ only in the body.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/range.h"

namespace tickerlake::s3 {
namespace {

// response-content-type=... in the query replaces that header of the answer.
ApiResult<void> override_headers(const S3Request& request, S3Response& response) {
  for (const std::string_view name :
       {"cache-control", "content-disposition", "content-encoding", "content-language", "content-type", "expires"}) {
    const auto value = request.parameter("response-" + std::string(name));
    if (!value) continue;
    // A line break would let the link's author write headers of their own.
    const bool printable = std::none_of(value->begin(), value->end(),
                                        [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
    if (!printable) return fail(Code::InvalidArgument, "A response- parameter holds control characters");
    response.header(name, *value);
  }
  return {};
}

struct Selection {
  ByteRange bytes;
  bool partial = false;
  const std::string* part_checksum = nullptr;
};

ApiResult<Selection> select_part(const ObjectRecord& record, std::int64_t number, S3Response& response) {
  const std::int64_t count = record.parts.empty() ? 1 : static_cast<std::int64_t>(record.parts.size());
  if (number > count) {
    return std::unexpected(ApiError(Code::InvalidPartNumber)
                               .with("PartNumberRequested", std::to_string(number))
                               .with("ActualPartCount", std::to_string(count)));
  }
  Selection selected{{0, record.size}, true, nullptr};
  if (record.parts.empty()) return selected;
  response.header("x-amz-mp-parts-count", std::to_string(count));
  selected.bytes.first = 0;
  for (std::int64_t i = 0; i + 1 < number; ++i) selected.bytes.first += record.parts[static_cast<std::size_t>(i)].size;
  const ObjectPart& part = record.parts[static_cast<std::size_t>(number - 1)];
  selected.bytes.length = part.size;
  if (!part.checksum.empty()) selected.part_checksum = &part.checksum;
  return selected;
}

ApiResult<Selection> select(const S3Request& request, const ObjectRecord& record, S3Response& response) {
  const auto range_header = request.header("range");
  TRY(const std::int64_t part, request.number("partNumber", 0, 1, max_parts));
  if (part > 0) {
    if (range_header)
      return fail(Code::InvalidRequest, "Cannot specify both Range header and partNumber query parameter");
    return select_part(record, part, response);
  }
  if (range_header) {
    TRY(const auto range, parse_range(*range_header, record.size));
    if (range) return Selection{*range, true, nullptr};
  }
  return Selection{{0, record.size}, false, nullptr};
}

}  // namespace

ApiResult<void> get_object(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  OpenObject object;
  if (request.is_head()) {
    TRY(object.record, store.find(request.bucket, request.key));
  } else {
    TRY(object, store.open_object(request.bucket, request.key));
  }
  const ObjectRecord& record = object.record;
  if (auto held = check_read_conditions(request, record, ""); !held) {
    if (held.error().code == Code::NotModified) {
      response.header("ETag", quote(record.etag));
      response.header("Last-Modified", http_date(record.modified));
    }
    return held;
  }
  TRY(const Selection selected, select(request, record, response));
  describe(record, response);
  CHECK(override_headers(request, response));
  const auto mode = request.header("x-amz-checksum-mode");
  const bool whole = selected.bytes.length == record.size;
  if (mode && lower(*mode) == "enabled" && record.checksum) {
    if (whole) {
      describe_checksum(record.checksum, response);
    } else if (selected.part_checksum != nullptr) {
      describe_checksum(Checksum{record.checksum->algorithm, record.checksum->type, *selected.part_checksum}, response);
    }
  }
  if (selected.partial && record.size > 0) {
    response.status(206);
    response.header("Content-Range", fmt::format("bytes {}-{}/{}", selected.bytes.first,
                                                 selected.bytes.first + selected.bytes.length - 1, record.size));
  }
  if (request.is_head()) {
    response.head(selected.bytes.length);
  } else if (selected.bytes.length == 0) {
    response.empty();
  } else {
    response.file(object.blob->file(), selected.bytes.first, selected.bytes.length);
  }
  return {};
}

}  // namespace tickerlake::s3
