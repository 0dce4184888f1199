#include "services/gateway/sts.h"

#include "services/gateway/refusals.h"

namespace tickerlake::gateway {
namespace {

constexpr std::int64_t max_form_bytes = 64_KiB;

std::string parameter(const std::vector<std::pair<std::string, std::string>>& form, std::string_view name) {
  for (const auto& [key, value] : form) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace

void serve_sts(const aws::Caller& caller, http::Request& request, http::Response& response) {
  const auto body = http::read_all(*request.body, max_form_bytes);
  if (!body) {
    response.close_after();
    return answer_error(Dialect::query, 400, "MalformedInput", body.error().message, request, response);
  }
  const auto form = http::parse_query(request.method == "POST" ? std::string_view(*body) : request.raw_query());
  const std::string action = form ? parameter(*form, "Action") : "";
  if (action != "GetCallerIdentity") {
    return answer_error(Dialect::query, 400, "InvalidAction",
                        "Could not find operation " + action + " for version 2011-06-15", request, response);
  }
  const std::string id = random_uuid();
  response.headers.set("Content-Type", "text/xml");
  response.headers.set("x-amzn-RequestId", id);
  (void)response.send(
      "<GetCallerIdentityResponse "
      "xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::" +
      caller.account_id + ":root</Arn><UserId>" + caller.account_id + "</UserId><Account>" + caller.account_id +
      "</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>" + id +
      "</RequestId></ResponseMetadata></GetCallerIdentityResponse>");
}

}  // namespace tickerlake::gateway
