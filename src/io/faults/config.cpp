#include "io/faults/config.h"

#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>

namespace faults {
namespace {

[[noreturn]] void refuse(std::string_view part) {
  std::fprintf(stderr, "TICKERLAKE_FAULTS: can't read \"%.*s\"\n", static_cast<int>(part.size()), part.data());
  ::_exit(99);
}

std::vector<std::string> split(std::string_view text, char separator, std::size_t most) {
  std::vector<std::string> parts;
  while (parts.size() + 1 < most) {
    const std::size_t end = text.find(separator);
    if (end == std::string_view::npos) break;
    parts.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.emplace_back(text);
  return parts;
}

std::int64_t number(const std::string& text, std::string_view part) {
  char* end = nullptr;
  const long long value = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || value < 0) refuse(part);
  return value;
}

PointAt point_at(const std::string& text, std::string_view part) {
  const auto parts = split(text, '@', 2);
  return {parts[0], parts.size() == 2 ? number(parts[1], part) : 1};
}

Failure failure(const std::string& text, std::string_view part) {
  const auto parts = split(text, ':', 4);
  if (parts.size() < 3) refuse(part);
  Failure failure;
  failure.call = parts[0];
  if (parts[1] == "ENOSPC") {
    failure.error = ENOSPC;
  } else if (parts[1] == "EIO") {
    failure.error = EIO;
  } else if (parts[1] == "EDQUOT") {
    failure.error = EDQUOT;
  } else {
    refuse(part);
  }
  if (parts[2].starts_with('@')) {
    failure.at = number(parts[2].substr(1), part);
  } else if (parts[2].ends_with('%')) {
    failure.percent = static_cast<int>(number(parts[2].substr(0, parts[2].size() - 1), part));
  } else {
    refuse(part);
  }
  failure.glob = parts.size() == 4 ? parts[3] : "*";
  return failure;
}

}  // namespace

void Config::apply(std::string_view text) {
  for (const std::string& part : split(text, ';', SIZE_MAX)) {
    if (part.empty()) continue;
    const auto pair = split(part, '=', 2);
    if (pair.size() != 2) refuse(part);
    const std::string& name = pair[0];
    const std::string& value = pair[1];
    if (name == "data") {
      data = value;
    } else if (name == "seed") {
      seed = static_cast<std::uint64_t>(number(value, part));
    } else if (name == "kill") {
      kill = point_at(value, part);
    } else if (name == "cut") {
      cut = point_at(value, part);
    } else if (name == "lose") {
      lose_all = value == "all";
    } else if (name == "fail" && value == "off") {
      failures.clear();
    } else if (name == "fail") {
      failures.push_back(failure(value, part));
    } else if (name == "space") {
      space = value == "off" ? -1 : number(value, part);
    } else if (name == "slow") {
      slow_ms = static_cast<int>(number(value, part));
    } else if (name == "ignore") {
      const auto parts = split(value, ':', 2);
      if (parts.size() != 2) refuse(part);
      ignored.push_back({parts[0], parts[1]});
    } else if (name == "coverage") {
      coverage = value;
    } else if (name == "control") {
      control = value;
    } else {
      refuse(part);
    }
  }
}

std::string path_of(int descriptor) {
  char path[PATH_MAX];
  const ssize_t n = ::readlink(("/proc/self/fd/" + std::to_string(descriptor)).c_str(), path, sizeof path);
  return n < 0 ? std::string() : std::string(path, static_cast<std::size_t>(n));
}

}  // namespace faults
