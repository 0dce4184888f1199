// Aggregates and window functions.
#include "services/athena/sql/write_special.h"
#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

using Kind = Type::Kind;

/// What Trino's aggregates give for their argument's type, where that is no plain rule.
Type aggregate_type(std::string_view name, const std::vector<Typed>& arguments, std::string_view returns) {
  if (name == "sum" || name == "avg") {
    const auto type = arguments.empty() ? Type{} : arguments.front().type;
    if (type.is_integer()) return Type::of(name == "sum" ? Kind::bigint : Kind::double_);
    if (type.is(Kind::decimal)) return name == "sum" ? Type::decimal(38, type.scale) : type;
    return type;
  }
  if (name == "approx_percentile" && arguments.size() == 2 && arguments[1].type.is(Kind::array))
    return Type::array_of(arguments[0].type);
  return returned_type(returns, arguments);
}

}  // namespace

Written<std::string> Writer::sort_list(const std::vector<SortItem>& items, const Scope& scope) {
  std::string out;
  for (const auto& item : items) {
    TRY(const auto key, expression(*item.key, scope));
    out += (out.empty() ? "" : ", ") + key.sql + direction(item);
  }
  return out;
}

Written<Typed> Writer::aggregate(const FunctionCall& node, const AggregateRule& rule, const Scope& scope) {
  TRY(auto values, arguments(node, "", scope));
  for (const auto& value : values)
    if ((node.name.text == "sum" || node.name.text == "avg") && value.type.known() && !value.type.is_numeric() &&
        !value.type.is_interval())
      return error(node.name.position,
                   "Unexpected parameters (" + to_string(value.type) + ") for function " + node.name.text);
  const auto type = aggregate_type(node.name.text, values, rule.returns);
  std::string inner = node.star ? "*" : expand(rule.arguments, values);
  const bool own_distinct = inner.starts_with("DISTINCT ");
  if (node.distinct && !own_distinct) inner = "DISTINCT " + inner;
  if (!node.order_by.empty()) {
    TRY(const auto keys, sort_list(node.order_by, scope));
    inner += " ORDER BY " + keys;
  }
  if (node.null_treatment == NullTreatment::ignore) {
    if (!node.over)
      return error(node.name.position, "Cannot specify null treatment clause for " + node.name.text + " function",
                   SyntaxErrorKind::syntax);
    inner += " IGNORE NULLS";
  }
  std::string text = std::string(rule.function) + "(" + inner + ")";
  if (node.filter) {
    TRY(const auto condition, expression(*node.filter, scope));
    text += " FILTER (WHERE " + condition.sql + ")";
  }
  if (node.over) {
    TRY(const auto window, over(*node.over, scope));
    text += window;
  }
  // DuckDB widens sums of integers to 128 bits and gives averages of decimals as doubles.
  if (node.name.text == "sum" && type.is(Kind::bigint)) return Typed{"CAST(" + text + " AS BIGINT)", type};
  if (node.name.text == "sum" && type.is(Kind::real)) return Typed{"CAST(" + text + " AS FLOAT)", type};
  if (node.name.text == "avg" && (type.is(Kind::decimal) || type.is(Kind::real)))
    return Typed{"CAST(" + text + " AS " + to_duckdb(type) + ")", type};
  if (node.name.text == "approx_percentile" && !to_duckdb(type).empty())
    return Typed{"CAST(" + text + " AS " + to_duckdb(type) + ")", type};
  const auto mark = rule.wrap.find("{}");
  if (mark == std::string_view::npos) return Typed{std::move(text), type};
  return Typed{std::string(rule.wrap.substr(0, mark)) + text + std::string(rule.wrap.substr(mark + 2)), type};
}

Written<Typed> Writer::window_function(const FunctionCall& node, const Scope& scope) {
  const auto& name = node.name.text;
  if (!node.over)
    return error(node.name.position, "Window function " + name + " requires an OVER clause", SyntaxErrorKind::syntax);
  TRY(auto values, arguments(node, "", scope));
  const bool ranks =
      name == "row_number" || name == "rank" || name == "dense_rank" || name == "percent_rank" || name == "cume_dist";
  const std::size_t minimum = ranks ? 0 : name == "nth_value" ? 2 : 1;
  const std::size_t maximum = ranks ? 0 : name == "lag" || name == "lead" ? 3 : minimum;
  if (values.size() < minimum || values.size() > maximum)
    return error(node.name.position,
                 "Unexpected number of parameters for function " + name + ": " + std::to_string(values.size()));
  std::string inner;
  for (const auto& value : values) inner += (inner.empty() ? "" : ", ") + value.sql;
  if (node.null_treatment == NullTreatment::ignore) {
    if (ranks || name == "ntile")
      return error(node.name.position, "Cannot specify null treatment clause for " + name + " function",
                   SyntaxErrorKind::syntax);
    inner += " IGNORE NULLS";
  }
  TRY(const auto window, over(*node.over, scope));
  Type type = Type::of(Kind::bigint);
  if (name == "percent_rank" || name == "cume_dist") type = Type::of(Kind::double_);
  if (!ranks && name != "ntile") type = values.front().type;
  return Typed{name + "(" + inner + ")" + window, std::move(type)};
}

