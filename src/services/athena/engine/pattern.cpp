#include "services/athena/engine/pattern.h"

namespace tickerlake::athena {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// '*' in pattern stands for anything. Linear in time: the last star takes what is left over.
bool matches_one(std::string_view name, std::string_view pattern) {
  std::size_t n = 0, p = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && lower(pattern[p]) == lower(name[n])) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace

bool matches_hive(std::string_view name, std::string_view pattern) {
  std::string alternative;
  for (std::size_t i = 0; i <= pattern.size(); ++i) {
    if (i == pattern.size() || pattern[i] == '|') {
      if (matches_one(name, alternative)) return true;
      alternative.clear();
    } else if (pattern[i] == '%' || (pattern[i] == '.' && i + 1 < pattern.size() && pattern[i + 1] == '*')) {
      if (pattern[i] == '.') ++i;
      alternative += '*';
    } else {
      alternative += pattern[i];
    }
  }
  return false;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

}  // namespace tickerlake::athena
