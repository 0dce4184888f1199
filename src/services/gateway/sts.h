#pragma once
// Security Token Service: GetCallerIdentity, with which tools ask whose keys they hold.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
#include "aws/caller.h"
#include "http/server.h"

namespace tickerlake::gateway {

void serve_sts(const aws::Caller& caller, http::Request& request, http::Response& response);

}  // namespace tickerlake::gateway