Written<std::string> Writer::window_clause(const Select& node, const Scope& scope) {
  std::string out;
  for (const auto& [name, specification] : node.windows) {
    TRY(const auto text, window(specification, scope));
    if (!windows_.emplace(name.text, &specification).second)
      return error(name.position, "WINDOW name '" + name.text + "' specified more than once");
    out += (out.empty() ? " WINDOW " : ", ") + quote_identifier(name.text) + " AS (" + text + ")";
  }
  return out;
}

Written<const WindowSpecification*> Writer::named_window(const Name& name) const {
  const auto found = windows_.find(name.text);
  if (found == windows_.end()) return error(name.position, "Cannot resolve WINDOW name " + name.text);
  return found->second;
}

Written<std::string> Writer::over(const WindowSpecification& specification, const Scope& scope) {
  const bool only_name = specification.base && specification.partition_by.empty() && specification.order_by.empty() &&
                         !specification.frame;
  if (only_name) {
    CHECK(named_window(*specification.base));
    return " OVER " + quote_identifier(specification.base->text);
  }
  TRY(const auto text, window(specification, scope));
  return " OVER (" + text + ")";
}

Written<std::string> Writer::window(const WindowSpecification& specification, const Scope& scope) {
  std::string out;
  const auto add = [&](const std::string& part) { out += (out.empty() ? "" : " ") + part; };
  if (specification.base) {
    TRY(const auto* base, named_window(*specification.base));
    if (!specification.partition_by.empty())
      return error(specification.partition_by.front()->position,
                   "WINDOW specification with named WINDOW reference cannot specify PARTITION BY");
    if (!specification.order_by.empty() && !base->order_by.empty())
      return error(specification.order_by.front().key->position,
                   "Cannot specify ORDER BY if referenced named WINDOW specifies ORDER BY");
    if (base->frame)
      return error(specification.base->position, "Cannot reference named WINDOW containing frame specification");
    add(quote_identifier(specification.base->text));
  }
  if (!specification.partition_by.empty()) {
    std::string keys;
    for (const auto& key : specification.partition_by) {
      TRY(const auto text, expression(*key, scope));
      keys += (keys.empty() ? "" : ", ") + text.sql;
    }
    add("PARTITION BY " + keys);
  }
  if (!specification.order_by.empty()) {
    TRY(const auto keys, sort_list(specification.order_by, scope));
    add("ORDER BY " + keys);
  }
  if (specification.frame) {
    TRY(const auto text, frame(*specification.frame, scope));
    add(text);
  }
  return out;
}

Written<std::string> Writer::frame(const Frame& node, const Scope& scope) {
  static constexpr std::string_view units[] = {"ROWS", "RANGE", "GROUPS"};
  const std::string unit(units[static_cast<std::size_t>(node.unit)]);
  TRY(const auto start, frame_bound(node.start, scope));
  if (!node.end) return unit + " " + start;
  TRY(const auto end, frame_bound(*node.end, scope));
  return unit + " BETWEEN " + start + " AND " + end;
}

Written<std::string> Writer::frame_bound(const FrameBound& bound, const Scope& scope) {
  std::string offset;
  if (bound.offset) {
    TRY(const auto text, expression(*bound.offset, scope));
    offset = text.sql;
  }
  switch (bound.kind) {
    case FrameBoundKind::unbounded_preceding:
      return std::string("UNBOUNDED PRECEDING");
    case FrameBoundKind::preceding:
      return offset + " PRECEDING";
    case FrameBoundKind::current_row:
      return std::string("CURRENT ROW");
    case FrameBoundKind::following:
      return offset + " FOLLOWING";
    case FrameBoundKind::unbounded_following:
      return std::string("UNBOUNDED FOLLOWING");
  }
  return std::string();
}

}  // namespace tickerlake::athena::sql
