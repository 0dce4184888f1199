// SELECT: its items with Trino's names, GROUP BY, ORDER BY.
#include <algorithm>

#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? ", " : "") + parts[i];
  return out;
}

/// The 1-based ordinal that an integer literal in GROUP BY or ORDER BY is.
std::optional<std::size_t> ordinal(const Expression& key) {
  const auto* literal = key.as<IntegerLiteral>();
  if (literal == nullptr || literal->digits.size() > 9) return std::nullopt;
  return static_cast<std::size_t>(std::stoul(literal->digits));
}

}  // namespace

Written<QueryText> Writer::select(const Query& query, const Select& node, const Scope* outer, bool top) {
  Scope scope{outer, {}, {}};
  std::string from;
  if (node.from) {
    TRY(auto text, relation(*node.from, outer));
    from = " FROM " + text.sql;
    scope.columns = std::move(text.columns);
    scope.incomplete = std::move(text.incomplete);
  }
  TRY(const auto named_windows, window_clause(node, scope));
  std::string where;
  if (node.where) {
    TRY(auto condition, expression(*node.where, scope));
    if (condition.type.known() && !condition.type.is(Type::Kind::boolean))
      return error(node.where->position,
                   "WHERE clause must evaluate to a boolean: actual type " + to_string(condition.type));
    where = " WHERE " + condition.sql;
  }
  TRY(auto items, select_items(node, scope, top));
  TRY(auto grouping, group_by(node, scope, items));
  std::string tail;
  if (node.having) {
    TRY(const auto condition, expression(*node.having, scope));
    tail += " HAVING " + condition.sql;
  }
  tail += named_windows;
  QueryText out;
  out.columns = items.columns;
  out.known = items.known;
  const auto head =
      "SELECT " + std::string(node.distinct ? "DISTINCT " : "") + items.sql + from + where + grouping + tail;
  if (query.with_ties) {
    if (node.distinct || query.offset) {
      out.sql = head;
      return ordered_outside(query, std::move(out), outer);
    }
    if (query.order_by.empty())
      return error(query.position, "FETCH FIRST WITH TIES clause requires ORDER BY", SyntaxErrorKind::syntax);
    TRY(const auto keys, order_keys(query, scope, items, false));
    TRY(const auto count, row_count(*query.limit));
    out.sql = head + " QUALIFY rank() OVER (ORDER BY " + joined(keys) + ") <= " + count + " ORDER BY " + joined(keys);
    return out;
  }
  TRY(const auto keys, order_keys(query, scope, items, true));
  TRY(const auto rows, limit(query));
  out.sql = head + (keys.empty() ? "" : " ORDER BY " + joined(keys)) + rows;
  return out;
}

void Writer::add_item(Items& items, std::string text, OutputColumn column, bool top) {
  // Within subqueries DuckDB's names have to be unique, or a reference could mean the wrong one of two.
  if (!top) {
    const auto taken = std::count_if(items.columns.begin(), items.columns.end(),
                                     [&](const auto& other) { return other.name == column.name; });
    if (taken > 0) column.sql_name += "$dup" + std::to_string(taken + 1);
  }
  items.sql += (items.sql.empty() ? "" : ", ") + text + " AS " + quote_identifier(column.sql_name);
  items.texts.push_back(std::move(text));
  items.columns.push_back(std::move(column));
}

Written<Writer::Items> Writer::select_items(const Select& node, const Scope& scope, bool top) {
  Items items;
  for (const auto& item : node.items) {
    if (item.star) {
      CHECK(star(item, scope, top, items));
      continue;
    }
    TRY(auto text, expression(*item.expression, scope));
    OutputColumn column{"", "", text.type, false};
    if (item.alias) {
      column.name = item.alias->text;
    } else if (const auto* reference = item.expression->as<ColumnReference>()) {
      column.name = reference->name.text;
    } else if (const auto* field = item.expression->as<Dereference>()) {
      column.name = field->field.text;
    } else {
      column.unnamed = true;
      column.name = items.known ? "_col" + std::to_string(items.columns.size()) : fresh("_col");
    }
    column.sql_name = column.name;
    add_item(items, std::move(text.sql), std::move(column), top);
  }
  return items;
}

