#pragma once
// What administrators decide about security while the broker runs: users' credentials, access control entries, quotas.
// One small file, written anew with every change: docs/formats/security.md.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "kafka/sasl/scram.h"
#include "services/broker/quotas/quota.h"
#include "services/broker/security/acl.h"

namespace tickerlake::broker {

/// In the broker's folder.
inline constexpr const char* security_file = "security.json";

inline constexpr std::size_t max_scram_credentials = 100'000;
inline constexpr std::size_t max_acls = 10'000;

struct SecurityState {
  using CredentialKey = std::pair<std::string, kafka::ScramMechanism>;  // user and mechanism
  std::map<CredentialKey, kafka::ScramCredential> credentials;
  Acls acls;
  Quotas quotas;
  Buffer salt_secret;  // what unknown users' salts are made of, so that they stay the same

  std::string encode() const;
  static Result<SecurityState> decode(std::string_view text);
};

/// Thread-safe. The mutex is a leaf but for the file.
class SecurityStore {
 public:
  /// Reads the file. Where it is not there it is made: at once, or with the first change.
  enum class WhenMissing { make_now, make_later };
  static Result<std::unique_ptr<SecurityStore>> open(io::Path file, WhenMissing when_missing);

  /// What holds now; it never changes.
  std::shared_ptr<const SecurityState> now() const TL_EXCLUDES(mutex_);
  /// Changes a copy and makes it hold once it is on disk. change() returns whether there is anything to write.
  template <class Change>
  Result<void> update(const Change& change) TL_EXCLUDES(writing_, mutex_) {
    MutexLock one_at_a_time(writing_);
    auto next = std::make_shared<SecurityState>(*now());
    if (!change(*next)) return {};
    return store(std::move(next));
  }

 private:
  explicit SecurityStore(io::Path file) : file_(std::move(file)) {}
  Result<void> store(std::shared_ptr<const SecurityState> next) TL_EXCLUDES(mutex_);

  const io::Path file_;
  Mutex writing_;  // before mutex_
  mutable Mutex mutex_;
  std::shared_ptr<const SecurityState> state_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
