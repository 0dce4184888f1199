// FROM: every relation gets an alias that is unique in its clause, and says which columns it brings.
#include <algorithm>

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

void append(RelationText& to, RelationText&& from) {
  to.columns.insert(to.columns.end(), std::make_move_iterator(from.columns.begin()),
                    std::make_move_iterator(from.columns.end()));
  to.incomplete.merge(from.incomplete);
}

}  // namespace

Written<RelationText> Writer::relation(const Relation& node, const Scope* outer) {
  if (const auto* one = node.as<TableRelation>()) return table(*one, nullptr, {});
  if (const auto* one = node.as<AliasedRelation>()) return aliased(*one, outer);
  if (const auto* one = node.as<Join>()) return join(*one, outer);
  if (const auto* one = node.as<Unnest>()) return unnest(*one, "", {}, node.position, outer);
  if (const auto* one = node.as<QueryRelation>()) {
    TRY(auto text, query(*one->query, outer, false));
    return named("(" + text.sql + ")", "", "", std::move(text.columns), text.known, {}, node.position);
  }
  const auto& sampled = std::get<SampledRelation>(node.node);
  TRY(auto text, relation(*sampled.relation, outer));
  const Scope empty;
  TRY(const auto share, expression(*sampled.percentage, empty));
  text.sql += std::string(" TABLESAMPLE ") + (sampled.system ? "SYSTEM" : "BERNOULLI") + " (" + share.sql + " PERCENT)";
  return text;
}

/// Gives a relation's text its alias and scope. An empty alias: one of our own, and the columns have no qualifier.
Written<RelationText> Writer::named(std::string text, const std::string& alias, const std::string& database,
                                    std::vector<OutputColumn> columns, bool known,
                                    const std::vector<Name>& column_aliases, Position where) {
  auto shown = alias.empty() ? fresh("r") : alias;
  if (!aliases_.insert(shown).second) {
    shown = fresh(shown);
    aliases_.insert(shown);
  }
  RelationText out;
  out.sql = std::move(text) + " AS " + quote_identifier(shown);
  if (!column_aliases.empty()) {
    if (known && columns.size() != column_aliases.size())
      return error(where, "Column alias list has " + std::to_string(column_aliases.size()) + " entries but '" + alias +
                              "' has " + std::to_string(columns.size()) + " columns available");
    columns.resize(column_aliases.size());
    out.sql += "(";
    for (std::size_t i = 0; i < columns.size(); ++i) {
      columns[i].name = columns[i].sql_name = column_aliases[i].text;
      columns[i].unnamed = false;
      out.sql += (i > 0 ? ", " : "") + quote_identifier(columns[i].name);
    }
    out.sql += ")";
    known = true;
  }
  if (!known) out.incomplete.insert(shown);
  for (auto& column : columns)
    out.columns.push_back({alias, database, column.name, std::move(column.type), false,
                           quote_identifier(shown) + "." + quote_identifier(column.sql_name)});
  return out;
}

Written<Writer::TableText> Writer::table_text(const TableRelation& node) {
  const auto where = node.name.position();
  if (node.as_of) return error(where, "This connector does not support versioned tables", SyntaxErrorKind::unsupported);
  TableText out;
  if (node.name.parts.size() == 1) {
    const auto found = std::find_if(common_.rbegin(), common_.rend(),
                                    [&](const auto& common) { return common.name == node.name.table(); });
    if (found != common_.rend()) {
      out.sql = quote_identifier(found->name);
      out.columns = found->columns;
      out.known = found->known;
      out.common = true;
      return out;
    }
  }
  auto resolved = resolver_.resolve(node.name);
  if (!resolved) {
    auto failure = std::move(resolved).error();
    if (failure.line == 0) failure.line = where.line, failure.column = where.column;
    return std::unexpected(std::move(failure));
  }
  out.sql = std::move(resolved->relation);
  out.known = resolved->columns.has_value();
  if (!out.known) return out;
  for (auto& column : *resolved->columns) {
    if (column.hidden) out.hidden.insert(column.name);
    out.columns.push_back({column.name, column.name, std::move(column.type), false});
  }
  return out;
}

