#pragma once
// Where a client's signing keys come from, and how they are renewed while a program runs.
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/credentials.h"
#include "base/time.h"

namespace tickerlake::aws {

/// Thread-safe.
class CredentialSource {
 public:
  virtual ~CredentialSource() = default;
  /// Keys that are good now. May ask over the network; errors: those of the source, unavailable when keys ran out and
  /// no new ones could be had.
  virtual Result<Credentials> get() = 0;
  /// "the environment", "the profile work", "the instance's role": for people.
  virtual std::string origin() const = 0;
};

std::shared_ptr<CredentialSource> fixed_credentials(Credentials credentials, std::string origin);
/// A source that has only this error to give, when it is asked.
std::shared_ptr<CredentialSource> missing_credentials(Error error);

struct TimedCredentials {
  Credentials credentials;
  std::optional<TimestampMs> expires_at;  // nothing: never
};
using FetchCredentials = std::function<Result<TimedCredentials>()>;

/// Fetches first when asked first. Fetches again once less than fifteen minutes, or less than a quarter of their
/// lifetime, are left, one thread at a time, and tries once a minute while that fails: the old keys serve until they
/// expire. The clock must outlive it.
std::shared_ptr<CredentialSource> renewed_credentials(FetchCredentials fetch, std::string origin, const Clock& clock);

/// "2026-11-23T14:05:06Z", also with fractions of a second or "+00:00".
std::optional<TimestampMs> parse_expiration(std::string_view text);

}  // namespace tickerlake::aws
