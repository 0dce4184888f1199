#include "aws/verify.h"

#include <algorithm>
#include <charconv>
#include <map>

#include "aws/sigv2.h"

namespace tickerlake::aws {
namespace {

constexpr std::size_t max_signed_headers = 100;

std::unexpected<AuthError> refuse(Refusal refusal, std::string message) {
  return std::unexpected(AuthError{refusal, std::move(message)});
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = std::min(text.find(separator), text.size());
    parts.emplace_back(text.substr(0, end));
    if (end == text.size()) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view lower_prefix) {
  return text.size() >= lower_prefix.size() &&
         std::ranges::equal(text.substr(0, lower_prefix.size()), lower_prefix,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool equal_ignoring_case(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && starts_with_ignoring_case(text, lower);
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "KEY/20161123/us-east-1/s3/aws4_request"; an access key may hold slashes itself.
bool read_credential(std::string_view text, Authorization& into) {
  std::vector<std::string> parts = split(text, '/');
  if (parts.size() < 5 || parts.back() != "aws4_request") return false;
  const std::size_t n = parts.size();
  into.scope = {parts[n - 4], parts[n - 3], parts[n - 2]};
  const std::size_t tail = into.scope.text().size() + 1;
  if (text.size() <= tail) return false;
  into.access_key = text.substr(0, text.size() - tail);
  return into.scope.date.size() == 8;
}

bool read_signed_headers(std::string_view text, Authorization& into) {
  into.signed_headers = split(text, ';');
  if (into.signed_headers.size() > max_signed_headers) return false;
  for (std::string& name : into.signed_headers) {
    for (char& c : name) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
  }
  return std::ranges::find(into.signed_headers, "host") != into.signed_headers.end();
}

/// The time a request says it was signed at, in either of its headers.
std::optional<TimestampMs> read_time(const http::Request& request) {
  const auto amz_date = request.headers.find("X-Amz-Date");
  const auto date = amz_date ? amz_date : request.headers.find("Date");
  if (!date) return std::nullopt;
  if (const auto time = parse_iso8601_basic(*date)) return time;
  // Old tools write the zone as a number, and so does boto3 once somebody sets a Date.
  if (date->ends_with(" +0000") || date->ends_with(" -0000"))
    return parse_http_date(std::string(date->substr(0, date->size() - 5)) + "GMT");
  return parse_http_date(*date);
}

/// "AWS KEY:SIGNATURE"
std::expected<Authorization, AuthError> read_header_v2(const http::Request& request, std::string_view text) {
  const std::string_view pair = trimmed(text.substr(std::min(text.find(' '), text.size())));
  const std::size_t colon = pair.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return refuse(Refusal::malformed_v2, "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature");
  }
  const auto time = read_time(request);
  if (!time) return refuse(Refusal::bad_date, "AWS authentication requires a valid Date or x-amz-date header");
  Authorization found;
  found.form = AuthForm::header_v2;
  found.access_key = pair.substr(0, colon);
  found.signature = pair.substr(colon + 1);
  found.scope = {"", "us-east-1", "s3"};
  found.signed_at = *time;
  // x-amz-date replaces Date, and is signed among the x-amz- headers.
  if (!request.headers.contains("X-Amz-Date")) found.date_v2 = request.headers.find("Date").value_or("");
  found.payload_hash = unsigned_payload;
  return found;
}

std::expected<Authorization, AuthError> read_header(const http::Request& request, std::string_view text) {
  if (text.starts_with("AWS4-ECDSA-P256-SHA256")) {
    return refuse(Refusal::unsupported, "Signature Version 4A is not supported. Please use AWS4-HMAC-SHA256.");
  }
  if (text == "AWS" || text.starts_with("AWS ")) return read_header_v2(request, text);
  if (!text.starts_with(sigv4_algorithm)) {
    return refuse(Refusal::unsupported,
                  "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  }
  text.remove_prefix(sigv4_algorithm.size());
  Authorization found;
  bool credential = false, names = false;
  for (const std::string& part : split(text, ',')) {
    const std::string_view item = trimmed(part);
    if (item.starts_with("Credential=")) credential = read_credential(item.substr(11), found);
    if (item.starts_with("SignedHeaders=")) names = read_signed_headers(item.substr(14), found);
    if (item.starts_with("Signature=")) found.signature = item.substr(10);
  }
  if (!credential) {
    return refuse(Refusal::malformed,
                  "The Credential of the Authorization header must be KEY/YYYYMMDD/REGION/SERVICE/aws4_request.");
  }
  if (!names || found.signature.empty()) {
    return refuse(Refusal::malformed, "The Authorization header needs SignedHeaders with host, and a Signature.");
  }
  const auto time = read_time(request);
  if (!time) return refuse(Refusal::bad_date, "AWS authentication requires a valid Date or x-amz-date header");
  found.signed_at = *time;
  found.timestamp = iso8601_basic(*time);
  found.payload_hash = request.headers.find("X-Amz-Content-Sha256").value_or("");
  return found;
}

using Parameters = std::map<std::string, std::string, std::less<>>;

std::expected<Authorization, AuthError> read_query(const http::Request& request, const Parameters& query) {
  const auto value = [&](std::string_view name) {
    const auto at = query.find(name);
    return at == query.end() ? std::string_view{} : std::string_view(at->second);
  };
  if (value("X-Amz-Algorithm") != sigv4_algorithm) {
    return refuse(Refusal::malformed_query, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256\"");
  }
  Authorization found;
  found.form = AuthForm::query;
  found.signature = value("X-Amz-Signature");
  if (found.signature.empty() || !read_credential(value("X-Amz-Credential"), found) ||
      !read_signed_headers(value("X-Amz-SignedHeaders"), found)) {
    return refuse(Refusal::malformed_query,
                  "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
                  "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
  }
  const auto time = parse_iso8601_basic(value("X-Amz-Date"));
  if (!time)
    return refuse(Refusal::malformed_query, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
  found.signed_at = *time;
  found.timestamp = iso8601_basic(*time);
  const auto seconds = number(value("X-Amz-Expires"));
  if (!seconds) return refuse(Refusal::malformed_query, "X-Amz-Expires should be a number");
  if (*seconds < 0) return refuse(Refusal::malformed_query, "X-Amz-Expires must be non-negative");
  if (*seconds > max_presigned_validity.count()) {
    return refuse(Refusal::malformed_query,
                  "X-Amz-Expires must be less than a week (in seconds); that is, the given "
                  "X-Amz-Expires must be less than 604800 seconds");
  }
  found.valid_for = std::chrono::seconds(*seconds);
  // The body of a presigned request is not signed, unless its hash was known when the URL was made.
  found.payload_hash = value("X-Amz-Content-Sha256");
  const auto& names = found.signed_headers;
  if (found.payload_hash.empty() && std::ranges::find(names, "x-amz-content-sha256") != names.end()) {
    found.payload_hash = request.headers.find("X-Amz-Content-Sha256").value_or("");
  }
  if (found.payload_hash.empty()) found.payload_hash = unsigned_payload;
  return found;
}

std::expected<Authorization, AuthError> read_query_v2(const Parameters& query) {
  Authorization found;
  found.form = AuthForm::query_v2;
  const auto key = query.find("AWSAccessKeyId"), signature = query.find("Signature"), expires = query.find("Expires");
  if (key == query.end() || signature == query.end() || expires == query.end()) {
    return refuse(Refusal::expired,
                  "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters");
  }
  if (!number(expires->second))
    return refuse(Refusal::expired, "Invalid date (should be seconds since epoch): " + expires->second);
  found.access_key = key->second;
  found.signature = signature->second;
  found.date_v2 = expires->second;
  found.scope = {"", "us-east-1", "s3"};
  found.payload_hash = unsigned_payload;
  return found;
}

std::expected<void, AuthError> check_time(const Authorization& authorization, TimestampMs now) {
  constexpr TimestampMs skew = std::chrono::milliseconds(max_clock_skew).count();
  const TimestampMs at = authorization.signed_at;
  if (authorization.form == AuthForm::query_v2) {
    if (now / 1000 > number(authorization.date_v2).value_or(0)) return refuse(Refusal::expired, "Request has expired");
    return {};
  }
  if (authorization.form != AuthForm::header_v2 && !authorization.timestamp.starts_with(authorization.scope.date)) {
    return refuse(Refusal::malformed, "Invalid credential date \"" + authorization.scope.date +
                                          "\". This date is not the same as X-Amz-Date: \"" +
                                          authorization.timestamp.substr(0, 8) + "\".");
  }
  if (authorization.form == AuthForm::query) {
    if (at > now + skew) return refuse(Refusal::expired, "Request is not valid yet");
    if (now > at + std::chrono::milliseconds(authorization.valid_for).count())
      return refuse(Refusal::expired, "Request has expired");
    return {};
  }
  if (at > now + skew || at < now - skew) {
    return refuse(Refusal::skewed, "The difference between the request time and the current time is too large.");
  }
  return {};
}

/// Headers that change what a request means must be signed, or somebody on the way could add them.
std::expected<void, AuthError> check_coverage(const http::Request& request, const Authorization& authorization) {
  for (const auto& [name, value] : request.headers.fields()) {
    if (!starts_with_ignoring_case(name, "x-amz-")) continue;
    // A presigned URL leaves the body's hash to the client.
    if (authorization.form == AuthForm::query && equal_ignoring_case(name, "x-amz-content-sha256")) continue;
    const bool covered = std::ranges::any_of(authorization.signed_headers, [&](const std::string& signed_name) {
      return equal_ignoring_case(name, signed_name);
    });
    if (!covered)
      return refuse(Refusal::unsigned_header,
                    "There were headers present in the request which were not signed: " + name);
  }
  return {};
}

/// The path as clients may have signed it: strictly encoded, or just as they sent it.
std::vector<std::string> possible_paths(const http::Request& request, std::string_view service) {
  std::vector<std::string> paths;
  if (auto strict = canonical_path(request.raw_path(), service)) paths.push_back(*std::move(strict));
  if (service == "s3" && (paths.empty() || paths[0] != request.raw_path())) paths.emplace_back(request.raw_path());
  return paths;
}

bool holds_v2(const http::Request& request, const Authorization& authorization, const Credentials& credentials) {
  std::vector<std::string> resources{std::string(request.raw_path())};
  // A bucket alone is signed with a slash at its end, however it is sent.
  if (resources[0].size() > 1 && resources[0].find('/', 1) == std::string::npos)
    resources.push_back(resources[0] + "/");
  // With the bucket in the host's name, the signed resource still begins with it.
  const std::string_view host = request.headers.find("Host").value_or("");
  for (std::size_t dot = host.find('.'); dot != std::string_view::npos && resources.size() < 8;
       dot = host.find('.', dot + 1)) {
    resources.push_back("/" + std::string(host.substr(0, dot)) + std::string(request.raw_path()));
  }
  return std::ranges::any_of(resources, [&](const std::string& resource) {
    const auto expected = sigv2_signature(credentials.secret_access_key, request, resource, authorization.date_v2);
    return expected && equal_in_constant_time(*expected, authorization.signature);
  });
}

bool holds_v4(const http::Request& request, const Authorization& authorization, const Credentials& credentials,
              std::string_view payload_hash) {
  const bool in_query = authorization.form == AuthForm::query;
  const auto query = canonical_query(request.raw_query(), in_query ? "X-Amz-Signature" : "");
  if (!query) return false;
  const Sha256 key = signing_key(credentials.secret_access_key, authorization.scope);
  return std::ranges::any_of(possible_paths(request, authorization.scope.service), [&](const std::string& path) {
    const std::string canonical =
        canonical_request({request.method, path, *query, request.headers, authorization.signed_headers, payload_hash});
    return equal_in_constant_time(signature(key, authorization.timestamp, authorization.scope, canonical),
                                  authorization.signature);
  });
}

}  // namespace

std::expected<Authorization, AuthError> read_authorization(const http::Request& request) {
  const auto header = request.headers.find("Authorization");
  if (header && !trimmed(*header).empty()) return read_header(request, *header);
  const auto pairs = http::parse_query(request.raw_query());
  if (!pairs) return refuse(Refusal::malformed_query, "The query can't be decoded.");
  const Parameters query(pairs->begin(), pairs->end());
  if (query.contains("X-Amz-Algorithm") || query.contains("X-Amz-Signature") || query.contains("X-Amz-Credential")) {
    return read_query(request, query);
  }
  if (query.contains("AWSAccessKeyId") || (query.contains("Signature") && query.contains("Expires")))
    return read_query_v2(query);
  return refuse(Refusal::missing, "The request carries no signature.");
}

std::expected<void, AuthError> verify(const http::Request& request, const Authorization& authorization,
                                      const Credentials& credentials, std::string_view payload_hash, TimestampMs now) {
  if (!equal_in_constant_time(authorization.access_key, credentials.access_key_id)) {
    return refuse(Refusal::unknown_key, "The access key \"" + authorization.access_key + "\" does not exist.");
  }
  if (auto in_time = check_time(authorization, now); !in_time) return in_time;
  const bool s3 = authorization.scope.service == "s3";
  const bool version_2 = authorization.form == AuthForm::header_v2 || authorization.form == AuthForm::query_v2;
  if (s3 && !version_2) {
    if (auto covered = check_coverage(request, authorization); !covered) return covered;
  }
  const bool holds = version_2 ? holds_v2(request, authorization, credentials)
                               : holds_v4(request, authorization, credentials, payload_hash);
  if (!holds) {
    return refuse(Refusal::mismatch,
                  "The request signature we calculated does not match the signature you provided. Check your key and "
                  "signing method.");
  }
  return {};
}

}  // namespace tickerlake::aws