/// A table under its own name or an alias, which hides the name.
Written<RelationText> Writer::table(const TableRelation& node, const Name* alias,
                                    const std::vector<Name>& column_aliases) {
  TRY(auto table, table_text(node));
  if (!column_aliases.empty()) {
    // t(a, b) names the visible columns in their order; DuckDB's list has to name them all.
    std::string list;
    for (const auto& column : table.columns)
      if (!table.hidden.contains(column.name)) list += (list.empty() ? "" : ", ") + quote_identifier(column.sql_name);
    if (!table.hidden.empty()) table.sql = "(SELECT " + list + " FROM " + table.sql + ")";
    std::erase_if(table.columns, [&](const auto& column) { return table.hidden.contains(column.name); });
    table.hidden.clear();
  }
  const auto* database = node.name.database();
  const auto own = database != nullptr ? *database : table.common ? std::string() : options_.schema;
  TRY(auto out, named(std::move(table.sql), alias != nullptr ? alias->text : node.name.table(),
                      alias != nullptr ? std::string() : own, std::move(table.columns), table.known, column_aliases,
                      node.name.position()));
  for (auto& column : out.columns) column.hidden = table.hidden.contains(column.name);
  return out;
}

Written<RelationText> Writer::aliased(const AliasedRelation& node, const Scope* outer) {
  const auto& inner = *node.relation;
  const auto& alias = node.alias.text;
  if (const auto* one = inner.as<Unnest>()) return unnest(*one, alias, node.columns, inner.position, outer);
  if (const auto* one = inner.as<QueryRelation>()) {
    TRY(auto text, query(*one->query, outer, false));
    return named("(" + text.sql + ")", alias, "", std::move(text.columns), text.known, node.columns, inner.position);
  }
  if (const auto* one = inner.as<TableRelation>()) return table(*one, &node.alias, node.columns);
  // An alias for a join or a sample: its columns lose their own qualifiers.
  TRY(auto text, relation(inner, outer));
  if (!text.incomplete.empty())
    return error(inner.position, "an alias for a join of relations with unknown columns is not supported",
                 SyntaxErrorKind::unsupported);
  std::string list;
  std::vector<OutputColumn> columns;
  for (auto& column : text.columns) {
    if (column.hidden) continue;
    const auto sql_name = fresh(column.name);
    list += (list.empty() ? "" : ", ") + column.sql + " AS " + quote_identifier(sql_name);
    columns.push_back({column.name, sql_name, std::move(column.type), false});
  }
  return named("(SELECT " + list + " FROM " + text.sql + ")", alias, "", std::move(columns), true, node.columns,
               inner.position);
}

Written<RelationText> Writer::join(const Join& node, const Scope* outer) {
  static constexpr std::string_view keywords[] = {" CROSS JOIN ", " INNER JOIN ", " LEFT JOIN ", " RIGHT JOIN ",
                                                  " FULL JOIN "};
  const std::string keyword(keywords[static_cast<std::size_t>(node.kind)]);
  TRY(auto left, relation(*node.left, outer));
  // UNNEST and LATERAL on the right see the left's columns.
  const auto* right_aliased = node.right->as<AliasedRelation>();
  const auto& right_core = right_aliased != nullptr ? *right_aliased->relation : *node.right;
  const auto* unnested = right_core.as<Unnest>();
  const auto* lateral = right_core.as<QueryRelation>();
  RelationText right;
  if (unnested != nullptr || (lateral != nullptr && lateral->lateral)) {
    const Scope left_scope{outer, left.columns, left.incomplete};
    if (unnested != nullptr) {
      TRY(right, unnest(*unnested, right_aliased != nullptr ? right_aliased->alias.text : "",
                        right_aliased != nullptr ? right_aliased->columns : std::vector<Name>{}, right_core.position,
                        &left_scope));
    } else {
      TRY(right, relation(*node.right, &left_scope));
    }
    right.sql = "LATERAL " + right.sql;
  } else {
    TRY(right, relation(*node.right, outer));
    // The right side of a join that is a join itself needs its parentheses.
    if (node.right->as<Join>()) right.sql = "(" + right.sql + ")";
  }
  if (node.natural || !node.columns.empty()) return join_using(node, std::move(left), std::move(right), keyword);
  RelationText out;
  out.sql = left.sql + keyword + right.sql;
  append(out, std::move(left));
  append(out, std::move(right));
  if (node.on) {
    const Scope scope{outer, out.columns, out.incomplete};
    TRY(const auto condition, expression(*node.on, scope));
    if (condition.type.known() && !condition.type.is(Type::Kind::boolean))
      return error(node.on->position,
                   "JOIN ON clause must evaluate to a boolean: actual type " + to_string(condition.type));
    out.sql += " ON " + condition.sql;
  }
  return out;
}

