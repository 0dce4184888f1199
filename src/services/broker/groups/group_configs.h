#pragma once
// What is set for single groups (config resource GROUP, KIP-848, KIP-932), kept in a file:
// docs/formats/consumer-offsets.md.
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"
#include "io/file.h"
#include "services/broker/groups/consumer_group_types.h"
#include "services/broker/groups/group_options.h"
#include "services/broker/share/share_types.h"
#include "services/broker/topic_config.h"

namespace tickerlake::broker {

/// Groups with settings of their own; further ones are refused.
inline constexpr std::size_t max_configured_groups = 10'000;

/// Thread-safe.
class GroupConfigs {
 public:
  /// ErrorCode::corrupt for an unreadable file. options: what groups without a setting have, and its limits.
  static Result<std::unique_ptr<GroupConfigs>> open(const io::Path& file, const GroupOptions& options);

  ConfigMap set_for(const std::string& group) const TL_EXCLUDES(mutex_);
  /// Replaces all settings of a group, which need not exist yet; on disk when it returns. ErrorCode::invalid_argument
  /// names the setting and what is wrong with it.
  Result<void> replace(const std::string& group, const ConfigMap& settings, bool validate_only) TL_EXCLUDES(mutex_);
  /// All that there are, in the order of their names, with the values in effect.
  std::vector<ConfigEntry> describe(const std::string& group) const TL_EXCLUDES(mutex_);
  /// Groups that something is set for.
  std::vector<std::string> groups() const TL_EXCLUDES(mutex_);
  ConsumerGroupSettings settings_of(const std::string& group) const TL_EXCLUDES(mutex_);
  ShareGroupSettings share_settings_of(const std::string& group) const TL_EXCLUDES(mutex_);

 private:
  GroupConfigs(io::Path file, const GroupOptions& options) : file_(std::move(file)), options_(options) {}
  Result<void> check(const ConfigMap& settings) const;

  const io::Path file_;
  const GroupOptions options_;
  mutable Mutex mutex_;
  std::map<std::string, ConfigMap> set_ TL_GUARDED_BY(mutex_);
};

}  // namespace tickerlake::broker
