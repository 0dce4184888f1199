#pragma once
// The glob patterns of a crawler's exclusions.
#include <string_view>

namespace tickerlake::glue {

/// * is any text without '/', ** with it, ? one character but '/', [a-z] and [!a] a class, {a,b} alternatives, \ takes
/// the next character as it is. Of the whole path. Broken patterns match nothing. Patterns are at most 1,024 bytes;
/// the work is bounded by max_glob_steps, beyond which nothing matches.
bool glob_matches(std::string_view pattern, std::string_view path);

constexpr int max_glob_steps = 1'000'000;

}  // namespace tickerlake::glue
