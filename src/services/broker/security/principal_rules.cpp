#include "services/broker/security/principal_rules.h"

#include <algorithm>
#include <boost/regex.hpp>
#include <stdexcept>
#include <vector>

namespace tickerlake::broker {
namespace {

std::unexpected<Error> malformed(std::string_view text, std::string_view what) {
  return fail(ErrorCode::invalid_argument,
              "ssl.principal.mapping.rules: \"" + std::string(text) + "\": " + std::string(what));
}

/// Up to the next slash that no backslash stands before; takes the slash too.
std::optional<std::string_view> take_to_slash(std::string_view& rest) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '\\') {
      ++i;
    } else if (rest[i] == '/') {
      const std::string_view part = rest.substr(0, i);
      rest.remove_prefix(i + 1);
      return part;
    }
  }
  return std::nullopt;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "$1" stands for the first group; a dollar sign that names no group, and what a backslash stands before, for itself.
std::string fill_in(std::string_view replacement, const boost::smatch& groups) {
  std::string text;
  for (std::size_t i = 0; i < replacement.size(); ++i) {
    const char c = replacement[i];
    if (c == '\\' && i + 1 < replacement.size()) {
      text += replacement[++i];
    } else if (c == '$' && i + 1 < replacement.size() && is_digit(replacement[i + 1])) {
      std::size_t group = static_cast<std::size_t>(replacement[i + 1] - '0');
      if (group >= groups.size()) {
        text += c;
        continue;
      }
      for (++i; i + 1 < replacement.size() && is_digit(replacement[i + 1]); ++i) {
        const std::size_t longer = group * 10 + static_cast<std::size_t>(replacement[i + 1] - '0');
        if (longer >= groups.size()) break;
        group = longer;
      }
      text += groups[static_cast<int>(group)].str();
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

struct PrincipalRules::Rules {
  struct Rule {
    std::optional<boost::regex> pattern;  // none: DEFAULT
    std::string replacement;
    char letters = ' ';  // 'L' and 'U' for lower and upper case
  };
  std::vector<Rule> rules;
};

Result<PrincipalRules> PrincipalRules::parse(std::string_view text) {
  auto rules = std::make_shared<Rules>();
  std::string_view rest = text;
  const auto skip_spaces = [&] {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\t')) rest.remove_prefix(1);
  };
  for (skip_spaces(); !rest.empty(); skip_spaces()) {
    Rules::Rule rule;
    if (rest.starts_with("DEFAULT")) {
      rest.remove_prefix(7);
    } else if (rest.starts_with("RULE:")) {
      rest.remove_prefix(5);
      const auto pattern = take_to_slash(rest);
      const auto replacement = pattern ? take_to_slash(rest) : std::nullopt;
      if (!replacement) return malformed(text, "a rule is RULE:pattern/replacement/");
      rule.replacement = *replacement;
      if (rest.starts_with('L') || rest.starts_with('U')) {
        rule.letters = rest[0];
        rest.remove_prefix(1);
      }
      try {
        rule.pattern.emplace(std::string(*pattern), boost::regex::perl);
      } catch (const std::runtime_error& error) {
        return malformed(text, std::string("the pattern is none: ") + error.what());
      }
    } else {
      return malformed(text, "a rule begins with RULE: or is DEFAULT");
    }
    rules->rules.push_back(std::move(rule));
    skip_spaces();
    if (rest.empty()) break;
    if (rest[0] != ',') return malformed(text, "rules are separated by commas");
    rest.remove_prefix(1);
  }
  if (rules->rules.empty()) rules->rules.emplace_back();
  return PrincipalRules(std::move(rules));
}

std::optional<std::string> PrincipalRules::apply(const std::string& subject) const {
  if (subject.size() > max_subject_bytes) return std::nullopt;
  for (const Rules::Rule& rule : rules_->rules) {
    if (!rule.pattern) return subject;
    boost::smatch groups;
    try {
      if (!boost::regex_match(subject, groups, *rule.pattern)) continue;
    } catch (const std::runtime_error&) {
      return std::nullopt;  // it gives up what would take too long
    }
    std::string name = fill_in(rule.replacement, groups);
    const auto change = [&](char first, char last, int by) {
      for (char& c : name)
        if (c >= first && c <= last) c = static_cast<char>(c + by);
    };
    if (rule.letters == 'L') change('A', 'Z', 'a' - 'A');
    if (rule.letters == 'U') change('a', 'z', 'A' - 'a');
    return name.empty() ? std::nullopt : std::optional(name);
  }
  return std::nullopt;
}

}  // namespace tickerlake::broker
