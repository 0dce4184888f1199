#include "services/s3/api/object_headers.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickerlake::s3 {
namespace {

// AWS's limits.
constexpr std::size_t max_metadata_bytes = 2048;                             // of user metadata, names and values
constexpr std::size_t max_tags = 10;                                         // of an object
constexpr std::size_t max_tag_key_length = 128, max_tag_value_length = 256;  // in characters
constexpr std::array stored_names = {"cache-control",
                                     "content-disposition",
                                     "content-encoding",
                                     "content-language",
                                     "content-type",
                                     "expires",
                                     "x-amz-website-redirect-location"};
constexpr std::array storage_classes = {"STANDARD",   "REDUCED_REDUNDANCY",  "STANDARD_IA",
                                        "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"};

// aws-chunked is how the body travelled, not what it is.
std::string without_aws_chunked(std::string_view encodings) {
  std::string kept;
  while (!encodings.empty()) {
    const std::size_t comma = encodings.find(',');
    std::string_view each = encodings.substr(0, comma);
    encodings = comma == std::string_view::npos ? std::string_view() : encodings.substr(comma + 1);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each.empty() || lower(each) == "aws-chunked") continue;
    kept += (kept.empty() ? "" : ", ") + std::string(each);
  }
  return kept;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

bool lists_etag(std::string_view header, std::string_view etag) {
  while (!header.empty()) {
    const std::size_t comma = header.find(',');
    std::string_view each = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each == "*" || unquote(each) == etag) return true;
  }
  return false;
}

std::unexpected<ApiError> not_implemented(std::string_view header) {
  return std::unexpected(
      ApiError(Code::NotImplemented,
               fmt::format("A header you provided implies functionality that is not implemented: {}", header))
          .with("Header", std::string(header)));
}

}  // namespace

ApiResult<void> check_headers(const S3Request& request) {
  for (const auto& [field, value] : request.http.headers.fields()) {
    const std::string name = lower(field);
    if (!name.starts_with("x-amz-")) continue;
    const bool encryption = name.starts_with("x-amz-server-side-encryption") ||
                            name.starts_with("x-amz-copy-source-server-side-encryption");
    const bool acl = name == "x-amz-acl" && value != "private" && value != "bucket-owner-full-control" &&
                     value != "bucket-owner-read";
    const bool lock = name.starts_with("x-amz-object-lock-") || name == "x-amz-bucket-object-lock-enabled";
    if (encryption || acl || name.starts_with("x-amz-grant-") || (lock && value != "false") ||
        name == "x-amz-write-offset-bytes") {
      return not_implemented(name);
    }
    if ((name == "x-amz-expected-bucket-owner" || name == "x-amz-source-expected-bucket-owner") &&
        value != request.caller.account_id) {
      return fail(Code::AccessDenied);
    }
  }
  return {};
}

ApiResult<Pairs> stored_headers(const S3Request& request) {
  Pairs stored;
  std::size_t metadata = 0;
  for (const auto& [field, value] : request.http.headers.fields()) {
    const std::string name = lower(field);
    if (name == "content-encoding") {
      if (std::string kept = without_aws_chunked(value); !kept.empty()) stored.emplace_back(name, std::move(kept));
    } else if (std::find(stored_names.begin(), stored_names.end(), name) != stored_names.end()) {
      stored.emplace_back(name, value);
    } else if (name == "x-amz-storage-class") {
      if (std::find(storage_classes.begin(), storage_classes.end(), value) == storage_classes.end()) {
        return std::unexpected(ApiError(Code::InvalidStorageClass).with("StorageClassRequested", value));
      }
      if (value != "STANDARD") stored.emplace_back(name, value);
    } else if (name.starts_with("x-amz-meta-")) {
      metadata += name.size() - std::string_view("x-amz-meta-").size() + value.size();
      // Several headers of one name are one value, as RFC 9110 joins them.
      const auto same =
          std::find_if(stored.begin(), stored.end(), [&](const auto& each) { return each.first == name; });
      if (same == stored.end()) {
        stored.emplace_back(name, value);
      } else {
        same->second += "," + value;
      }
    }
  }
  if (metadata > max_metadata_bytes) {
    return std::unexpected(ApiError(Code::MetadataTooLarge)
                               .with("Size", std::to_string(metadata))
                               .with("MaxSizeAllowed", std::to_string(max_metadata_bytes)));
  }
  return stored;
}

ApiResult<void> check_tags(const Pairs& tags) {
  if (tags.size() > max_tags) return fail(Code::InvalidTag, "Object tags cannot be greater than 10");
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto& [key, value] = tags[i];
    if (key.empty() || characters(key) > max_tag_key_length)
      return fail(Code::InvalidTag, "The TagKey you have provided is invalid");
    if (characters(value) > max_tag_value_length)
      return fail(Code::InvalidTag, "The TagValue you have provided is invalid");
    for (std::size_t j = 0; j < i; ++j) {
      if (tags[j].first == key) return fail(Code::InvalidTag, "Cannot provide multiple Tags with the same key");
    }
  }
  return {};
}

