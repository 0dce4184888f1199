#include "services/glue/crawler/glob.h"

#include <string>

namespace tickerlake::glue {
namespace {

constexpr auto none = std::string_view::npos;

/// Where the group that opens at pattern[0] closes, or none.
std::size_t closing_brace(std::string_view pattern) {
  int depth = 0;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
    } else if (pattern[i] == '{') {
      ++depth;
    } else if (pattern[i] == '}' && --depth == 0) {
      return i;
    }
  }
  return none;
}

/// Whether the class "[…]" at the start of pattern holds c; length: of the class in the pattern, 0 if it is broken.
bool class_holds(std::string_view pattern, char c, std::size_t& length) {
  const auto end = pattern.find(']', 2);
  length = end == none ? 0 : end + 1;
  if (end == none) return false;
  auto members = pattern.substr(1, end - 1);
  const bool inverted = members.front() == '!' || members.front() == '^';
  if (inverted) members.remove_prefix(1);
  bool found = false;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (i + 2 < members.size() && members[i + 1] == '-') {
      found |= members[i] <= c && c <= members[i + 2];
      i += 2;
    } else {
      found |= members[i] == c;
    }
  }
  return found != inverted && c != '/';
}

bool match(std::string_view pattern, std::string_view path, int& steps) {
  while (!pattern.empty()) {
    if (--steps < 0) return false;
    if (pattern.front() == '*') {
      const bool crosses = pattern.starts_with("**");
      auto rest = pattern.substr(crosses ? 2 : 1);
      for (std::size_t i = 0;; ++i) {
        if (match(rest, path.substr(i), steps)) return true;
        if (i == path.size() || steps < 0 || (!crosses && path[i] == '/')) return false;
      }
    }
    if (pattern.front() == '{') {
      const auto end = closing_brace(pattern);
      if (end == none) return false;
      const auto rest = pattern.substr(end + 1);
      auto alternatives = pattern.substr(1, end - 1);
      int depth = 0;
      std::size_t start = 0;
      for (std::size_t i = 0; i <= alternatives.size(); ++i) {
        if (i < alternatives.size() && alternatives[i] == '{') ++depth;
        if (i < alternatives.size() && alternatives[i] == '}') --depth;
        if (i < alternatives.size() && (alternatives[i] != ',' || depth != 0)) continue;
        if (match(std::string(alternatives.substr(start, i - start)).append(rest), path, steps)) return true;
        start = i + 1;
      }
      return false;
    }
    if (path.empty()) return false;
    if (pattern.front() == '[') {
      std::size_t length = 0;
      if (!class_holds(pattern, path.front(), length)) return false;
      pattern.remove_prefix(length);
    } else if (pattern.front() == '?') {
      if (path.front() == '/') return false;
      pattern.remove_prefix(1);
    } else {
      if (pattern.front() == '\\' && pattern.size() > 1) pattern.remove_prefix(1);
      if (pattern.front() != path.front()) return false;
      pattern.remove_prefix(1);
    }
    path.remove_prefix(1);
  }
  return path.empty();
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view path) {
  int steps = max_glob_steps;
  return match(pattern, path, steps);
}

}  // namespace tickerlake::glue
