#include "services/s3/api/request.h"

#include <algorithm>
#include <charconv>

#include "base/digest.h"
#include "services/s3/store/store.h"

namespace tickerlake::s3 {
namespace {

bool is_ipv4(std::string_view host) {
  return !host.empty() &&
         std::all_of(host.begin(), host.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
}

/// Without surrogates, overlong forms and what lies beyond U+10FFFF.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80   ? 1
                               : lead < 0xC2 ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || length > text.size() - i) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    }
    const auto second = length > 2 ? static_cast<unsigned char>(text[i + 1]) : 0;
    if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
        (lead == 0xF4 && second > 0x8F)) {
      return false;
    }
    i += length;
  }
  return true;
}

}  // namespace

std::optional<std::string_view> S3Request::parameter(std::string_view name) const {
  for (const auto& [each, value] : query) {
    if (each == name) return value;
  }
  return std::nullopt;
}

ApiResult<std::int64_t> S3Request::number(std::string_view name, std::int64_t default_value, std::int64_t least,
                                          std::int64_t most) const {
  const auto given = parameter(name);
  if (!given || given->empty()) return default_value;
  const auto value = parse_number(*given);
  if (!value || *value < least || *value > most) {
    return std::unexpected(
        ApiError(Code::InvalidArgument, "Provided " + std::string(name) + " not an integer or within integer range")
            .with("ArgumentName", std::string(name))
            .with("ArgumentValue", std::string(given->substr(0, 100))));
  }
  return *value;
}

std::string S3Request::resource() const {
  if (bucket.empty()) return "/";
  return key.empty() ? "/" + bucket : "/" + bucket + "/" + key;
}

std::string S3Request::owner_id() const { return hex(sha256(as_bytes("tickerlake account " + caller.account_id))); }

std::optional<std::string> virtual_host_bucket(std::string_view host) {
  if (host.starts_with('[')) return std::nullopt;
  host = host.substr(0, host.find(':'));
  if (is_ipv4(host)) return std::nullopt;
  const std::string name = lower(host);
  const auto before = [&](std::size_t at) -> std::optional<std::string> {
    if (at == std::string::npos || at == 0) return std::nullopt;
    return name.substr(0, at);
  };
  if (name.ends_with(".localhost")) {
    const auto bucket = before(name.size() - std::string_view(".localhost").size());
    if (bucket == "s3") return std::nullopt;
    if (bucket && bucket->ends_with(".s3")) return bucket->substr(0, bucket->size() - 3);
    return bucket;
  }
  if (const auto bucket = before(name.find(".127.0.0.1"))) return bucket;
  if (const auto bucket = before(name.find(".s3."))) return bucket;
  if (const auto bucket = before(name.find(".s3-"))) return bucket;
  return std::nullopt;
}

ApiResult<void> parse_target(S3Request& request) {
  const auto query = http::parse_query(request.http.raw_query());
  if (!query) return fail(Code::InvalidURI);
  request.query = *query;
  std::string_view path = request.http.raw_path();
  if (!path.starts_with('/')) return fail(Code::InvalidURI);
  path.remove_prefix(1);
  if (const auto host = request.header("host")) {
    if (auto bucket = virtual_host_bucket(*host)) request.bucket = *std::move(bucket);
  }
  if (request.bucket.empty()) {
    const std::size_t slash = path.find('/');
    auto bucket = http::decode_path(path.substr(0, slash));
    if (!bucket) return fail(Code::InvalidURI);
    request.bucket = *std::move(bucket);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
  }
  auto key = http::decode_path(path);
  if (!key) return fail(Code::InvalidURI);
  // Listings are XML, which can't hold other bytes: one such key would break them for everybody.
  if (!is_utf8(*key)) return fail(Code::InvalidURI);
  request.key = *std::move(key);
  if (request.key.size() > max_key_bytes) {
    return std::unexpected(ApiError(Code::KeyTooLongError)
                               .with("Size", std::to_string(request.key.size()))
                               .with("MaxSizeAllowed", std::to_string(max_key_bytes)));
  }
  if (request.bucket.find('\0') != std::string::npos) return fail(Code::InvalidBucketName);
  return {};
}

void S3Response::xml(std::string_view body) {
  header("Content-Type", "application/xml");
  bytes(body);
}

void S3Response::head(std::optional<std::int64_t> content_length) {
  start();
  (void)http_.send_head(content_length);
}

void S3Response::bytes(std::string_view body) {
  start();
  sent_ = std::ssize(body);
  (void)http_.send(body);
}

void S3Response::file(const io::File& file, std::int64_t position, std::int64_t length) {
  start();
  sent_ = length;
  if (!http_.send_file(file, position, length)) http_.close_after();
}

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::string unquote(std::string_view etag) {
  if (etag.starts_with("W/")) etag.remove_prefix(2);
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') etag = etag.substr(1, etag.size() - 2);
  return std::string(etag);
}

std::string quote(std::string_view etag) { return '"' + std::string(etag) + '"'; }

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

}  // namespace tickerlake::s3