ApiResult<Pairs> stored_tags(const S3Request& request) {
  const auto header = request.header("x-amz-tagging");
  if (!header) return Pairs{};
  auto tags = http::parse_query(*header);
  if (!tags) return fail(Code::InvalidArgument, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded");
  CHECK(check_tags(*tags));
  return *std::move(tags);
}

ApiResult<WriteConditions> write_conditions(const S3Request& request) {
  WriteConditions conditions;
  if (const auto match = request.header("if-match")) conditions.if_match = unquote(*match);
  if (const auto none_match = request.header("if-none-match")) {
    if (*none_match != "*") return not_implemented("If-None-Match with an ETag");
    conditions.if_none_match = true;
  }
  if (conditions.if_match && conditions.if_none_match) return not_implemented("If-None-Match together with If-Match");
  return conditions;
}

ApiResult<void> check_read_conditions(const S3Request& request, const ObjectRecord& record, std::string_view prefix) {
  const auto header = [&](std::string_view name) { return request.header(std::string(prefix) + std::string(name)); };
  const auto time = [&](std::string_view name) {
    const auto text = header(name);
    return text ? parse_http_date(*text) : std::nullopt;
  };
  const bool is_copy = !prefix.empty();
  const auto failed = [](const char* condition) {
    return std::unexpected(ApiError(Code::PreconditionFailed).with("Condition", condition));
  };
  const TimestampMs modified = record.modified / 1000 * 1000;  // the header's precision
  if (const auto match = header("if-match")) {
    if (!lists_etag(*match, record.etag)) return failed("If-Match");
  } else if (const auto since = time("if-unmodified-since"); since && modified > *since) {
    return failed("If-Unmodified-Since");
  }
  if (const auto none_match = header("if-none-match")) {
    if (lists_etag(*none_match, record.etag)) {
      if (is_copy) return failed("If-None-Match");
      return fail(Code::NotModified);
    }
  } else if (const auto since = time("if-modified-since"); since && modified <= *since) {
    if (is_copy) return failed("If-Modified-Since");
    return fail(Code::NotModified);
  }
  return {};
}

void describe(const ObjectRecord& record, S3Response& response) {
  response.header("ETag", quote(record.etag));
  response.header("Last-Modified", http_date(record.modified));
  response.header("Accept-Ranges", "bytes");
  bool has_type = false;
  for (const auto& [name, value] : record.headers) {
    response.header(name, value);
    has_type = has_type || name == "content-type";
  }
  if (!has_type) response.header("Content-Type", "binary/octet-stream");
  if (!record.tags.empty()) response.header("x-amz-tagging-count", std::to_string(record.tags.size()));
}

void describe_checksum(const std::optional<Checksum>& checksum, S3Response& response) {
  if (!checksum) return;
  response.header(row(checksum->algorithm).header, checksum->value);
  response.header("x-amz-checksum-type", name(checksum->type));
}

std::string_view storage_class(const Pairs& headers) {
  for (const auto& [name, value] : headers) {
    if (name == "x-amz-storage-class") return value;
  }
  return "STANDARD";
}

ApiResult<void> read_checksum_choice(const S3Request& request, UploadRecord& upload) {
  if (const auto named = request.header("x-amz-checksum-algorithm")) {
    upload.algorithm = parse_checksum_algorithm(*named);
    if (!upload.algorithm) return fail(Code::InvalidRequest, "Checksum algorithm provided is unsupported.");
    upload.checksum_type =
        *upload.algorithm == ChecksumAlgorithm::crc64nvme ? ChecksumType::full_object : ChecksumType::composite;
  }
  const auto type = request.header("x-amz-checksum-type");
  if (!type) return {};
  if (!upload.algorithm) {
    return fail(Code::InvalidRequest,
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
  }
  if (*type != "COMPOSITE" && *type != "FULL_OBJECT") {
    return fail(Code::InvalidRequest, "Value for x-amz-checksum-type header is invalid.");
  }
  upload.checksum_type = *type == "COMPOSITE" ? ChecksumType::composite : ChecksumType::full_object;
  const bool impossible = upload.checksum_type == ChecksumType::composite
                              ? *upload.algorithm == ChecksumAlgorithm::crc64nvme
                              : !is_crc(*upload.algorithm);
  if (impossible) {
    return fail(Code::InvalidRequest, fmt::format("The {} checksum type cannot be used with the {} checksum algorithm.",
                                                  *type, row(*upload.algorithm).name));
  }
  return {};
}

ApiResult<void> check_version(std::string_view version_id) {
  if (version_id.empty() || version_id == "null") return {};
  return std::unexpected(ApiError(Code::NoSuchVersion).with("VersionId", std::string(version_id.substr(0, 100))));
}

}  // namespace tickerlake::s3
