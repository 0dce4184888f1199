// WITH, set operations, VALUES, ORDER BY and LIMIT of whole queries.
#include "services/athena/sql/writer_impl.h"

namespace tickerlake::athena::sql {
namespace {

std::string joined(const std::vector<std::string>& parts, std::string_view separator = ", ") {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) out += (i > 0 ? std::string(separator) : "") + parts[i];
  return out;
}

bool has_tail(const Query& query) {
  return !query.order_by.empty() || query.limit || query.offset || !query.with.empty();
}

std::string_view keyword(SetOperator op) {
  switch (op) {
    case SetOperator::union_:
      return "UNION";
    case SetOperator::intersect:
      return "INTERSECT";
    case SetOperator::except:
      return "EXCEPT";
  }
  return "";
}

}  // namespace

std::string direction(const SortItem& item) {
  return std::string(item.descending ? " DESC" : " ASC") +
         (item.nulls_first.value_or(false) ? " NULLS FIRST" : " NULLS LAST");
}

Written<QueryText> Writer::query(const Query& query, const Scope* outer, bool top) {
  const auto common_before = common_.size();
  auto aliases_before = std::exchange(aliases_, {});
  auto windows_before = std::exchange(windows_, {});
  TRY(auto with, common_tables(query, outer));
  TRY(auto text, body(query, outer, top));
  common_.resize(common_before);
  aliases_ = std::move(aliases_before);
  windows_ = std::move(windows_before);
  text.sql = with + text.sql;
  return text;
}

Written<std::string> Writer::common_tables(const Query& query, const Scope* outer) {
  if (query.with.empty()) return std::string();
  std::vector<std::string> parts;
  for (const auto& common : query.with) {
    std::vector<OutputColumn> columns;
    bool known = true;
    if (query.recursive && std::holds_alternative<SetOperation>(common.query->body) && !common.columns.empty()) {
      // The table is used in its own query: its columns are those of the first branch.
      TRY(auto anchor, recursive_anchor(common, outer));
      common_.push_back({common.name.text, anchor.columns, anchor.known});
      TRY(const auto text, this->query(*common.query, outer, false));
      common_.pop_back();
      columns = std::move(anchor.columns);
      known = anchor.known;
      std::string names;
      for (const auto& column : columns) names += (names.empty() ? "" : ", ") + quote_identifier(column.sql_name);
      parts.push_back(quote_identifier(common.name.text) + "(" + names + ") AS (" + text.sql + ")");
    } else {
      TRY(auto text, this->query(*common.query, outer, false));
      columns = std::move(text.columns);
      known = text.known;
      std::string names;
      if (!common.columns.empty()) {
        if (known && columns.size() != common.columns.size())
          return error(common.name.position, "Column alias list has " + std::to_string(common.columns.size()) +
                                                 " entries but '" + common.name.text + "' has " +
                                                 std::to_string(columns.size()) + " columns available");
        columns.resize(common.columns.size());
        known = true;
        for (std::size_t i = 0; i < columns.size(); ++i) {
          columns[i].name = columns[i].sql_name = common.columns[i].text;
          columns[i].unnamed = false;
          names += (i > 0 ? ", " : "") + quote_identifier(columns[i].name);
        }
        names = "(" + names + ")";
      }
      parts.push_back(quote_identifier(common.name.text) + names + " AS (" + text.sql + ")");
    }
    common_.push_back({common.name.text, std::move(columns), known});
  }
  return (query.recursive ? "WITH RECURSIVE " : "WITH ") + joined(parts) + " ";
}

Written<QueryText> Writer::recursive_anchor(const CommonTable& common, const Scope* outer) {
  const auto& operation = std::get<SetOperation>(common.query->body);
  TRY(auto anchor, query(*operation.left, outer, false));
  if (anchor.known && anchor.columns.size() != common.columns.size())
    return error(common.name.position, "Column alias list has " + std::to_string(common.columns.size()) +
                                           " entries but relation has " + std::to_string(anchor.columns.size()) +
                                           " columns");
  anchor.columns.resize(common.columns.size());
  for (std::size_t i = 0; i < common.columns.size(); ++i) {
    anchor.columns[i].name = anchor.columns[i].sql_name = common.columns[i].text;
    anchor.columns[i].unnamed = false;
  }
  anchor.known = true;
  return anchor;
}

Written<QueryText> Writer::body(const Query& query, const Scope* outer, bool top) {
  if (const auto* node = std::get_if<Select>(&query.body)) return select(query, *node, outer, top);
  QueryText inner;
  if (const auto* operation = std::get_if<SetOperation>(&query.body)) {
    TRY(inner, set_operation(*operation, outer));
  } else if (const auto* rows = std::get_if<Values>(&query.body)) {
    TRY(inner, values(*rows, outer));
  } else if (const auto* named_table = std::get_if<TableQuery>(&query.body)) {
    TableRelation node{named_table->name, false, nullptr};
    TRY(auto from, table(node, nullptr, {}));
    inner.sql = "SELECT * FROM " + from.sql;
    inner.known = from.incomplete.empty();
    for (const auto& column : from.columns)
      if (!column.hidden) inner.columns.push_back({column.name, column.name, column.type, false});
  } else {
    TRY(inner, this->query(*std::get<QueryPtr>(query.body), outer, top && !has_tail(query)));
    if (!has_tail(query)) {
      inner.sql = "(" + inner.sql + ")";
      return inner;
    }
    inner.sql = "(" + inner.sql + ")";
  }
  if (query.order_by.empty() && !query.limit && !query.offset) return inner;
  return ordered_outside(query, std::move(inner), outer);
}

