#include "aws/s3_client.h"

#include <zlib.h>

#include <charconv>
#include <pugixml.hpp>

#include "aws/signed_call.h"
#include "base/digest.h"

namespace tickerlake::aws {

struct S3Client::Call {
  std::string method;
  std::string_view bucket;
  std::string_view key;
  std::string query = {};
  http::Headers headers = {};
  std::string_view body = {};
  bool repeatable = true;
};

namespace {

constexpr std::chrono::milliseconds transfer_timeout{300'000};

std::string without_quotes(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  return std::string(text);
}

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// The region that an answer says the bucket is in; empty when it says none.
std::string named_region(const http::ClientResponse& response) {
  const bool elsewhere =
      response.status == 301 || response.status == 302 || response.status == 307 ||
      (response.status == 400 &&
       (response.body.empty() || response.body.find("AuthorizationHeaderMalformed") != std::string::npos ||
        response.body.find("IllegalLocationConstraintException") != std::string::npos));
  if (!elsewhere) return {};
  if (const auto header = response.headers.find("x-amz-bucket-region")) return std::string(*header);
  pugi::xml_document document;
  if (!document.load_buffer(response.body.data(), response.body.size())) return {};
  return document.child("Error").child_value("Region");
}

/// The failure of an answer, by S3's own code where there is one; HEAD has only the status.
Error error_of(const http::ClientResponse& response, std::string_view what) {
  pugi::xml_document document;
  std::string code, text;
  if (document.load_buffer(response.body.data(), response.body.size())) {
    code = document.child("Error").child_value("Code");
    text = document.child("Error").child_value("Message");
  }
  ErrorCode kind = ErrorCode::internal;
  switch (response.status) {
    case 301:
    case 302:
    case 307:
    case 400:
    case 405:
    case 411:
    case 416:
      kind = ErrorCode::invalid_argument;
      break;
    case 401:
    case 403:
      kind = ErrorCode::unauthorized;
      break;
    case 404:
      kind = ErrorCode::not_found;
      break;
    case 409:
      kind = code == "BucketAlreadyExists" || code == "BucketAlreadyOwnedByYou" ? ErrorCode::already_exists
                                                                                : ErrorCode::conflict;
      break;
    case 412:
      kind = ErrorCode::already_exists;
      break;
    case 501:
      kind = ErrorCode::unsupported;
      break;
    default:
      kind = response.status >= 500 ? ErrorCode::unavailable : ErrorCode::corrupt;
  }
  if (code.empty()) code = "HTTP status " + std::to_string(response.status);
  if (const std::string region = named_region(response); !region.empty())
    text += " (the bucket is in the region " + region + ": set AWS_REGION to it)";
  return {kind, std::string(what) + ": " + code + (text.empty() ? "" : ": " + text)};
}

std::string named(std::string_view bucket, std::string_view key) {
  std::string name = "s3://" + std::string(bucket);
  if (!key.empty()) name += "/" + std::string(key);
  return name;
}

std::string crc32_of(std::string_view bytes) {
  std::byte value[4];
  store_big_endian(value, static_cast<std::uint32_t>(
                              crc32_z(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())));
  return base64(value);
}

/// Whether a body is the one that was stored, as far as the store tells. An object of several parts has a checksum of
/// another kind ("…-3"), which says nothing here.
bool is_whole(const http::ClientResponse& response) {
  const auto given = response.headers.find("x-amz-checksum-crc32");
  return !given || given->find('-') != std::string_view::npos || *given == crc32_of(response.body);
}

/// A key of a listing that was asked for with encoding-type=url. Some servers don't do that, and then don't say so.
Result<std::string> decoded(const pugi::xml_node& listing, const char* text) {
  if (std::string_view(listing.child_value("EncodingType")) != "url") return text;
  auto key = http::decode_query(text);
  if (!key) return fail(ErrorCode::corrupt, "the listing has a key that can't be decoded: " + std::string(text));
  return *std::move(key);
}

void add_parameter(std::string& query, std::string_view name, std::string_view value) {
  if (!query.empty()) query += '&';
  query += std::string(name) + "=" + http::percent_encode(value);
}

}  // namespace

std::string S3Client::region_of(std::string_view bucket) {
  MutexLock lock(mutex_);
  const auto at = regions_.find(bucket);
  return at == regions_.end() ? std::string{} : at->second;
}

Result<http::ClientResponse> S3Client::send(const Call& call) {
  if (call.bucket.empty()) {
    TRY(const Target target, target_of(access_, "s3"));
    return send_to(call, target);
  }
  TRY(const Target target, target_of_bucket(access_, call.bucket, region_of(call.bucket)));
  TRY(auto response, send_to(call, target));
  const std::string region = named_region(response);
  // A bucket is made where it was asked for, and nowhere else.
  const bool makes_bucket = call.method == "PUT" && call.key.empty();
  if (region.empty() || region == target.region || makes_bucket) return response;
  TRY(const Target elsewhere, target_of_bucket(access_, call.bucket, region));
  {
    MutexLock lock(mutex_);
    regions_[std::string(call.bucket)] = region;
  }
  return send_to(call, elsewhere);
}

Result<http::ClientResponse> S3Client::send_to(const Call& call, const Target& target) {
  SignedCall signed_call{.service = "s3",
                         .method = call.method,
                         .target = target,
                         .raw_path = "/",
                         .raw_query = call.query,
                         .headers = call.headers,
                         .body = call.body,
                         .repeatable = call.repeatable,
                         .timeout = transfer_timeout};
  if (!target.bucket_in_host) {
    signed_call.raw_path += http::percent_encode(call.bucket);
    if (!call.key.empty()) signed_call.raw_path += "/";
  }
  signed_call.raw_path += http::percent_encode(call.key, true);
  return send_signed(http_, access_, signed_call);
}

Result<std::string> S3Client::put(std::string_view bucket, std::string_view key, std::string_view bytes,
                                  const PutOptions& options) {
  Call call{.method = "PUT", .bucket = bucket, .key = key, .body = bytes, .repeatable = !options.if_none_match};
  call.headers.add("Content-Type", options.content_type);
  if (options.if_none_match) call.headers.add("If-None-Match", "*");
  call.headers.add("x-amz-sdk-checksum-algorithm", "CRC32");
  call.headers.add("x-amz-checksum-crc32", crc32_of(bytes));
  TRY(const auto response, send(call));
  if (response.status != 200) return std::unexpected(error_of(response, named(bucket, key)));
  return without_quotes(response.headers.find("ETag").value_or(""));
}

Result<std::string> S3Client::get(std::string_view bucket, std::string_view key) {
  Call call{.method = "GET", .bucket = bucket, .key = key};
  call.headers.add("x-amz-checksum-mode", "ENABLED");
  TRY(auto response, send(call));
  if (response.status != 200) return std::unexpected(error_of(response, named(bucket, key)));
  if (!is_whole(response))
    return fail(ErrorCode::corrupt, named(bucket, key) + ": its bytes have another CRC-32 than the store tells");
  return std::move(response.body);
}

Result<std::string> S3Client::get_range(std::string_view bucket, std::string_view key, std::int64_t first,
                                        std::int64_t last) {
  Call call{.method = "GET", .bucket = bucket, .key = key};
  call.headers.add("Range", "bytes=" + std::to_string(first) + "-" + std::to_string(last));
  call.headers.add("x-amz-checksum-mode", "ENABLED");
  TRY(auto response, send(call));
  if (response.status != 206) return std::unexpected(error_of(response, named(bucket, key)));
  return std::move(response.body);
}

Result<ObjectSummary> S3Client::head(std::string_view bucket, std::string_view key) {
  Call call{.method = "HEAD", .bucket = bucket, .key = key};
  call.headers.add("x-amz-checksum-mode", "ENABLED");
  TRY(const auto response, send(call));
  if (response.status != 200) return std::unexpected(error_of(response, named(bucket, key)));
  return ObjectSummary{.key = std::string(key),
                       .size = number(response.headers.find("Content-Length").value_or("")),
                       .etag = without_quotes(response.headers.find("ETag").value_or("")),
                       .last_modified = std::string(response.headers.find("Last-Modified").value_or(""))};
}

Result<void> S3Client::remove(std::string_view bucket, std::string_view key) {
  TRY(const auto response, send({.method = "DELETE", .bucket = bucket, .key = key}));
  if (response.status == 204 || response.status == 200) return {};
  const Error error = error_of(response, named(bucket, key));
  if (error.code == ErrorCode::not_found && error.message.find("NoSuchKey") != std::string::npos) return {};
  return std::unexpected(error);
}

Result<ListPage> S3Client::list(const ListRequest& request) {
  Call call{.method = "GET", .bucket = request.bucket, .key = "", .query = "list-type=2&encoding-type=url"};
  add_parameter(call.query, "max-keys", std::to_string(request.max_keys));
  if (!request.prefix.empty()) add_parameter(call.query, "prefix", request.prefix);
  if (!request.delimiter.empty()) add_parameter(call.query, "delimiter", request.delimiter);
  if (!request.start_after.empty()) add_parameter(call.query, "start-after", request.start_after);
  if (!request.token.empty()) add_parameter(call.query, "continuation-token", request.token);
  TRY(const auto response, send(call));
  if (response.status != 200) return std::unexpected(error_of(response, named(request.bucket, request.prefix)));
  pugi::xml_document document;
  const pugi::xml_node root = document.load_buffer(response.body.data(), response.body.size())
                                  ? document.child("ListBucketResult")
                                  : pugi::xml_node();
  if (!root)
    return fail(ErrorCode::corrupt, named(request.bucket, request.prefix) + ": the answer is no ListBucketResult");
  ListPage page;
  for (const pugi::xml_node& item : root.children("Contents")) {
    TRY(std::string key, decoded(root, item.child_value("Key")));
    page.objects.push_back({.key = std::move(key),
                            .size = number(item.child_value("Size")),
                            .etag = without_quotes(item.child_value("ETag")),
                            .last_modified = item.child_value("LastModified")});
  }
  for (const pugi::xml_node& item : root.children("CommonPrefixes")) {
    TRY(std::string prefix, decoded(root, item.child_value("Prefix")));
    page.common_prefixes.push_back(std::move(prefix));
  }
  if (std::string_view(root.child_value("IsTruncated")) == "true")
    page.next_token = root.child_value("NextContinuationToken");
  return page;
}

Result<void> S3Client::list_all(ListRequest request, const std::function<bool(const ObjectSummary&)>& visit) {
  while (true) {
    TRY(const ListPage page, list(request));
    for (const ObjectSummary& object : page.objects) {
      if (!visit(object)) return {};
    }
    if (page.next_token.empty()) return {};
    request.token = page.next_token;
  }
}

Result<void> S3Client::create_bucket(std::string_view bucket) {
  // Outside of us-east-1 AWS wants to be told the region that it is asked in.
  TRY(const Target target, target_of(access_, "s3"));
  std::string body;
  if (target.region != "us-east-1") {
    body = "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><LocationConstraint>" +
           target.region + "</LocationConstraint></CreateBucketConfiguration>";
  }
  TRY(const auto response, send({.method = "PUT", .bucket = bucket, .key = "", .body = body}));
  if (response.status == 200) return {};
  const Error error = error_of(response, named(bucket, ""));
  if (error.message.find("BucketAlreadyOwnedByYou") != std::string::npos) return {};
  return std::unexpected(error);
}

Result<std::vector<std::string>> S3Client::list_buckets() {
  TRY(const auto response, send({.method = "GET", .bucket = "", .key = ""}));
  if (response.status != 200) return std::unexpected(error_of(response, "the list of buckets"));
  pugi::xml_document document;
  std::vector<std::string> names;
  if (!document.load_buffer(response.body.data(), response.body.size())) {
    return fail(ErrorCode::corrupt, "the answer is no ListAllMyBucketsResult");
  }
  for (const pugi::xml_node& bucket : document.child("ListAllMyBucketsResult").child("Buckets").children("Bucket")) {
    names.emplace_back(bucket.child_value("Name"));
  }
  return names;
}

}  // namespace tickerlake::aws
