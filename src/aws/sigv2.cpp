#include "aws/sigv2.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/digest.h"

namespace tickerlake::aws {
namespace {

/// Parameters that select another resource or form of the answer; all others are not signed.
constexpr auto signed_parameters = std::to_array<std::string_view>({"accelerate",
                                                                    "acl",
                                                                    "analytics",
                                                                    "cors",
                                                                    "defaultObjectAcl",
                                                                    "delete",
                                                                    "encryption",
                                                                    "inventory",
                                                                    "legal-hold",
                                                                    "lifecycle",
                                                                    "location",
                                                                    "logging",
                                                                    "metrics",
                                                                    "notification",
                                                                    "object-lock",
                                                                    "ownershipControls",
                                                                    "partNumber",
                                                                    "policy",
                                                                    "policyStatus",
                                                                    "publicAccessBlock",
                                                                    "replication",
                                                                    "requestPayment",
                                                                    "response-cache-control",
                                                                    "response-content-disposition",
                                                                    "response-content-encoding",
                                                                    "response-content-language",
                                                                    "response-content-type",
                                                                    "response-expires",
                                                                    "restore",
                                                                    "retention",
                                                                    "select",
                                                                    "select-type",
                                                                    "storageClass",
                                                                    "tagging",
                                                                    "torrent",
                                                                    "uploadId",
                                                                    "uploads",
                                                                    "versionId",
                                                                    "versioning",
                                                                    "versions",
                                                                    "website"});

Buffer hmac_sha1(std::string_view key, std::string_view message) {
  constexpr std::size_t block = 64;
  std::string padded(key);
  if (padded.size() > block) {
    Digest digest("SHA1");
    digest.update(as_bytes(padded));
    padded = as_text(digest.finish());
  }
  padded.resize(block, '\0');
  const auto masked = [&](char mask) {
    std::string text = padded;
    for (char& c : text) c = static_cast<char>(c ^ mask);
    return text;
  };
  Digest inner("SHA1"), outer("SHA1");
  inner.update(as_bytes(masked(0x36)));
  inner.update(as_bytes(message));
  outer.update(as_bytes(masked(0x5c)));
  outer.update(inner.finish());
  return outer.finish();
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

}  // namespace

std::optional<std::string> sigv2_signature(std::string_view secret, const http::Request& request,
                                           std::string_view resource, std::string_view date) {
  const auto query = http::parse_query(request.raw_query());
  if (!query) return std::nullopt;
  // A presigned URL may carry these two as parameters, for clients that can't set headers.
  std::string content_md5(request.headers.find("Content-MD5").value_or(""));
  std::string content_type(request.headers.find("Content-Type").value_or(""));
  for (const auto& [name, value] : *query) {
    if (lower(name) == "content-md5") content_md5 = value;
    if (lower(name) == "content-type") content_type = value;
  }
  std::string text = request.method + "\n" + content_md5 + "\n" + content_type + "\n";
  text += date;
  text += "\n";

  std::map<std::string, std::string> amz_headers;
  for (const auto& [name, value] : request.headers.fields()) {
    const std::string key = lower(name);
    if (!key.starts_with("x-amz-")) continue;
    std::string& all = amz_headers[key];
    if (!all.empty()) all += ',';
    all += value;
  }

  std::vector<std::string> selected;
  for (const auto& [name, value] : *query) {
    // A presigned URL carries what would be x-amz- headers as parameters.
    if (const std::string key = lower(name); key.starts_with("x-amz-")) amz_headers[key] = value;
    if (std::ranges::find(signed_parameters, name) == signed_parameters.end()) continue;
    selected.push_back(value.empty() ? name : name + "=" + value);
  }
  for (const auto& [name, value] : amz_headers) text += name + ":" + value + "\n";
  std::ranges::sort(selected);
  text += resource;
  for (std::size_t i = 0; i < selected.size(); ++i) text += (i == 0 ? "?" : "&") + selected[i];
  return base64(hmac_sha1(secret, text));
}

}  // namespace tickerlake::aws
