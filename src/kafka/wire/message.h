#pragma once
// Whole messages: a header and a body, in both directions.
#include <optional>
#include <string>

#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace tickerlake::kafka {

/// Request header v1, or v2 (with a tagged section) for flexible versions.
struct RequestHeader {
  std::int16_t api_key = 0;
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
};

/// Reads the part of the header that all versions share: the key, version, correlation id and client id. What is left
/// in body starts with the tagged section in flexible versions: decode() below reads it.
Result<RequestHeader> parse_request_header(ByteView frame, ByteView& body);

/// The body behind parse_request_header(); bytes behind its last field are passed over. The version must be one of
/// Request::api (or, for ApiVersions, any).
template <class Request>
Result<Request> decode(ByteView body, std::int16_t version) {
  Reader reader(body, version, Request::api.is_flexible(version));
  reader.tags();  // of the header
  Request request;
  reader.read_struct(request);
  // Like Apache Kafka: librdkafka's Metadata v9+ for all topics leaves three bytes of a reserved length behind it.
  CHECK(reader.check());
  return request;
}

inline constexpr std::int16_t api_versions_key = 18;

/// Response header v0 or v1, and the body. ApiVersions' header is always v0, so that any client can read it.
template <class Response>
Frame encode_response(const Api& api, std::int16_t version, std::int32_t correlation_id, const Response& response) {
  Writer writer(version, api.is_flexible(version));
  writer.integer(correlation_id);
  if (api.key != api_versions_key) writer.tags();
  writer.write_struct(response);
  return writer.finish();
}

/// The client's direction, for tests and tools.
template <class Request>
Frame encode_request(std::int16_t version, std::int32_t correlation_id, const Request& request,
                     std::string_view client_id = "tickerlake") {
  Writer writer(version, Request::api.is_flexible(version));
  writer.integer(Request::api.key);
  writer.integer(version);
  writer.integer(correlation_id);
  writer.integer(static_cast<std::int16_t>(client_id.size()));  // never compact
  writer.raw(as_bytes(client_id));
  writer.tags();
  writer.write_struct(request);
  return writer.finish();
}

template <class Response>
Result<Response> decode_response(const Api& api, std::int16_t version, ByteView frame, std::int32_t& correlation_id) {
  Reader reader(frame, version, api.is_flexible(version));
  reader(correlation_id);
  if (api.key != api_versions_key) reader.tags();
  Response response;
  reader.read_struct(response);
  CHECK(reader.finish());
  return response;
}

}  // namespace tickerlake::kafka
