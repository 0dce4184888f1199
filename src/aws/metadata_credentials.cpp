// Keys from the addresses at which a cloud answers for its machines and containers.
#include <boost/json.hpp>
#include <thread>

#include "aws/credential_fetchers.h"
#include "io/file.h"

namespace tickerlake::aws {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t max_answer_bytes = 64 * 1024;
constexpr int container_attempts = 3;
constexpr milliseconds container_timeout{2'000}, container_pause{1'000};
constexpr std::string_view role_path = "/latest/meta-data/iam/security-credentials/";

std::string text_of(const boost::json::object& object, std::string_view name) {
  const auto* value = object.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string{};
}

/// The document that both kinds of address answer with.
Result<TimedCredentials> read_document(std::string_view text, const std::string& where) {
  boost::system::error_code error;
  const auto value = boost::json::parse(text, error);
  if (error || !value.is_object()) return fail(ErrorCode::corrupt, where + " answers with something that is no JSON");
  const auto& object = value.get_object();
  TimedCredentials found{.credentials = {.access_key_id = text_of(object, "AccessKeyId"),
                                         .secret_access_key = text_of(object, "SecretAccessKey"),
                                         .session_token = text_of(object, "Token")},
                         .expires_at = parse_expiration(text_of(object, "Expiration"))};
  if (found.credentials.access_key_id.empty() || found.credentials.secret_access_key.empty() || !found.expires_at)
    return fail(ErrorCode::not_found,
                where + " gives no keys: " + text_of(object, "Code") + " " + text_of(object, "Message"));
  return found;
}

bool is_true(const std::optional<std::string>& text) { return text && (*text == "true" || *text == "True"); }

int number_or(const std::optional<std::string>& text, int otherwise) {
  if (!text || text->size() > 4 || text->find_first_not_of("0123456789") != std::string::npos) return otherwise;
  return std::max(1, std::stoi(*text));
}

class InstanceMetadata {
 public:
  InstanceMetadata(SharedClient http, const Environment& environment)
      : http_(std::move(http)),
        disabled_(is_true(environment("AWS_EC2_METADATA_DISABLED"))),
        version_1_disabled_(is_true(environment("AWS_EC2_METADATA_V1_DISABLED"))),
        timeout_(std::chrono::seconds(number_or(environment("AWS_METADATA_SERVICE_TIMEOUT"), 1))),
        attempts_(number_or(environment("AWS_METADATA_SERVICE_NUM_ATTEMPTS"), 1)) {
    const bool ipv6 = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("") == "IPv6" ||
                      environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE").value_or("") == "ipv6";
    root_ = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT")
                .value_or(ipv6 ? "http://[fd00:ec2::254]" : "http://169.254.169.254");
    while (root_.ends_with('/')) root_.pop_back();
  }

  Result<TimedCredentials> fetch() const {
    if (disabled_) return fail(ErrorCode::not_found, "AWS_EC2_METADATA_DISABLED is set");
    TRY(const std::string token, fetch_token());
    TRY(std::string role, get(std::string(role_path), token));
    role = role.substr(0, role.find_first_of("\r\n"));
    TRY(const std::string document, get(std::string(role_path) + role, token));
    return read_document(document, "the instance's metadata");
  }

 private:
  /// Empty: the service knows no tokens.
  Result<std::string> fetch_token() const {
    http::ClientRequest request{.method = "PUT", .url = root_ + "/latest/api/token", .headers = {}, .body = {}};
    request.headers.add("x-aws-ec2-metadata-token-ttl-seconds", "21600");
    auto answer = send(request);
    if (answer && answer->status == 200) return std::move(answer->body);
    // A lost answer counts as an old service, too: behind a container's network version 2's answers don't arrive.
    const bool none = !answer || answer->status == 403 || answer->status == 404 || answer->status == 405;
    if (none && !version_1_disabled_) return std::string{};
    return fail(ErrorCode::not_found, "the instance's metadata service gives no token");
  }

  Result<std::string> get(const std::string& path, const std::string& token) const {
    http::ClientRequest request{.method = "GET", .url = root_ + path, .headers = {}, .body = {}};
    if (!token.empty()) request.headers.add("x-aws-ec2-metadata-token", token);
    auto answer = send(request);
    if (answer && answer->status == 200 && !answer->body.empty()) return std::move(answer->body);
    return fail(ErrorCode::not_found, answer ? "the instance's metadata: HTTP status " + std::to_string(answer->status)
                                             : std::move(answer).error().message);
  }

  Result<http::ClientResponse> send(http::ClientRequest& request) const {
    request.timeout = timeout_;
    request.max_response_bytes = max_answer_bytes;
    for (int attempt = 1;; ++attempt) {
      auto answer = http_->send(request);
      if (answer || attempt >= attempts_) return answer;
    }
  }

  const SharedClient http_;
  const bool disabled_, version_1_disabled_;
  const milliseconds timeout_;
  const int attempts_;
  std::string root_;
};

/// A container's address may be https, this machine, or one of those of ECS and EKS: nobody else gets its token.
bool may_be_asked(std::string_view url) {
  if (url.starts_with("https://")) return true;
  if (!url.starts_with("http://")) return false;
  std::string_view host = url.substr(7, url.find('/', 7) - 7);
  if (host.starts_with('[')) {
    host = host.substr(1, host.find(']') - 1);
  } else {
    host = host.substr(0, host.find(':'));
  }
  const bool ipv4_loopback =
      host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
  return ipv4_loopback || host == "localhost" || host == "::1" || host == "169.254.170.2" || host == "169.254.170.23" ||
         host == "fd00:ec2::23";
}

Result<TimedCredentials> fetch_from_container(http::Client& http, const std::string& url, const std::string& token_file,
                                              const std::string& fixed_token) {
  std::string token = fixed_token;
  if (!token_file.empty()) {
    TRY(token, io::read_file(token_file));
  }
  if (token.find_first_of("\r\n") != std::string::npos)
    return fail(ErrorCode::invalid_argument, "the container's authorization token has more than one line");
  http::ClientRequest request{.method = "GET", .url = url, .headers = {}, .body = {}, .timeout = container_timeout};
  request.max_response_bytes = max_answer_bytes;
  request.headers.add("Accept", "application/json");
  if (!token.empty()) request.headers.add("Authorization", token);
  for (int attempt = 1;; ++attempt) {
    const auto answer = http.send(request);
    if (answer && answer->status == 200) return read_document(answer->body, "the container's credential service");
    if (attempt >= container_attempts) {
      if (!answer) return std::unexpected(answer.error());
      return fail(ErrorCode::unavailable,
                  "the container's credential service: HTTP status " + std::to_string(answer->status));
    }
    std::this_thread::sleep_for(container_pause);
  }
}

}  // namespace

FetchCredentials instance_credentials(SharedClient http, const Environment& environment) {
  return [metadata = InstanceMetadata(std::move(http), environment)] { return metadata.fetch(); };
}

Result<FetchCredentials> container_credentials(SharedClient http, const Environment& environment) {
  std::string url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI").value_or("");
  if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
    url = "http://169.254.170.2" + *relative;
  if (!may_be_asked(url))
    return fail(ErrorCode::invalid_argument,
                "AWS_CONTAINER_CREDENTIALS_FULL_URI " + url +
                    ": only https, this machine and the addresses of ECS and EKS are asked");
  return [http = std::move(http), url = std::move(url),
          token_file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE").value_or(""),
          token = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("")] {
    return fetch_from_container(*http, url, token_file, token);
  };
}

}  // namespace tickerlake::aws
