#include "services/athena/sql/functions.h"

#include <algorithm>

#include "services/athena/sql/write_special.h"

namespace tickerlake::athena::sql {
namespace {

constexpr std::string_view window_names[] = {"row_number", "rank", "dense_rank",  "percent_rank", "cume_dist", "ntile",
                                             "lag",        "lead", "first_value", "last_value",   "nth_value"};

template <class Visit>
void for_each_rule(Visit&& visit) {
  for (const auto table : {math_functions(), text_functions(), date_functions(), array_functions(), map_functions(),
                           json_functions(), binary_functions()})
    for (const auto& rule : table) visit(rule);
}

}  // namespace

std::vector<const FunctionRule*> function_rules(std::string_view name) {
  std::vector<const FunctionRule*> found;
  for_each_rule([&](const FunctionRule& rule) {
    if (rule.name == name) found.push_back(&rule);
  });
  return found;
}

std::vector<const AggregateRule*> aggregate_rules(std::string_view name) {
  std::vector<const AggregateRule*> found;
  for (const auto& rule : aggregate_functions())
    if (rule.name == name) found.push_back(&rule);
  return found;
}

std::vector<std::string_view> function_names() {
  std::vector<std::string_view> names = special_function_names();
  for_each_rule([&](const FunctionRule& rule) { names.push_back(rule.name); });
  for (const auto& rule : aggregate_functions()) names.push_back(rule.name);
  names.insert(names.end(), std::begin(window_names), std::end(window_names));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace tickerlake::athena::sql
