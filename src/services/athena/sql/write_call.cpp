// Calls of scalar functions: rules from functions.h, lambdas, and the special ones of write_special.cpp.
#include <algorithm>

#include "services/athena/sql/write_special.h"
#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

std::string joined(const std::vector<Typed>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? ", " : "") + parts[i].sql;
  return out;
}

bool fits(int minimum, int maximum, std::size_t count) {
  return count >= static_cast<std::size_t>(minimum) && (maximum < 0 || count <= static_cast<std::size_t>(maximum));
}

std::string shown(const std::vector<Typed>& arguments) {
  std::string out;
  for (std::size_t i = 0; i < arguments.size(); ++i) out += (i > 0 ? ", " : "") + to_string(arguments[i].type);
  return out;
}

}  // namespace

/// The type that a return specification (functions.h) means for these arguments.
Type returned_type(std::string_view spec, const std::vector<Typed>& arguments) {
  const auto argument = [&](std::size_t digit) -> Type {
    const auto index = static_cast<std::size_t>(spec[digit] - '0');
    return index < arguments.size() ? arguments[index].type : Type{};
  };
  const auto child = [&](Kind kind, std::size_t which) {
    const auto type = argument(1);
    return type.is(kind) && which < type.children.size() ? type.children[which] : Type{};
  };
  if (spec == "?" || spec.empty()) return {};
  if (spec == "*") {
    Type type = Type::of(Kind::null);
    for (const auto& one : arguments) type = common_type(type, one.type).value_or(Type{});
    return type;
  }
  if (spec.size() == 2) {
    switch (spec[0]) {
      case '=':
        return argument(1);
      case 'L':
        return argument(1);
      case 'e':
        return child(Kind::array, 0);
      case 'k':
        return child(Kind::map, 0);
      case 'v':
        return child(Kind::map, 1);
      default:
        break;
    }
  }
  if (spec.front() == '[') return Type::array_of(returned_type(spec.substr(1, spec.size() - 2), arguments));
  if (spec.front() == '<') {
    const auto middle = spec.find(';');
    return Type::map_of(returned_type(spec.substr(1, middle - 1), arguments),
                        returned_type(spec.substr(middle + 1, spec.size() - middle - 2), arguments));
  }
  return parse_type(spec).value_or(Type{});
}

bool applies(When when, const Type& type) {
  switch (when) {
    case When::any:
      return true;
    case When::integer:
      return type.is_integer();
    case When::decimal:
      return type.is(Kind::decimal);
    case When::floating:
      return type.is_floating();
    case When::text:
      return type.is_text();
    case When::binary:
      return type.is(Kind::varbinary);
    case When::date:
      return type.is(Kind::date);
    case When::timestamp:
      return type.is(Kind::timestamp);
    case When::zoned:
      return type.is(Kind::timestamp_with_zone);
    case When::interval:
      return type.is_interval();
    case When::array:
      return type.is(Kind::array);
    case When::map:
      return type.is(Kind::map);
    case When::json:
      return type.is(Kind::json);
  }
  return false;
}

std::string Writer::expand(std::string_view pattern, const std::vector<Typed>& arguments) const {
  std::string out;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const auto close = pattern[i] == '{' ? pattern.find('}', i) : std::string_view::npos;
    if (close == std::string_view::npos) {
      out += pattern[i];
      continue;
    }
    const auto inside = pattern.substr(i + 1, close - i - 1);
    if (inside == "*") {
      out += joined(arguments);
    } else if (inside.starts_with("!")) {
      out += raise(inside.substr(1));
    } else if (inside.size() == 1 && inside[0] >= '0' && inside[0] <= '9') {
      const auto index = static_cast<std::size_t>(inside[0] - '0');
      if (index < arguments.size()) out += arguments[index].sql;
    } else {
      out += pattern.substr(i, close - i + 1);  // a literal {…} of DuckDB
    }
    i = close;
  }
  return out;
}

Written<Typed> Writer::lambda(const Lambda& node, const std::vector<Typed>& parameters, bool bound,
                              const Scope& scope) {
  Scope inner{&scope, {}, {}};
  std::string names;
  for (std::size_t i = 0; i < node.parameters.size(); ++i) {
    const auto& name = node.parameters[i].text;
    const auto type = i < parameters.size() ? parameters[i].type : Type{};
    // Bound parameters are expressions (p.key) of the one parameter that DuckDB sees.
    const auto own = parameter_name(name);
    const auto text = bound && i < parameters.size() ? parameters[i].sql : quote_identifier(own);
    names += (i > 0 ? ", " : "") + quote_identifier(own);
    inner.columns.push_back({"", "", name, type, false, text});
  }
  ++lambda_depth_;
  auto body = expression(*node.body, inner);
  --lambda_depth_;
  if (bound || !body) return body;
  return Typed{"lambda " + names + ": " + body->sql, std::move(body->type)};
}