Written<RelationText> Writer::join_using(const Join& node, RelationText left, RelationText right,
                                         const std::string& keyword) {
  std::vector<Name> keys = node.columns;
  const auto find = [](RelationText& side, const std::string& name) {
    return std::find_if(side.columns.begin(), side.columns.end(),
                        [&](const auto& column) { return !column.hidden && column.name == name; });
  };
  if (node.natural) {
    for (const auto& column : left.columns)
      if (!column.hidden && find(right, column.name) != right.columns.end())
        keys.push_back({column.name, node.left->position});
  }
  RelationText out;
  std::string condition;
  for (const auto& key : keys) {
    const auto a = find(left, key.text);
    const auto b = find(right, key.text);
    for (const auto* side : {&left, &right}) {
      const bool missing = side == &left ? a == left.columns.end() : b == right.columns.end();
      if (missing && side->incomplete.empty())
        return error(
            key.position,
            "Column '" + key.text + "' is missing from " + (side == &left ? "left" : "right") + " side of join",
            SyntaxErrorKind::name_not_found);
    }
    if (a == left.columns.end() || b == right.columns.end())
      return error(key.position, "JOIN USING over a relation with unknown columns is not supported",
                   SyntaxErrorKind::unsupported);
    CHECK(comparable("=", a->type, b->type, key.position));
    condition += (condition.empty() ? "" : " AND ") + a->sql + " = " + b->sql;
    auto merged = *a;
    merged.table.clear();
    merged.database.clear();
    merged.type = common_type(a->type, b->type).value_or(a->type);
    if (node.kind == JoinKind::full) {
      merged.sql = "coalesce(" + a->sql + ", " + b->sql + ")";
    } else if (node.kind == JoinKind::right) {
      merged.sql = b->sql;
    }
    out.columns.push_back(std::move(merged));
    // t.key stays possible, though not part of *.
    a->hidden = b->hidden = true;
  }
  out.sql = left.sql + (condition.empty() ? " CROSS JOIN " : keyword) + right.sql;
  if (!condition.empty()) out.sql += " ON " + condition;
  append(out, std::move(left));
  append(out, std::move(right));
  return out;
}

Written<RelationText> Writer::unnest(const Unnest& node, const std::string& alias, const std::vector<Name>& names,
                                     Position where, const Scope* outer) {
  const Scope scope{outer, {}, {}};
  std::string inner;    // SELECT unnest(a) AS "u$1", …
  std::string lengths;  // for the ordinality
  std::string outer_list;
  std::vector<OutputColumn> columns;
  const auto add = [&](const std::string& text, Type type) {
    const auto column = fresh("u");
    inner += (inner.empty() ? "" : ", ") + text + " AS " + quote_identifier(column);
    outer_list += (outer_list.empty() ? "" : ", ") + quote_identifier(column);
    columns.push_back({"_col" + std::to_string(columns.size()), column, std::move(type), true});
  };
  for (const auto& item : node.items) {
    TRY(auto text, expression(*item, scope));
    const auto length = [&](const std::string& list_text) {
      lengths += (lengths.empty() ? "" : ", ") + ("len(" + list_text + ")");
    };
    if (text.type.is(Type::Kind::map)) {
      add("unnest(map_keys(" + text.sql + "))", text.type.children[0]);
      add("unnest(map_values(" + text.sql + "))", text.type.children[1]);
      length("map_keys(" + text.sql + ")");
    } else if (text.type.is(Type::Kind::array) && text.type.children[0].is(Type::Kind::row)) {
      // The rows' fields become columns.
      const auto& row = text.type.children[0];
      const auto element = fresh("u");
      inner += (inner.empty() ? "" : ", ") + ("unnest(" + text.sql + ") AS " + quote_identifier(element));
      for (std::size_t i = 0; i < row.children.size(); ++i) {
        const auto column = fresh("u");
        outer_list += (outer_list.empty() ? "" : ", ") +
                      ("struct_extract_at(" + quote_identifier(element) + ", " + std::to_string(i + 1) + ") AS ") +
                      quote_identifier(column);
        columns.push_back({row.field_names[i].empty() ? "_col" + std::to_string(columns.size()) : row.field_names[i],
                           column, row.children[i], row.field_names[i].empty()});
      }
      length(text.sql);
    } else if (text.type.known() && !text.type.is(Type::Kind::array)) {
      return error(item->position, "Cannot unnest type: " + to_string(text.type));
    } else {
      add("unnest(" + text.sql + ")", text.type.is(Type::Kind::array) ? text.type.children[0] : Type{});
      length(text.sql);
    }
  }
  if (node.with_ordinality) add("unnest(range(1, greatest(" + lengths + ") + 1))", Type::of(Type::Kind::bigint));
  if (node.with_ordinality) columns.back().name = "ordinality";
  return named("(SELECT " + outer_list + " FROM (SELECT " + inner + "))", alias, "", std::move(columns), true, names,
               where);
}

}  // namespace tickerlake::athena::sql
