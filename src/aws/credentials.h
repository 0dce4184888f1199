#pragma once
// An access key: what clients sign with, and what the embedded services check against.
#include <string>

#include "base/result.h"
#include "io/file.h"

namespace tickerlake::aws {

struct Credentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token = {};  // of temporary credentials; empty for long-lived ones
  std::string account_id = {};     // twelve digits; known for the embedded services only
};

/// New random ones: "AKIA" and 16 letters and digits, a secret of 40 characters, an account.
Credentials generate_credentials();
/// ErrorCode::not_found without the file, corrupt when it is not what save_credentials wrote.
Result<Credentials> load_credentials(const io::Path& file);
/// Readable for the owner only.
Result<void> save_credentials(const io::Path& file, const Credentials& credentials);
/// Those of the file; generated and saved on the first call.
Result<Credentials> load_or_create_credentials(const io::Path& file);

}  // namespace tickerlake::aws
