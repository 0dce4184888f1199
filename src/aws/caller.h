#pragma once
// Who sent a request whose signature has been verified.
#include <string>

namespace tickerlake::aws {

struct Caller {
  std::string access_key;
  std::string account_id;  // twelve digits
  std::string region;      // of the signature's scope; us-east-1 for SigV2 presigned URLs
};

}  // namespace tickerlake::aws
