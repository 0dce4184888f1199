#pragma once
// What a secured cluster needs: a key and certificate for the brokers, a user for the clients.
#include <string>

#include "base/result.h"

namespace tickerlake::cluster {

struct Certificate {
  std::string key;          // PEM, PKCS#8
  std::string certificate;  // PEM; signed by its own key, so clients trust it as it is
};

/// For 127.0.0.1 and localhost, for ten years. ErrorCode::internal when OpenSSL can't.
Result<Certificate> make_certificate();

/// 24 random letters and digits.
std::string make_password();

}  // namespace tickerlake::cluster
