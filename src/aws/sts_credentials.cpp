// Keys of a role, from the Security Token Service. https://docs.aws.amazon.com/STS/latest/APIReference/
#include <pugixml.hpp>

#include "aws/credential_fetchers.h"
#include "aws/signed_call.h"
#include "io/file.h"

namespace tickerlake::aws {
namespace {

constexpr std::chrono::milliseconds timeout{20'000};

/// A form's fields, in the order in which they are sent.
class Form {
 public:
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!text_.empty()) text_ += '&';
    text_ += std::string(name) + "=" + http::percent_encode(value);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

Form form_of(std::string_view action, const AssumedRole& role) {
  Form form;
  form.add("Action", action);
  form.add("Version", "2011-06-15");
  form.add("RoleArn", role.arn);
  form.add("RoleSessionName", role.session_name.empty() ? "tickerlake-" + std::to_string(SystemClock().now_ms() / 1000)
                                                        : role.session_name);
  form.add("ExternalId", role.external_id);
  form.add("DurationSeconds", role.duration_seconds);
  return form;
}

/// The keys in an answer to action.
Result<TimedCredentials> read_answer(const http::ClientResponse& answer, const std::string& action) {
  pugi::xml_document document;
  const bool parsed = document.load_buffer(answer.body.data(), answer.body.size());
  if (answer.status != 200) {
    const pugi::xml_node error = document.child("ErrorResponse").child("Error");
    const ErrorCode code = answer.status >= 500 ? ErrorCode::unavailable : ErrorCode::unauthorized;
    return fail(code,
                "sts " + action + ": " +
                    (parsed && error ? std::string(error.child_value("Code")) + ": " + error.child_value("Message")
                                     : "HTTP status " + std::to_string(answer.status)));
  }
  const pugi::xml_node keys =
      document.child((action + "Response").c_str()).child((action + "Result").c_str()).child("Credentials");
  TimedCredentials found{.credentials = {.access_key_id = keys.child_value("AccessKeyId"),
                                         .secret_access_key = keys.child_value("SecretAccessKey"),
                                         .session_token = keys.child_value("SessionToken")},
                         .expires_at = parse_expiration(keys.child_value("Expiration"))};
  if (!parsed || found.credentials.access_key_id.empty() || found.credentials.secret_access_key.empty() ||
      !found.expires_at)
    return fail(ErrorCode::corrupt, "sts " + action + ": the answer holds no keys");
  return found;
}

Result<TimedCredentials> ask(http::Client& http, const AssumedRole& role, const std::string& action, const Form& form,
                             bool is_signed) {
  TRY(const Target target, target_of(role.sts, "sts"));
  SignedCall call{.service = "sts",
                  .method = "POST",
                  .target = target,
                  .raw_path = "/",
                  .body = form.text(),
                  .timeout = timeout,
                  .is_signed = is_signed};
  call.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  TRY(const auto answer, send_signed(http, role.sts, call));
  return read_answer(answer, action);
}

}  // namespace

FetchCredentials assumed_role_credentials(SharedClient http, AssumedRole role) {
  return [http = std::move(http), role = std::move(role)] {
    return ask(*http, role, "AssumeRole", form_of("AssumeRole", role), true);
  };
}

FetchCredentials web_identity_credentials(SharedClient http, AssumedRole role, std::string token_file) {
  return [http = std::move(http), role = std::move(role),
          token_file = std::move(token_file)]() -> Result<TimedCredentials> {
    TRY(const std::string token, io::read_file(token_file));
    Form form = form_of("AssumeRoleWithWebIdentity", role);
    form.add("WebIdentityToken", token);
    return ask(*http, role, "AssumeRoleWithWebIdentity", form, false);
  };
}

}  // namespace tickerlake::aws
