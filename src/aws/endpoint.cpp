#include "aws/endpoint.h"

#include <algorithm>

namespace tickerlake::aws {
namespace {

/// A part of AWS with domains of its own. https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries
struct Partition {
  std::string_view region_prefix, suffix, dualstack_suffix;
};

constexpr Partition partitions[] = {
    {"cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"},
    {"eusc-", "amazonaws.eu", "api.amazonwebservices.eu"},
    {"us-iso-", "c2s.ic.gov", "api.aws.ic.gov"},
    {"us-isob-", "sc2s.sgov.gov", "api.aws.scloud"},
    {"us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"},
    {"eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"},
    {"", "amazonaws.com", "api.aws"},
};

const Partition& partition_of(std::string_view region) {
  return *std::ranges::find_if(partitions, [&](const Partition& p) { return region.starts_with(p.region_prefix); });
}

bool is_global(std::string_view region) { return region.empty() || region == "aws-global"; }

bool is_host_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

bool is_ipv4(std::string_view text) {
  return std::ranges::count(text, '.') == 3 && text.find_first_not_of("0123456789.") == std::string_view::npos;
}

/// Whether a bucket's name can be part of a host's. A certificate covers one label only, so no dots with TLS.
bool fits_into_host(std::string_view bucket, const UrlRoot& url) {
  if (bucket.size() < 3 || bucket.size() > 63 || is_ipv4(bucket)) return false;
  const bool dots = url.root.starts_with("http://");
  for (const char c : bucket) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!plain && c != '-' && !(c == '.' && dots)) return false;
  }
  const std::string_view host = std::string_view(url.host).substr(0, url.host.find(':'));
  return bucket.front() != '-' && bucket.back() != '-' && bucket.front() != '.' && bucket.back() != '.' &&
         bucket.find("..") == std::string_view::npos && !is_ipv4(host) && !url.host.starts_with('[');
}

std::string host_of(const ServiceAccess& access, std::string_view service, std::string_view region) {
  const Partition& partition = partition_of(region);
  std::string host(service);
  if (service == "s3" || service == "sts") {
    // Both have a host without a region, which is us-east-1. S3 has no other plain one for that region in its rules.
    const bool plain = !access.fips && !access.dualstack;
    if (plain && (is_global(region) || (service == "s3" && region == "us-east-1"))) return host + ".amazonaws.com";
    if (is_global(region)) region = "us-east-1";
  }
  if (access.fips && !(service == "sts" && region.starts_with("us-gov-") && !access.dualstack)) host += "-fips";
  if (service == "s3" && access.dualstack) host += ".dualstack";
  const bool own_suffix = access.dualstack && service != "s3";
  return host + "." + std::string(region) + "." +
         std::string(own_suffix ? partition.dualstack_suffix : partition.suffix);
}

Result<Target> find_target(const ServiceAccess& access, std::string_view service, std::string_view region) {
  Target target{.url = {}, .region = std::string(is_global(region) ? "us-east-1" : region)};
  if (!access.endpoint.empty()) {
    TRY(target.url, UrlRoot::of(access.endpoint));
    return target;
  }
  if (region.empty() && service != "s3" && service != "sts")
    return fail(ErrorCode::invalid_argument,
                "no AWS region: set AWS_REGION, or region in the AWS profile, for " + std::string(service));
  if (!region.empty() && !is_host_label(region))
    return fail(ErrorCode::invalid_argument, "\"" + std::string(region) + "\" is not an AWS region");
  target.url.host = host_of(access, service, region);
  target.url.root = "https://" + target.url.host;
  return target;
}

}  // namespace

Result<Addressing> parse_addressing(std::string_view text) {
  if (text.empty() || text == "auto") return Addressing::automatic;
  if (text == "path") return Addressing::path;
  if (text == "virtual") return Addressing::virtual_host;
  return fail(ErrorCode::invalid_argument,
              "the S3 addressing style \"" + std::string(text) + "\" is none of auto, path, virtual");
}

Result<UrlRoot> UrlRoot::of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string_view::npos || (url.substr(0, scheme) != "http" && url.substr(0, scheme) != "https")) {
    return fail(ErrorCode::invalid_argument, "the endpoint \"" + std::string(url) + "\" is no http:// or https:// URL");
  }
  const std::size_t end = std::min(url.find('/', scheme + 3), url.size());
  std::string_view host = url.substr(scheme + 3, end - scheme - 3);
  if (host.empty() || host.find('@') != std::string_view::npos || end + 1 < url.size()) {
    return fail(ErrorCode::invalid_argument, "the endpoint \"" + std::string(url) + "\" must be SCHEME://HOST[:PORT]");
  }
  UrlRoot root{std::string(url.substr(0, end)), std::string(host)};
  // A scheme's own port is no part of the Host header.
  const std::string_view own_port = url.starts_with("https") ? ":443" : ":80";
  if (host.ends_with(own_port)) root.host.resize(host.size() - own_port.size());
  return root;
}

Result<Target> target_of(const ServiceAccess& access, std::string_view service) {
  return find_target(access, service, access.region);
}

Result<Target> target_of_bucket(const ServiceAccess& access, std::string_view bucket, std::string_view region) {
  TRY(Target target, find_target(access, "s3", region.empty() ? std::string_view(access.region) : region));
  const bool wanted = access.addressing == Addressing::virtual_host ||
                      (access.addressing == Addressing::automatic && access.endpoint.empty());
  target.bucket_in_host = wanted && fits_into_host(bucket, target.url);
  if (target.bucket_in_host) {
    const std::size_t at = target.url.root.find("://") + 3;
    target.url.root.insert(at, std::string(bucket) + ".");
    target.url.host.insert(0, std::string(bucket) + ".");
  }
  return target;
}

}  // namespace tickerlake::aws
