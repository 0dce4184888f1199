#pragma once
// What clients have used, held against their quotas: how long each has to be silent. Answers go out at once and tell
// the pause; then nothing is read from the connection for as long (KIP-219).
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/metrics.h"
#include "base/mutex.h"
#include "services/broker/quotas/quota.h"
#include "services/broker/quotas/quota_rate.h"
#include "services/broker/quotas/quota_table.h"

namespace tickerlake::broker {

class SecurityStore;

/// Clients whose use is remembered, of a kind; further ones share one memory until others have been silent for long
/// enough.
inline constexpr std::size_t max_quota_meters = 10'000;

/// Thread-safe. The mutex is a leaf but for the store's. Where there is no quota of a kind asking costs one load.
class ClientQuotas {
 public:
  ClientQuotas(const Metrics& metrics, QuotaWindow clients, QuotaWindow mutations);

  void set(const Quotas& quotas) TL_EXCLUDES(mutex_);
  /// What the store holds now; of calls at the same time the last one takes the newest.
  void reload(const SecurityStore& store) TL_EXCLUDES(mutex_);

  /// Whether anybody has a quota of that kind.
  bool limits(QuotaKind kind) const { return limited_[index(kind)].load(std::memory_order_relaxed); }
  /// Counts what was used; how long its client has to pause. Request time is counted in percent of a second, and
  /// pauses for it are at most one sample long.
  std::chrono::milliseconds charge(QuotaKind kind, const QuotaClient& client, double amount, Moment now)
      TL_EXCLUDES(mutex_);
  /// Takes back a charge: what a throttled fetch would have given.
  void refund(QuotaKind kind, const QuotaClient& client, double amount, Moment now) TL_EXCLUDES(mutex_);
  /// More than that at once would be an excess whatever went before.
  std::optional<double> most_at_once(QuotaKind kind, const QuotaClient& client) TL_EXCLUDES(mutex_);

  struct Mutation {
    bool refused = false;
    std::chrono::milliseconds pause{0};
  };
  /// Partitions made or deleted. strict: while too many were, further ones are refused, and those let through cause no
  /// pause; else all are let through. (KIP-599)
  Mutation mutate(const QuotaClient& client, double partitions, bool strict, Moment now) TL_EXCLUDES(mutex_);
  /// A new connection: how long until it is closed without having been served; 0: it is served.
  std::chrono::milliseconds connect(const std::string& address, Moment now) TL_EXCLUDES(mutex_);

  /// Rates and pauses of each client, by the names of Kafka's own metrics.
  void collect(Exposition& into, Moment now) TL_EXCLUDES(mutex_);

 private:
  struct Meter {
    explicit Meter(QuotaWindow window);
    WindowedRate rate;
    TokenBucket bucket;              // of mutations
    WindowedRate pauses_ms, pauses;  // their sum and their number
    double permitted = 0;
    Moment used;
  };
  using Key = std::pair<std::string, std::string>;  // user and client id, empty where all are meant
  struct ByKey {
    using is_transparent = void;
    using View = std::pair<std::string_view, std::string_view>;
    bool operator()(const auto& one, const auto& other) const { return View(one) < View(other); }
  };
  struct Kind {
    QuotaTable table;
    std::map<Key, Meter, ByKey> meters;
    Moment tidied;
  };

  static std::size_t index(QuotaKind kind) { return static_cast<std::size_t>(kind); }
  const QuotaWindow& window(QuotaKind kind) const { return kind == QuotaKind::mutation ? mutations_ : clients_; }
  void take(const Quotas& quotas) TL_REQUIRES(mutex_);
  /// Null for whom there is no quota.
  static Meter* meter_of(Kind& of, const QuotaWindow& window, const QuotaClient& client, Moment now);
  void note(QuotaKind kind, Meter& meter, std::chrono::milliseconds pause, Moment now) TL_REQUIRES(mutex_);
  static void forget_silent(Kind& of, std::chrono::milliseconds silence, Moment now);

  // constant after construction
  const Metrics metrics_;
  const QuotaWindow clients_, mutations_;
  std::array<Histogram*, quota_kinds> throttled_{};
  Histogram* throttled_connections_ = nullptr;

  std::array<std::atomic<bool>, quota_kinds> limited_{};
  std::atomic<bool> limits_connections_ = false;
  Mutex mutex_;
  std::array<Kind, quota_kinds> kinds_ TL_GUARDED_BY(mutex_);
  Kind connections_ TL_GUARDED_BY(mutex_);  // addresses in the place of users
};

}  // namespace tickerlake::broker