Written<void> Writer::star(const SelectItem& item, const Scope& scope, bool top, Items& items) {
  std::string qualifier;
  std::string database;
  if (item.expression) {
    if (const auto* one = item.expression->as<ColumnReference>()) {
      qualifier = one->name.text;
    } else if (const auto* two = item.expression->as<Dereference>();
               two != nullptr && two->base->as<ColumnReference>()) {
      database = two->base->as<ColumnReference>()->name.text;
      qualifier = two->field.text;
    }
    const bool found = std::any_of(scope.columns.begin(), scope.columns.end(), [&](const auto& column) {
      return column.table == qualifier && (database.empty() || column.database == database);
    });
    if (!found && scope.incomplete.contains(qualifier)) {
      items.sql += (items.sql.empty() ? "" : ", ") + quote_identifier(qualifier) + ".*";
      items.known = false;
      return {};
    }
    if (!found) {
      // (row).*: a column for each of the row's fields.
      auto base = expression(*item.expression, scope);
      if (!base || !base->type.is(Type::Kind::row))
        return error(item.position, "Unable to resolve reference " + qualifier, SyntaxErrorKind::name_not_found);
      for (std::size_t i = 0; i < base->type.children.size(); ++i) {
        auto field = base->type.field_names[i];
        if (i < item.column_aliases.size()) field = item.column_aliases[i].text;
        auto text = "struct_extract_at(" + base->sql + ", " + std::to_string(i + 1) + ")";
        const bool unnamed = field.empty();
        if (unnamed) field = "_col" + std::to_string(items.columns.size());
        add_item(items, std::move(text), {field, field, base->type.children[i], unnamed}, top);
      }
      return {};
    }
  } else {
    if (scope.columns.empty() && scope.incomplete.empty())
      return error(item.position, "SELECT * not allowed in queries without FROM clause", SyntaxErrorKind::syntax);
    if (!scope.incomplete.empty()) {
      items.sql += std::string(items.sql.empty() ? "" : ", ") + "*";
      items.known = false;
      return {};
    }
  }
  std::size_t index = 0;
  for (const auto& column : scope.columns) {
    const bool wanted =
        qualifier.empty() || (column.table == qualifier && (database.empty() || column.database == database));
    if (column.hidden || !wanted) continue;
    auto output = index < item.column_aliases.size() ? item.column_aliases[index].text : column.name;
    ++index;
    add_item(items, column.sql, {output, output, column.type, false}, top);
  }
  return {};
}

Written<std::string> Writer::group_key(const Expression& key, const Scope& scope, const Items& items) {
  if (const auto position = ordinal(key)) {
    if (items.known && (*position < 1 || *position > items.texts.size()))
      return error(key.position, "GROUP BY position " + std::to_string(*position) + " is not in select list",
                   SyntaxErrorKind::syntax);
    if (!items.known) return std::to_string(*position);
    return items.texts[*position - 1];
  }
  TRY(auto text, expression(key, scope));
  return std::move(text.sql);
}

Written<std::string> Writer::group_by(const Select& node, const Scope& scope, const Items& items) {
  if (node.group_by.empty()) return std::string();
  if (node.group_by_distinct && node.group_by.size() > 1)
    return error({}, "GROUP BY DISTINCT is not supported", SyntaxErrorKind::unsupported);
  std::string out;
  for (const auto& element : node.group_by) {
    std::vector<std::string> sets;
    for (const auto& set : element.sets) {
      std::vector<std::string> keys;
      for (const auto& key : set) {
        TRY(auto text, group_key(*key, scope, items));
        keys.push_back(std::move(text));
      }
      const bool bare = keys.size() == 1 || (element.kind == GroupingKind::simple && !keys.empty());
      sets.push_back(bare ? joined(keys) : "(" + joined(keys) + ")");
    }
    out += out.empty() ? " GROUP BY " : ", ";
    if (sets.empty() || (element.kind == GroupingKind::simple && sets.front() == "()")) {
      out += "GROUPING SETS (())";  // of ROLLUP () and CUBE () too
      continue;
    }
    switch (element.kind) {
      case GroupingKind::simple:
        out += sets.front();
        break;
      case GroupingKind::rollup:
        out += "ROLLUP (" + joined(sets) + ")";
        break;
      case GroupingKind::cube:
        out += "CUBE (" + joined(sets) + ")";
        break;
      case GroupingKind::sets:
        out += "GROUPING SETS (" + joined(sets) + ")";
        break;
    }
  }
  return out;
}

Written<std::string> Writer::sort_key(const Expression& key, const Scope& scope, const Items& items, bool ordinals) {
  const auto at = [&](std::size_t index) { return ordinals ? std::to_string(index + 1) : items.texts[index]; };
  if (const auto position = ordinal(key)) {
    if (items.known && (*position < 1 || *position > items.columns.size()))
      return error(key.position, "ORDER BY position " + std::to_string(*position) + " is not in select list",
                   SyntaxErrorKind::syntax);
    return items.known ? at(*position - 1) : std::to_string(*position);
  }
  // A name is an output column's before it is an input column's.
  if (const auto* reference = key.as<ColumnReference>()) {
    for (std::size_t i = 0; i < items.columns.size(); ++i)
      if (items.columns[i].name == reference->name.text && !items.columns[i].unnamed)
        return items.known ? at(i) : quote_identifier(items.columns[i].sql_name);
  }
  // Within an expression too: output names shadow those of FROM.
  Scope with_aliases{&scope, {}, {}};
  for (std::size_t i = 0; i < items.columns.size(); ++i)
    if (!items.columns[i].unnamed)
      with_aliases.columns.push_back(
          {"", "", items.columns[i].name, items.columns[i].type, false, "(" + items.texts[i] + ")"});
  const auto clashes = std::any_of(with_aliases.columns.begin(), with_aliases.columns.end(), [&](const auto& one) {
    return std::count_if(with_aliases.columns.begin(), with_aliases.columns.end(),
                         [&](const auto& other) { return other.name == one.name; }) > 1;
  });
  TRY(auto text, expression(key, clashes ? scope : with_aliases));
  return std::move(text.sql);
}

Written<std::vector<std::string>> Writer::order_keys(const Query& query, const Scope& scope, const Items& items,
                                                     bool ordinals) {
  std::vector<std::string> keys;
  for (const auto& item : query.order_by) {
    TRY(auto text, sort_key(*item.key, scope, items, ordinals));
    keys.push_back(text + direction(item));
  }
  return keys;
}

}  // namespace tickerlake::athena::sql
