#include "services/athena/sql/partition_filter.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "services/athena/sql/walk.h"

namespace tickerlake::athena::sql {
namespace {

using Filter = PartitionFilter;
using Kind = PartitionFilter::Kind;

Filter constant(bool value) {
  Filter out;
  out.kind = value ? Kind::constant_true : Kind::constant_false;
  return out;
}

/// A literal as a constant; nullopt for what is none.
std::optional<FilterValue> value_of(const Expression& e) {
  using K = FilterValue::Kind;
  if (e.as<NullLiteral>()) return FilterValue{K::null, ""};
  if (const auto* n = e.as<BooleanLiteral>()) return FilterValue{K::boolean, n->value ? "true" : "false"};
  if (const auto* n = e.as<IntegerLiteral>()) return FilterValue{K::integer, n->digits};
  if (const auto* n = e.as<DecimalLiteral>()) return FilterValue{K::decimal, n->text};
  if (const auto* n = e.as<StringLiteral>()) return FilterValue{K::text, n->value};
  if (const auto* n = e.as<Unary>(); n != nullptr && n->op == UnaryOperator::minus) {
    auto inner = value_of(*n->operand);
    if (!inner || (inner->kind != K::integer && inner->kind != K::decimal) || inner->text.starts_with("-"))
      return std::nullopt;
    inner->text.insert(0, "-");
    return inner;
  }
  if (const auto* n = e.as<TypedLiteral>()) {
    if (n->type.is(Type::Kind::date)) return FilterValue{K::date, n->value};
    if (n->type.is(Type::Kind::timestamp)) return FilterValue{K::timestamp, n->value};
    if (n->type.is_text()) return FilterValue{K::text, n->value};
    if (n->type.is_integer()) return FilterValue{K::integer, n->value};
  }
  if (const auto* n = e.as<Cast>()) {
    // CAST('2020-01-01' AS DATE) is DATE '2020-01-01'.
    const auto inner = value_of(*n->operand);
    if (inner && inner->kind == K::text && n->type.is(Type::Kind::date)) return FilterValue{K::date, inner->text};
    if (inner && n->type.is(Type::Kind::varchar) && n->type.precision == 0 && inner->kind != K::null)
      return FilterValue{K::text, inner->text};
  }
  if (const auto* n = e.as<FunctionCall>(); n != nullptr && n->name.text == "date" && n->arguments.size() == 1) {
    const auto inner = value_of(*n->arguments[0]);
    if (inner && inner->kind == K::text) return FilterValue{K::date, inner->text};
  }
  return std::nullopt;
}

ComparisonOperator mirrored(ComparisonOperator op) {
  switch (op) {
    case ComparisonOperator::less:
      return ComparisonOperator::greater;
    case ComparisonOperator::less_or_equal:
      return ComparisonOperator::greater_or_equal;
    case ComparisonOperator::greater:
      return ComparisonOperator::less;
    case ComparisonOperator::greater_or_equal:
      return ComparisonOperator::less_or_equal;
    default:
      return op;
  }
}

/// Reads conditions on one relation's keys out of an expression.
class Extractor {
 public:
  Extractor(const std::vector<std::string>& keys, std::string alias, bool only_relation)
      : keys_(keys), alias_(std::move(alias)), only_(only_relation) {}

  /// nullopt: nothing is known (it may be true, false or null).
  std::optional<Filter> read(const Expression& e) const {
    if (const auto* n = e.as<BooleanLiteral>()) return constant(n->value);
    if (const auto* n = e.as<Logical>()) return logical(*n);
    if (const auto* n = e.as<Not>()) {
      // NOT of a part that is only half known would turn "wider" into "narrower".
      const auto inner = exact(*n->operand);
      if (!inner) return std::nullopt;
      return negated(*inner);
    }
    return simple(e);
  }

 private:
  /// Like read, but only if nothing was left out.
  std::optional<Filter> exact(const Expression& e) const {
    if (const auto* n = e.as<Logical>()) {
      Filter out;
      out.kind = n->conjunction ? Kind::and_ : Kind::or_;
      for (const auto& term : n->terms) {
        auto inner = exact(*term);
        if (!inner) return std::nullopt;
        out.terms.push_back(std::move(*inner));
      }
      return out;
    }
    if (const auto* n = e.as<Not>()) {
      auto inner = exact(*n->operand);
      if (!inner) return std::nullopt;
      return negated(*inner);
    }
    if (const auto* n = e.as<BooleanLiteral>()) return constant(n->value);
    return simple(e);
  }