/// Arguments in order; lambdas after the others, as their parameters' types come from those.
Written<std::vector<Typed>> Writer::arguments(const FunctionCall& node, std::string_view lambdas, const Scope& scope) {
  std::vector<Typed> out(node.arguments.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (node.arguments[i]->as<Lambda>()) continue;
    TRY(out[i], expression(*node.arguments[i], scope));
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto* function = node.arguments[i]->as<Lambda>();
    if (function == nullptr) continue;
    const auto mark = std::to_string(i) + ":";
    const auto start = lambdas.find(mark);
    if (start == std::string_view::npos)
      return error(node.arguments[i]->position,
                   "Unexpected lambda as argument " + std::to_string(i + 1) + " of function " + node.name.text);
    auto specs = lambdas.substr(start + mark.size());
    specs = specs.substr(0, specs.find(';'));
    std::vector<Typed> parameters;
    while (!specs.empty()) {
      const auto comma = std::min(specs.find(','), specs.size());
      parameters.push_back({"", returned_type(specs.substr(0, comma), out)});
      specs.remove_prefix(std::min(comma + 1, specs.size()));
    }
    if (parameters.size() != function->parameters.size())
      return error(node.arguments[i]->position, "Expected a lambda that takes " + std::to_string(parameters.size()) +
                                                    " argument(s) but got " +
                                                    std::to_string(function->parameters.size()));
    TRY(out[i], lambda(*function, parameters, false, scope));
  }
  return out;
}

Written<Typed> Writer::scalar(const FunctionCall& node, const Scope& scope) {
  const auto rules = function_rules(node.name.text);
  const auto* shape = rules.empty() ? nullptr : rules.front();
  for (const auto* rule : rules)
    if (fits(rule->minimum, rule->maximum, node.arguments.size())) {
      shape = rule;
      break;
    }
  TRY(auto values, arguments(node, shape->lambdas, scope));
  const auto first = values.empty() ? Type{} : values.front().type;
  for (const auto* rule : rules) {
    if (!fits(rule->minimum, rule->maximum, values.size()) || !applies(rule->when, first)) continue;
    return Typed{expand(rule->pattern, values), returned_type(rule->returns, values)};
  }
  return error(node.name.position, "Unexpected parameters (" + shown(values) + ") for function " + node.name.text);
}

Written<Typed> Writer::call(const FunctionCall& node, Position where, const Scope& scope) {
  const auto& name = node.name.text;
  if (const auto special = special_function(name)) {
    if (node.over || node.filter || node.distinct)
      return error(where, "Cannot use OVER, FILTER or DISTINCT with function " + name);
    return special(*this, node, scope);
  }
  const auto aggregates = aggregate_rules(name);
  for (const auto* rule : aggregates) {
    if (!fits(rule->minimum, rule->maximum, node.arguments.size())) continue;
    if (rule->when == When::any) return aggregate(node, *rule, scope);
    TRY(const auto first, expression(*node.arguments[0], scope));
    if (applies(rule->when, first.type)) return aggregate(node, *rule, scope);
  }
  if (!aggregates.empty()) {
    TRY(const auto values, arguments(node, "", scope));
    return error(where, "Unexpected parameters (" + shown(values) + ") for function " + name);
  }
  static constexpr std::string_view windows[] = {"row_number",  "rank",       "dense_rank", "percent_rank",
                                                 "cume_dist",   "ntile",      "lag",        "lead",
                                                 "first_value", "last_value", "nth_value"};
  if (std::find(std::begin(windows), std::end(windows), name) != std::end(windows)) return window_function(node, scope);
  if (function_rules(name).empty())
    return error(where, "Function '" + name + "' not registered", SyntaxErrorKind::unknown_function);
  if (node.over) return error(where, "Cannot call function as window function: " + name);
  if (node.filter || node.distinct || node.star || !node.order_by.empty())
    return error(where, "Cannot use DISTINCT, FILTER or ORDER BY with function " + name);
  return scalar(node, scope);
}

}  // namespace tickerlake::athena::sql
