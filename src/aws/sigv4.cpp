#include "aws/sigv4.h"

#include <algorithm>
#include <vector>

namespace tickerlake::aws {
namespace {

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

/// Spaces around the value are dropped, runs of them inside become one.
void append_collapsed(std::string& to, std::string_view value) {
  bool pending = false, any = false;
  for (const char c : value) {
    if (c == ' ' || c == '\t') {
      pending = any;
    } else {
      if (std::exchange(pending, false)) to += ' ';
      to += c;
      any = true;
    }
  }
}

/// RFC 3986, 5.2.4, and no empty segments; a slash at the end stays.
std::string normalised(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool slash_at_end = path.ends_with('/') || path.ends_with("/.") || path.ends_with("/..");
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (segment == "..") {
      if (!segments.empty()) segments.pop_back();
    } else if (!segment.empty() && segment != ".") {
      segments.push_back(segment);
    }
  }
  std::string result;
  for (const std::string_view segment : segments) {
    result += '/';
    result += segment;
  }
  if (slash_at_end || result.empty()) result += '/';
  return result;
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ';';
    text += name;
  }
  return text;
}

}  // namespace

std::string Scope::text() const { return date + "/" + region + "/" + service + "/aws4_request"; }

std::optional<std::string> canonical_path(std::string_view raw_path, std::string_view service) {
  if (raw_path.empty()) raw_path = "/";
  if (service != "s3") return http::percent_encode(normalised(raw_path), true);
  const auto decoded = http::decode_path(raw_path);
  if (!decoded) return std::nullopt;
  return http::percent_encode(*decoded, true);
}

std::optional<std::string> canonical_query(std::string_view raw_query, std::string_view without) {
  const auto pairs = http::parse_query(raw_query);
  if (!pairs) return std::nullopt;
  // Sorted after encoding: names first, then values.
  std::vector<std::pair<std::string, std::string>> encoded;
  for (const auto& [name, value] : *pairs) {
    if (without.empty() || name != without)
      encoded.emplace_back(http::percent_encode(name), http::percent_encode(value));
  }
  std::ranges::sort(encoded);
  std::string query;
  for (const auto& [name, value] : encoded) {
    if (!query.empty()) query += '&';
    query += name;
    query += '=';
    query += value;
  }
  return query;
}

std::string canonical_request(const SignedParts& parts) {
  std::string text;
  text.reserve(512);
  text += parts.method;
  text += '\n';
  text += parts.canonical_path;
  text += '\n';
  text += parts.canonical_query;
  text += '\n';
  for (const std::string& name : parts.signed_headers) {
    text += name;
    text += ':';
    bool first = true;
    for (const auto& [field, value] : parts.headers.fields()) {
      if (lower(field) != name) continue;
      if (!std::exchange(first, false)) text += ',';
      append_collapsed(text, value);
    }
    text += '\n';
  }
  text += '\n';
  text += joined(parts.signed_headers);
  text += '\n';
  text += parts.payload_hash;
  return text;
}

Sha256 signing_key(std::string_view secret, const Scope& scope) {
  const Sha256 date = hmac_sha256(as_bytes("AWS4" + std::string(secret)), as_bytes(scope.date));
  const Sha256 region = hmac_sha256(date, as_bytes(scope.region));
  const Sha256 service = hmac_sha256(region, as_bytes(scope.service));
  return hmac_sha256(service, as_bytes("aws4_request"));
}

std::string signature(const Sha256& key, std::string_view timestamp, const Scope& scope, std::string_view canonical) {
  std::string text(sigv4_algorithm);
  text += '\n';
  text += timestamp;
  text += '\n';
  text += scope.text();
  text += '\n';
  text += hex(sha256(as_bytes(canonical)));
  return hex(hmac_sha256(key, as_bytes(text)));
}

void sign(http::Headers& headers, std::string_view method, std::string_view raw_path, std::string_view raw_query,
          std::string_view payload_hash, const Credentials& credentials, std::string_view region,
          std::string_view service, TimestampMs now) {
  const std::string timestamp = iso8601_basic(now);
  const Scope scope{timestamp.substr(0, 8), std::string(region), std::string(service)};
  headers.remove("Authorization");
  headers.set("X-Amz-Date", timestamp);
  if (!credentials.session_token.empty()) headers.set("X-Amz-Security-Token", credentials.session_token);
  if (service == "s3") headers.set("X-Amz-Content-Sha256", payload_hash);
  std::vector<std::string> names;
  for (const auto& [name, value] : headers.fields()) names.push_back(lower(name));
  std::ranges::sort(names);
  names.erase(std::ranges::unique(names).begin(), names.end());

  const std::string path = canonical_path(raw_path, service).value_or(std::string(raw_path));
  const std::string query = canonical_query(raw_query).value_or(std::string(raw_query));
  const std::string canonical = canonical_request({method, path, query, headers, names, payload_hash});
  headers.add("Authorization",
              std::string(sigv4_algorithm) + " Credential=" + credentials.access_key_id + "/" + scope.text() +
                  ", SignedHeaders=" + joined(names) + ", Signature=" +
                  signature(signing_key(credentials.secret_access_key, scope), timestamp, scope, canonical));
}

std::string presign(std::string_view method, std::string_view host, std::string_view raw_path,
                    std::string_view raw_query, const Credentials& credentials, std::string_view region,
                    std::string_view service, TimestampMs now, std::chrono::seconds valid_for) {
  const std::string timestamp = iso8601_basic(now);
  const Scope scope{timestamp.substr(0, 8), std::string(region), std::string(service)};
  std::string query(raw_query);
  if (!query.empty()) query += '&';
  query += "X-Amz-Algorithm=" + std::string(sigv4_algorithm);
  query += "&X-Amz-Credential=" + http::percent_encode(credentials.access_key_id + "/" + scope.text());
  query += "&X-Amz-Date=" + timestamp;
  query += "&X-Amz-Expires=" + std::to_string(valid_for.count());
  if (!credentials.session_token.empty()) {
    query += "&X-Amz-Security-Token=" + http::percent_encode(credentials.session_token);
  }
  query += "&X-Amz-SignedHeaders=host";
  http::Headers headers;
  headers.add("host", host);
  const std::string names[] = {"host"};
  const std::string path = canonical_path(raw_path, service).value_or(std::string(raw_path));
  const std::string canonical_parameters = canonical_query(query).value_or(query);
  const std::string canonical =
      canonical_request({method, path, canonical_parameters, headers, names, unsigned_payload});
  query +=
      "&X-Amz-Signature=" + signature(signing_key(credentials.secret_access_key, scope), timestamp, scope, canonical);
  return query;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  volatile unsigned char difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference =
        static_cast<unsigned char>(difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i])));
  }
  return difference == 0;
}

}  // namespace tickerlake::aws
