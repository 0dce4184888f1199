#include "services/s3/api/body.h"
#include "services/s3/api/listing.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"

namespace tickerlake::s3 {
namespace {

constexpr std::int64_t max_completion_bytes = 8_MiB;  // 10,000 parts with a checksum each take about 3 MiB

ApiResult<CompletedPart> parse_part(const pugi::xml_node& node) {
  CompletedPart part;
  for (const pugi::xml_node& field : node.children()) {
    const std::string_view name = local_name(field);
    const std::string_view value = field.child_value();
    if (name == "PartNumber") {
      const auto number = parse_number(value);
      if (!number || *number < 1 || *number > max_parts) return fail(Code::MalformedXML);
      part.number = static_cast<std::uint32_t>(*number);
    }
    if (name == "ETag") part.etag = unquote(value);
    for (const AlgorithmRow& each : checksum_algorithms()) {
      if (name == each.element) part.checksum = Checksum{each.algorithm, ChecksumType::full_object, std::string(value)};
    }
  }
  if (part.number == 0 || part.etag.empty()) return fail(Code::MalformedXML);
  return part;
}

ApiResult<std::vector<CompletedPart>> parse_completion(std::string_view body) {
  TRY(const auto document, parse_xml(body, "CompleteMultipartUpload"));
  std::vector<CompletedPart> parts;
  for (const pugi::xml_node& node : document.document_element().children()) {
    if (local_name(node) != "Part") continue;
    TRY(auto part, parse_part(node));
    if (!parts.empty() && part.number <= parts.back().number) return fail(Code::InvalidPartOrder);
    if (parts.size() == max_parts) return fail(Code::MalformedXML);
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return fail(Code::MalformedXML);
  return parts;
}

ApiResult<CompleteExpectations> read_expectations(const S3Request& request) {
  CompleteExpectations expected;
  TRY(expected.checksum, checksum_header(request.http.headers));
  if (const auto type = request.header("x-amz-checksum-type")) {
    if (*type != "COMPOSITE" && *type != "FULL_OBJECT") {
      return fail(Code::InvalidRequest, "Value for x-amz-checksum-type header is invalid.");
    }
    expected.checksum_type = *type == "COMPOSITE" ? ChecksumType::composite : ChecksumType::full_object;
  }
  if (const auto size = request.header("x-amz-mp-object-size")) {
    expected.size = parse_number(*size);
    if (!expected.size) return fail(Code::InvalidRequest, "Value for x-amz-mp-object-size header is invalid.");
  }
  return expected;
}

}  // namespace

ApiResult<void> complete_multipart_upload(Store& store, S3Request& request, S3Response& response) {
  TRY(const auto conditions, write_conditions(request));
  TRY(const auto expected, read_expectations(request));
  // Here the checksum headers speak of the object, not of this body.
  auto body = http::read_all(*request.http.body, max_completion_bytes);
  if (!body && body.error().code == ErrorCode::exhausted) return fail(Code::MalformedXML);
  if (!body) return std::unexpected(ApiError(body.error()));
  TRY(const auto parts, parse_completion(*body));
  TRY(const auto stored,
      store.complete_upload(request.bucket, request.key, request.text("uploadId"), parts, expected, conditions));
  Xml xml("CompleteMultipartUploadResult");
  const std::string host(request.header("host").value_or("localhost"));
  xml.element("Location", "http://" + host + http::percent_encode(request.resource(), true));
  xml.element("Bucket", request.bucket).element("Key", request.key).element("ETag", quote(stored.etag));
  write_checksum(xml, stored.checksum, true);
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
