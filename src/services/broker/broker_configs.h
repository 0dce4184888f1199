#pragma once
// The broker's settings that can be changed while it runs (KIP-226), under Kafka's names: those that topics fall back
// to, the cleaner's, the producers' expiry. What was changed is kept in a file: docs/formats/log.md.
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "services/broker/log_cleaner.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// What the settings come to.
struct LiveSettings {
  InheritedConfigs inherited;
  CleanerSettings cleaner;
  TimestampMs producer_expiration_ms = 86'400'000;
};

/// Thread-safe. Its mutex is held while changes take effect: it comes before that of Topics.
class BrokerConfigs {
 public:
  /// Of this broker, or of all brokers of the cluster: the former wins, both win over the command line.
  enum class Scope { broker, cluster };
  /// Makes the settings take effect. ErrorCode::invalid_argument when they can't; then nothing has changed.
  using Apply = std::function<Result<void>(const LiveSettings&)>;

  /// given: by the command line. ErrorCode::corrupt for an unreadable file, invalid_argument for what is wrong in
  /// given.
  static Result<std::unique_ptr<BrokerConfigs>> open(const io::Path& file, ConfigMap given);
  /// Whether the name is one of them.
  static bool is_live(std::string_view name);
  /// ErrorCode::invalid_argument says what is wrong with them.
  static Result<void> check(const ConfigMap& given);

  /// apply: of what is set from now on.
  void start(Apply apply) TL_EXCLUDES(mutex_);
  ConfigMap set_in(Scope scope) const TL_EXCLUDES(mutex_);
  /// Replaces all settings of a scope; on disk and in effect when it returns. ErrorCode::invalid_argument.
  Result<void> replace(Scope scope, const ConfigMap& settings, bool validate_only) TL_EXCLUDES(mutex_);
  LiveSettings live() const TL_EXCLUDES(mutex_);
  /// All of them, in the order of their names.
  std::vector<ConfigEntry> describe() const TL_EXCLUDES(mutex_);

 private:
  struct Layers {
    ConfigMap given, cluster, broker;
  };
  BrokerConfigs(io::Path file, Layers layers) : file_(std::move(file)), layers_(std::move(layers)) {}
  static Result<LiveSettings> resolve(const Layers& layers);
  static std::vector<ConfigEntry> describe(const Layers& layers);

  const io::Path file_;
  mutable Mutex mutex_;
  Apply apply_ TL_GUARDED_BY(mutex_);
  Layers layers_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
