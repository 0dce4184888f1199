#include "aws/credential_source.h"

#include <algorithm>

#include "base/mutex.h"

namespace tickerlake::aws {
namespace {

constexpr TimestampMs longest_window_ms = 15 * 60 * 1000;  // as the AWS SDKs'
constexpr TimestampMs pause_after_failure_ms = 60 * 1000;

class Fixed final : public CredentialSource {
 public:
  Fixed(Credentials credentials, std::string origin)
      : credentials_(std::move(credentials)), origin_(std::move(origin)) {}
  Result<Credentials> get() override { return credentials_; }
  std::string origin() const override { return origin_; }

 private:
  const Credentials credentials_;
  const std::string origin_;
};

class Missing final : public CredentialSource {
 public:
  explicit Missing(Error error) : error_(std::move(error)) {}
  Result<Credentials> get() override { return std::unexpected(error_); }
  std::string origin() const override { return "nowhere"; }

 private:
  const Error error_;
};

class Renewed final : public CredentialSource {
 public:
  Renewed(FetchCredentials fetch, std::string origin, const Clock& clock)
      : fetch_(std::move(fetch)), origin_(std::move(origin)), clock_(clock) {}

  Result<Credentials> get() override {
    {
      MutexLock lock(mutex_);
      while (true) {
        if (current_ && (fetching_ || clock_.now_ms() < fetch_at_) && is_valid()) return current_->credentials;
        if (!fetching_) break;
        changed_.wait(mutex_);
      }
      fetching_ = true;
    }
    auto fetched = fetch_();  // not under the lock: it may take seconds
    MutexLock lock(mutex_);
    fetching_ = false;
    changed_.notify_all();
    const TimestampMs now = clock_.now_ms();
    if (fetched) {
      current_ = *std::move(fetched);
      fetch_at_ = std::numeric_limits<TimestampMs>::max();
      if (current_->expires_at)
        fetch_at_ = *current_->expires_at - std::min(longest_window_ms, (*current_->expires_at - now) / 4);
      return current_->credentials;
    }
    if (!current_ || !is_valid()) {
      Error error = std::move(fetched).error().within(origin_);
      if (current_) error.code = ErrorCode::unavailable;  // there were keys, so there will be again
      return std::unexpected(std::move(error));
    }
    fetch_at_ = now + pause_after_failure_ms;
    return current_->credentials;
  }
  std::string origin() const override { return origin_; }

 private:
  bool is_valid() const TL_REQUIRES(mutex_) { return !current_->expires_at || clock_.now_ms() < *current_->expires_at; }

  const FetchCredentials fetch_;
  const std::string origin_;
  const Clock& clock_;
  Mutex mutex_;
  Condition changed_;
  bool fetching_ TL_GUARDED_BY(mutex_) = false;
  std::optional<TimedCredentials> current_ TL_GUARDED_BY(mutex_);
  TimestampMs fetch_at_ TL_GUARDED_BY(mutex_) = 0;
};

}  // namespace

std::shared_ptr<CredentialSource> fixed_credentials(Credentials credentials, std::string origin) {
  return std::make_shared<Fixed>(std::move(credentials), std::move(origin));
}

std::shared_ptr<CredentialSource> missing_credentials(Error error) {
  return std::make_shared<Missing>(std::move(error));
}

std::shared_ptr<CredentialSource> renewed_credentials(FetchCredentials fetch, std::string origin, const Clock& clock) {
  return std::make_shared<Renewed>(std::move(fetch), std::move(origin), clock);
}

std::optional<TimestampMs> parse_expiration(std::string_view text) {
  constexpr std::size_t to_seconds = std::string_view("2026-11-23T14:05:06").size();
  if (text.size() <= to_seconds) return std::nullopt;
  std::string_view zone = text.substr(to_seconds);
  if (zone[0] == '.') zone.remove_prefix(std::min(zone.find_first_not_of("0123456789", 1), zone.size()));
  if (zone != "Z" && zone != "+00:00") return std::nullopt;
  std::string basic;
  for (const char c : text.substr(0, to_seconds)) {
    if (c != '-' && c != ':') basic += c;
  }
  return parse_iso8601_basic(basic + "Z");
}

}  // namespace tickerlake::aws
