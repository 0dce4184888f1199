#include "aws/profile.h"

#include <cstdlib>

#include "io/file.h"

namespace tickerlake::aws {
namespace {

using Ini = std::map<std::string, ProfileSection, std::less<>>;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

bool is_space(char c) { return c == ' ' || c == '\t'; }

Ini read_ini(const io::Path& path) {
  const std::string text = io::read_file(path).value_or("");
  Ini ini;
  ProfileSection* section = nullptr;
  std::string parent;  // of indented lines
  for (std::string_view left = text; !left.empty();) {
    const std::size_t end = std::min(left.find('\n'), left.size());
    const std::string_view line = left.substr(0, end);
    left.remove_prefix(std::min(end + 1, left.size()));
    const std::string bare = trimmed(line);
    if (bare.empty() || bare[0] == '#' || bare[0] == ';') continue;
    if (line[0] == '[') {
      section = &ini[trimmed(line.substr(1, line.find(']') - 1))];
      parent.clear();
      continue;
    }
    const std::size_t equals = bare.find('=');
    if (equals == std::string::npos || section == nullptr) continue;
    const std::string name = trimmed(bare.substr(0, equals)), value = trimmed(bare.substr(equals + 1));
    if (is_space(line[0])) {
      if (!parent.empty()) section->set(parent + "." + name, value);
    } else {
      section->set(name, value);
      parent = value.empty() ? name : "";
    }
  }
  return ini;
}

/// "NAME" of "KIND NAME" and of "KIND\tNAME".
std::optional<std::string> named(std::string_view title, std::string_view kind) {
  if (!title.starts_with(kind) || title.size() == kind.size() || !is_space(title[kind.size()])) return std::nullopt;
  std::string name = trimmed(title.substr(kind.size()));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return name;
}

/// "~/x" is below HOME.
std::string expanded(const Environment& environment, std::string path) {
  if (path.starts_with("~/")) path.replace(0, 1, environment("HOME").value_or(""));
  return path;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr || *value == '\0') return std::nullopt;
    return value;
  };
}

std::string ProfileSection::value(std::string_view name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? std::string{} : at->second;
}

void ProfileSection::overlay(const ProfileSection& other) {
  for (const auto& [name, value] : other.values_) values_[name] = value;
}

Profiles Profiles::read(const Environment& environment) {
  Profiles profiles;
  for (const auto& [title, section] :
       read_ini(expanded(environment, environment("AWS_CONFIG_FILE").value_or("~/.aws/config")))) {
    if (const auto services = named(title, "services")) {
      profiles.services_[*services] = section;
    } else if (const auto name = title == "default" ? std::optional(title) : named(title, "profile")) {
      Profile& profile = profiles.profiles_[*name];
      profile.name = *name;
      profile.settings.overlay(section);
    }
  }
  const std::string path = environment("AWS_SHARED_CREDENTIALS_FILE").value_or("~/.aws/credentials");
  for (const auto& [name, section] : read_ini(expanded(environment, path))) {
    Profile& profile = profiles.profiles_[name];
    profile.name = name;
    profile.settings.overlay(section);
    profile.keys_in_credentials_file = section.has("aws_access_key_id");
  }
  return profiles;
}

const Profile* Profiles::find(std::string_view name) const {
  const auto at = profiles_.find(name);
  return at == profiles_.end() ? nullptr : &at->second;
}

Result<ProfileSection> Profiles::services_of(const Profile& profile) const {
  const std::string name = profile.settings.value("services");
  if (name.empty()) return ProfileSection{};
  const auto at = services_.find(name);
  if (at == services_.end())
    return fail(ErrorCode::invalid_argument, "the AWS profile \"" + profile.name + "\" names services \"" + name +
                                                 "\", but there is no [services " + name + "]");
  return at->second;
}

}  // namespace tickerlake::aws