/// ORDER BY and LIMIT over something that is no SELECT of its own.
Written<QueryText> Writer::ordered_outside(const Query& query, QueryText inner, const Scope* outer) {
  Scope scope{outer, {}, {}};
  const auto alias = fresh("q");
  Items items;
  items.known = inner.known;
  items.columns = inner.columns;
  for (const auto& column : inner.columns) {
    const auto text = quote_identifier(alias) + "." + quote_identifier(column.sql_name);
    items.texts.push_back(text);
    scope.columns.push_back({"", "", column.name, column.type, false, text});
  }
  if (!inner.known) scope.incomplete.insert(alias);
  std::string ties;
  TRY(const auto keys, order_keys(query, scope, items, false));
  if (query.with_ties) {
    TRY(const auto count, row_count(*query.limit));
    ties = " QUALIFY rank() OVER (ORDER BY " + joined(keys) + ") <= " + count;
  }
  inner.sql = "SELECT * FROM (" + inner.sql + ") AS " + quote_identifier(alias) + ties;
  if (!keys.empty()) inner.sql += " ORDER BY " + joined(keys);
  if (!query.with_ties) {
    TRY(const auto tail, limit(query));
    inner.sql += tail;
  }
  return inner;
}

Written<std::string> Writer::row_count(const Expression& count) {
  const Scope empty;
  TRY(auto text, expression(count, empty));
  return text.sql;
}

Written<std::string> Writer::limit(const Query& query) {
  std::string out;
  if (query.limit) {
    TRY(const auto count, row_count(*query.limit));
    out += " LIMIT " + count;
  }
  if (query.offset) {
    TRY(const auto count, row_count(*query.offset));
    out += " OFFSET " + count;
  }
  return out;
}

Written<std::string> Writer::operand_of(const Query& operand, const QueryText& text, SetOperator op, bool left) const {
  // A chain a UNION b UNION c is written flat, as deep parentheses cost DuckDB's parser stack.
  const auto* inner = std::get_if<SetOperation>(&operand.body);
  const bool flat = left && inner != nullptr && !has_tail(operand) &&
                    (op != SetOperator::intersect || inner->op == SetOperator::intersect);
  return flat ? text.sql : "(" + text.sql + ")";
}

Written<QueryText> Writer::set_operation(const SetOperation& operation, const Scope* outer) {
  TRY(auto left, query(*operation.left, outer, false));
  TRY(auto right, query(*operation.right, outer, false));
  if (left.known && right.known) {
    if (left.columns.size() != right.columns.size())
      return error(operation.right->position,
                   std::string(keyword(operation.op)) + " query has different number of fields: " +
                       std::to_string(left.columns.size()) + ", " + std::to_string(right.columns.size()));
    for (std::size_t i = 0; i < left.columns.size(); ++i) {
      const auto common = common_type(left.columns[i].type, right.columns[i].type);
      if (!common)
        return error(operation.right->position,
                     "column " + std::to_string(i + 1) + " in " + std::string(keyword(operation.op)) +
                         " query has incompatible types: " + to_string(left.columns[i].type) + ", " +
                         to_string(right.columns[i].type));
      left.columns[i].type = *common;
    }
  }
  TRY(auto left_text, operand_of(*operation.left, left, operation.op, true));
  TRY(auto right_text, operand_of(*operation.right, right, operation.op, false));
  left.known = left.known && right.known;
  left.sql = left_text + " " + std::string(keyword(operation.op)) + (operation.all ? " ALL " : " ") + right_text;
  return left;
}

Written<QueryText> Writer::values(const Values& node, const Scope* outer) {
  const Scope scope{outer, {}, {}};
  QueryText out;
  std::vector<std::string> rows;
  for (const auto& row : node.rows) {
    std::vector<Typed> items;
    if (const auto* list_of = row->as<Row>()) {
      TRY(items, list(list_of->items, scope));
    } else {
      TRY(auto one, expression(*row, scope));
      items.push_back(std::move(one));
    }
    if (rows.empty()) {
      for (std::size_t i = 0; i < items.size(); ++i) {
        const auto column = "_col" + std::to_string(i);
        out.columns.push_back({column, column, items[i].type, true});
      }
    } else if (items.size() != out.columns.size()) {
      return error(row->position, "Values rows have mismatched sizes: " + std::to_string(out.columns.size()) + " vs " +
                                      std::to_string(items.size()));
    }
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < items.size(); ++i) {
      const auto common = common_type(out.columns[i].type, items[i].type);
      if (!common)
        return error(row->position, "Values rows have mismatched types: " + to_string(out.columns[i].type) + " vs " +
                                        to_string(items[i].type));
      out.columns[i].type = *common;
      texts.push_back(std::move(items[i].sql));
    }
    rows.push_back("(" + joined(texts) + ")");
  }
  std::vector<std::string> names;
  for (const auto& column : out.columns) names.push_back(quote_identifier(column.sql_name));
  out.sql =
      "SELECT * FROM (VALUES " + joined(rows) + ") AS " + quote_identifier(fresh("values")) + "(" + joined(names) + ")";
  return out;
}

}  // namespace tickerlake::athena::sql
