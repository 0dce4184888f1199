#pragma once
// Texts of statements: Hive's name patterns, lines.
#include <string>
#include <string_view>
#include <vector>

namespace tickerlake::athena {

/// Hive's patterns of SHOW: '*' (and LIKE's '%', ".*" of regular expressions) stands for anything, '|' separates
/// alternatives. Case is ignored.
bool matches_hive(std::string_view name, std::string_view pattern);

std::vector<std::string> lines_of(std::string_view text);

}  // namespace tickerlake::athena
