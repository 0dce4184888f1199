#pragma once
// The AWS SDKs' two files: ~/.aws/config and ~/.aws/credentials.
// https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickerlake::aws {

/// A variable's value; nothing when it is not set or empty.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

/// The settings of one profile, or of a [services NAME] section. What stands indented under "s3 =" is "s3.NAME".
class ProfileSection {
 public:
  std::string value(std::string_view name) const;  // empty: not set
  bool has(std::string_view name) const { return values_.contains(name); }
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  /// Takes over what the other says, which rules.
  void overlay(const ProfileSection& other);

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

struct Profile {
  std::string name;
  ProfileSection settings;                // both files; that of the credentials rules
  bool keys_in_credentials_file = false;  // they go before credential_process, those of the config file behind it
};

/// Both files, read once. A missing file is empty.
class Profiles {
 public:
  /// AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else those below HOME.
  static Profiles read(const Environment& environment);

  const Profile* find(std::string_view name) const;
  /// The section [services NAME] that a profile's "services" names; empty without that setting.
  /// ErrorCode::invalid_argument when there is no such section.
  Result<ProfileSection> services_of(const Profile& profile) const;

 private:
  std::map<std::string, Profile, std::less<>> profiles_;
  std::map<std::string, ProfileSection, std::less<>> services_;
};

}  // namespace tickerlake::aws