  static Filter negated(Filter inner) {
    Filter out;
    out.kind = Kind::not_;
    out.terms.push_back(std::move(inner));
    return out;
  }

  std::optional<Filter> logical(const Logical& node) const {
    Filter out;
    out.kind = node.conjunction ? Kind::and_ : Kind::or_;
    for (const auto& term : node.terms) {
      auto inner = read(*term);
      if (!inner) {
        if (node.conjunction) continue;  // the rest still has to hold
        return std::nullopt;             // the other side may let anything through
      }
      out.terms.push_back(std::move(*inner));
    }
    if (out.terms.empty()) return std::nullopt;
    if (out.terms.size() == 1) return std::move(out.terms.front());
    return out;
  }

  /// The key that an expression is, maybe cast; fills key and cast.
  bool key_of(const Expression& e, Filter& out) const {
    if (const auto* cast = e.as<Cast>(); cast != nullptr && out.cast.is(Type::Kind::unknown)) {
      out.cast = cast->type;
      return key_of(*cast->operand, out);
    }
    if (const auto* call = e.as<FunctionCall>();
        call != nullptr && call->name.text == "date" && call->arguments.size() == 1) {
      out.cast = Type::of(Type::Kind::date);
      return key_of(*call->arguments[0], out);
    }
    const Name* name = nullptr;
    if (const auto* column = e.as<ColumnReference>()) {
      if (!only_) return false;  // it could be another relation's column
      name = &column->name;
    } else if (const auto* field = e.as<Dereference>()) {
      // alias.key, or database.table.key
      const Expression* base = field->base.get();
      const auto* qualifier = base->as<ColumnReference>();
      if (qualifier == nullptr || qualifier->name.text != alias_) return false;
      name = &field->field;
    }
    if (name == nullptr || std::find(keys_.begin(), keys_.end(), name->text) == keys_.end()) return false;
    out.key = name->text;
    return true;
  }

  std::optional<Filter> comparison(ComparisonOperator op, const Expression& left, const Expression& right) const {
    Filter out;
    out.kind = Kind::compare;
    out.op = op;
    auto value = value_of(right);
    if (!value || !key_of(left, out)) {
      out = {};
      out.kind = Kind::compare;
      out.op = mirrored(op);
      value = value_of(left);
      if (!value || !key_of(right, out)) return std::nullopt;
    }
    if (value->kind == FilterValue::Kind::null) return constant(false);
    out.values.push_back(std::move(*value));
    return out;
  }

  std::optional<Filter> simple(const Expression& e) const {
    if (const auto* n = e.as<Comparison>()) return comparison(n->op, *n->left, *n->right);
    if (const auto* n = e.as<Between>()) {
      auto low = comparison(ComparisonOperator::greater_or_equal, *n->operand, *n->low);
      auto high = comparison(ComparisonOperator::less_or_equal, *n->operand, *n->high);
      if (!low || !high) return std::nullopt;
      Filter out;
      out.kind = Kind::and_;
      out.terms.push_back(std::move(*low));
      out.terms.push_back(std::move(*high));
      return n->negated ? negated(std::move(out)) : out;
    }
    if (const auto* n = e.as<InList>()) {
      Filter out;
      out.kind = Kind::in;
      if (!key_of(*n->operand, out)) return std::nullopt;
      for (const auto& item : n->items) {
        auto value = value_of(*item);
        if (!value || value->kind == FilterValue::Kind::null) return std::nullopt;
        out.values.push_back(std::move(*value));
      }
      return n->negated ? negated(std::move(out)) : out;
    }
    if (const auto* n = e.as<Like>()) {
      Filter out;
      out.kind = Kind::like;
      const auto pattern = value_of(*n->pattern);
      if (!key_of(*n->operand, out) || !pattern || pattern->kind != FilterValue::Kind::text) return std::nullopt;
      out.values.push_back(*pattern);
      if (n->escape) {
        const auto escape = value_of(*n->escape);
        if (!escape || escape->text.size() != 1) return std::nullopt;
        out.values.push_back(*escape);
      }
      return n->negated ? negated(std::move(out)) : out;
    }
    if (const auto* n = e.as<IsNull>()) {
      Filter out;
      out.kind = Kind::is_null;
      if (!key_of(*n->operand, out)) return std::nullopt;
      return n->negated ? negated(std::move(out)) : out;
    }
    return std::nullopt;
  }

