#pragma once
// From a certificate's subject to a user's name: Kafka's ssl.principal.mapping.rules.
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tickerlake::broker {

/// Longer subjects are nobody's: patterns are tried on them.
inline constexpr std::size_t max_subject_bytes = 4096;

/// "RULE:pattern/replacement/[LU]" and "DEFAULT", separated by commas; the first whose pattern matches all of the
/// subject decides. Patterns are Perl's, which for what such rules use are Java's. Thread-safe, cheap to copy.
class PrincipalRules {
 public:
  /// ErrorCode::invalid_argument for a rule that is none.
  static Result<PrincipalRules> parse(std::string_view text);
  /// The user's name; nothing when no rule matches, or when matching takes too long.
  std::optional<std::string> apply(const std::string& subject) const;

 private:
  struct Rules;
  explicit PrincipalRules(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

}  // namespace tickerlake::broker