  const std::vector<std::string>& keys_;
  std::string alias_;
  bool only_;
};

/// Where a table is mentioned in a FROM clause.
struct Found {
  std::string alias;
  bool only = true;                           // the clause's sole relation
  std::vector<const Expression*> conditions;  // ON of inner joins around it
};

/// Finds the mention below a relation; false if it is not there. `preserved` turns false where an outer join may add
/// NULL rows.
bool find(const Relation& relation, const TableName& mention, Found& found, bool& preserved) {
  if (const auto* table = relation.as<TableRelation>()) {
    if (&table->name != &mention) return false;
    found.alias = mention.table();
    return true;
  }
  if (const auto* aliased = relation.as<AliasedRelation>()) {
    if (!find(*aliased->relation, mention, found, preserved)) return false;
    found.alias = aliased->alias.text;
    // t(a, b): the keys have other names then.
    if (!aliased->columns.empty()) preserved = false;
    return true;
  }
  if (const auto* sampled = relation.as<SampledRelation>()) return find(*sampled->relation, mention, found, preserved);
  if (const auto* join = relation.as<Join>()) {
    const bool left = find(*join->left, mention, found, preserved);
    if (!left && !find(*join->right, mention, found, preserved)) return false;
    found.only = false;
    const bool inner = join->kind == JoinKind::inner || join->kind == JoinKind::cross;
    const bool kept = inner || (join->kind == JoinKind::left && left) || (join->kind == JoinKind::right && !left);
    if (inner && join->on) found.conditions.push_back(join->on.get());
    // WHERE on a null-supplied side would be right for most predicates; IS NULL would not, so it is left alone.
    if (!kept) preserved = false;
    return true;
  }
  return false;
}

/// Looks through a query and all below it for the SELECT whose FROM holds the mention.
std::optional<Filter> search(const Query& query, const TableName& mention, const std::vector<std::string>& keys);

std::optional<Filter> search(const Expression& e, const TableName& mention, const std::vector<std::string>& keys) {
  std::optional<Filter> out;
  for_each_child(
      e,
      [&](const Expression& child) {
        if (!out) out = search(child, mention, keys);
      },
      [&](const Query& child) {
        if (!out) out = search(child, mention, keys);
      });
  return out;
}

std::optional<Filter> search(const Relation& r, const TableName& mention, const std::vector<std::string>& keys) {
  std::optional<Filter> out;
  const auto below = [&](const auto& child) {
    if (!out) out = search(child, mention, keys);
  };
  for_each_child(r, below, below, below);
  return out;
}

std::optional<Filter> search(const Query& query, const TableName& mention, const std::vector<std::string>& keys) {
  if (const auto* select = std::get_if<Select>(&query.body); select != nullptr && select->from) {
    Found found;
    bool preserved = true;
    if (find(*select->from, mention, found, preserved)) {
      if (!preserved) return constant(true);
      if (select->where) found.conditions.push_back(select->where.get());
      const Extractor extractor(keys, found.alias, found.only);
      Filter out;
      out.kind = Kind::and_;
      for (const auto* condition : found.conditions)
        if (auto filter = extractor.read(*condition)) out.terms.push_back(std::move(*filter));
      if (out.terms.empty()) return constant(true);
      if (out.terms.size() == 1) return std::move(out.terms.front());
      return out;
    }
  }
  if (const auto* table = std::get_if<TableQuery>(&query.body); table != nullptr && &table->name == &mention)
    return constant(true);
  std::optional<Filter> out;
  const auto below = [&](const auto& child) {
    if (!out) out = search(child, mention, keys);
  };
  for_each_child(query, below, below, below);
  return out;
}

}  // namespace

PartitionFilter partition_filter(const Query& query, const TableName& mention, const std::vector<std::string>& keys) {
  if (keys.empty()) return constant(true);
  return search(query, mention, keys).value_or(constant(true));
}

}  // namespace tickerlake::athena::sql
