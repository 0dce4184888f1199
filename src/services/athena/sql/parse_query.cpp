// WITH, set operations, SELECT and its clauses, ORDER BY, OFFSET, LIMIT, windows.
#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {

Parsed<QueryPtr> Parser::query() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  const auto where = here();
  if (!accept_word("with")) {
    TRY(auto made, query_term());
    CHECK(ordering(*made));
    return finish(std::move(made));
  }
  std::vector<CommonTable> with;
  const bool recursive = accept_word("recursive");
  do {
    CommonTable common;
    TRY(common.name, name());
    if (is_symbol("(")) {
      TRY(common.columns, name_list());
    }
    CHECK(expect_word("as"));
    CHECK(expect("("));
    TRY(common.query, query());
    CHECK(expect(")"));
    with.push_back(std::move(common));
  } while (accept(","));
  TRY(auto made, query_term());
  CHECK(ordering(*made));
  if (!made->with.empty()) {
    auto outer = std::make_unique<Query>();
    outer->body = std::move(made);
    made = std::move(outer);
  }
  made->position = where;
  made->recursive = recursive;
  made->with = std::move(with);
  return finish(std::move(made));
}

Parsed<void> Parser::ordering(Query& made) {
  const bool present = is_word("order") || is_word("offset") || is_word("limit") || is_word("fetch");
  if (!present) return {};
  if (accept_word("order")) {
    CHECK(expect_word("by"));
    TRY(made.order_by, sort_items());
  }
  if (accept_word("offset")) {
    TRY(made.offset, row_count());
    if (!accept_word("rows")) accept_word("row");
  }
  if (accept_word("limit")) {
    if (!accept_word("all")) {
      TRY(made.limit, row_count());
    }
  } else if (accept_word("fetch")) {
    if (!accept_word("first")) CHECK(expect_word("next"));
    if (is_word("row") || is_word("rows")) {
      TRY(made.limit, make(here(), IntegerLiteral{"1"}));
    } else {
      TRY(made.limit, row_count());
    }
    if (!accept_word("rows")) CHECK(expect_word("row"));
    if (accept_words({"with", "ties"})) {
      made.with_ties = true;
    } else {
      CHECK(expect_word("only"));
    }
  }
  return {};
}

Parsed<ExpressionPtr> Parser::row_count() {
  if (is_symbol("?")) return make(take().position, Parameter{parameters_++});
  if (peek().kind != Token::Kind::integer) return mismatch("<integer>, '?'");
  const auto& token = take();
  return make(token.position, IntegerLiteral{token.value});
}

Parsed<QueryPtr> Parser::query_term() {
  TRY(auto left, query_factor());
  while (is_word("union") || is_word("except")) {
    const auto op = equals_ignoring_case(take().raw, "union") ? SetOperator::union_ : SetOperator::except;
    const bool all = accept_word("all");
    if (!all) accept_word("distinct");
    TRY(auto right, query_factor());
    auto made = std::make_unique<Query>();
    made->position = left->position;
    made->body = SetOperation{op, all, std::move(left), std::move(right)};
    TRY(left, finish(std::move(made)));
  }
  return left;
}

Parsed<QueryPtr> Parser::query_factor() {
  TRY(auto left, query_primary());
  while (accept_word("intersect")) {
    const bool all = accept_word("all");
    if (!all) accept_word("distinct");
    TRY(auto right, query_primary());
    auto made = std::make_unique<Query>();
    made->position = left->position;
    made->body = SetOperation{SetOperator::intersect, all, std::move(left), std::move(right)};
    TRY(left, finish(std::move(made)));
  }
  return left;
}

Parsed<QueryPtr> Parser::query_primary() {
  const auto where = here();
  if (is_word("select")) return select();
  auto made = std::make_unique<Query>();
  made->position = where;
  if (accept_word("values")) {
    TRY(auto rows, expression_list());
    made->body = Values{std::move(rows)};
    return finish(std::move(made));
  }
  if (accept_word("table")) {
    TRY(auto table, table_name());
    made->body = TableQuery{std::move(table)};
    return finish(std::move(made));
  }
  if (accept("(")) {
    TRY(auto inner, query());
    CHECK(expect(")"));
    made->body = std::move(inner);
    return finish(std::move(made));
  }
  return mismatch("'(', 'SELECT', 'TABLE', 'VALUES'");
}

Parsed<QueryPtr> Parser::select() {
  auto made = std::make_unique<Query>();
  made->position = take().position;
  Select node;
  node.distinct = accept_word("distinct");
  if (!node.distinct) accept_word("all");
  do {
    TRY(auto item, select_item());
    node.items.push_back(std::move(item));
  } while (accept(","));
  if (accept_word("from")) {
    TRY(node.from, from_clause());
  }
  if (accept_word("where")) {
    TRY(node.where, expression());
  }
  if (accept_word("group")) {
    CHECK(expect_word("by"));
    CHECK(group_by(node));
  }
  if (accept_word("having")) {
    TRY(node.having, expression());
  }
  if (is_word("window") && is_name(1) && is_word("as", 2)) {
    take();
    do {
      NamedWindow named;
      TRY(named.name, name());
      CHECK(expect_word("as"));
      CHECK(expect("("));
      TRY(named.specification, window());
      CHECK(expect(")"));
      node.windows.push_back(std::move(named));
    } while (accept(","));
  }
  made->body = std::move(node);
  return finish(std::move(made));
}

Parsed<SelectItem> Parser::select_item() {
  SelectItem item;
  item.position = here();
  if (accept("*")) {
    item.star = true;
    return item;
  }
  TRY(item.expression, expression());
  if (is_symbol(".") && is_symbol("*", 1)) {
    take(), take();
    item.star = true;
    if (is_word("as") && is_symbol("(", 1)) {
      take();
      TRY(item.column_aliases, name_list());
    }
    return item;
  }
  if (accept_word("as")) {
    TRY(item.alias, name());
  } else if (is_name() && !(is_word("window") && is_name(1) && is_word("as", 2)) && !is_word("offset") &&
             !is_word("limit") && !is_word("fetch")) {
    TRY(item.alias, name());
  }
  return item;
}

Parsed<void> Parser::group_by(Select& node) {
  if (accept_word("distinct")) {
    node.group_by_distinct = true;
  } else if (is_word("all")) {
    take();
  }
  do {
    TRY(auto element, grouping_element());
    node.group_by.push_back(std::move(element));
  } while (accept(","));
  return {};
}

Parsed<GroupingElement> Parser::grouping_element() {
  GroupingElement element{GroupingKind::simple, {}};
  const bool sets = are_words({"grouping", "sets"});
  if (sets || ((is_word("rollup") || is_word("cube")) && is_symbol("(", 1))) {
    element.kind = sets ? GroupingKind::sets : is_word("rollup") ? GroupingKind::rollup : GroupingKind::cube;
    take();
    if (sets) take();
    CHECK(expect("("));
    if (sets || !is_symbol(")")) {  // ROLLUP () and CUBE () are one group of all rows
      do {
        TRY(auto set, grouping_set());
        element.sets.push_back(std::move(set));
      } while (accept(","));
    }
    CHECK(expect(")"));
    return element;
  }
  TRY(auto set, grouping_set());
  element.sets.push_back(std::move(set));
  return element;
}

Parsed<Expressions> Parser::grouping_set() {
  Expressions keys;
  if (is_symbol("(") && is_symbol(")", 1)) {
    take(), take();
    return keys;
  }
  TRY(auto key, expression());
  // (a, b) parses as a row: as a grouping set it is its items.
  if (auto* row = std::get_if<Row>(&key->node)) return std::move(row->items);
  keys.push_back(std::move(key));
  return keys;
}

Parsed<std::vector<SortItem>> Parser::sort_items() {
  std::vector<SortItem> items;
  do {
    SortItem item;
    TRY(item.key, expression());
    if (accept_word("desc")) {
      item.descending = true;
    } else {
      accept_word("asc");
    }
    if (accept_word("nulls")) {
      if (accept_word("first")) {
        item.nulls_first = true;
      } else {
        CHECK(expect_word("last"));
        item.nulls_first = false;
      }
    }
    items.push_back(std::move(item));
  } while (accept(","));
  return items;
}

Parsed<WindowSpecification> Parser::window() {
  WindowSpecification made;
  const bool clause = are_words({"partition", "by"}) || are_words({"order", "by"}) || is_word("rows") ||
                      is_word("range") || is_word("groups");
  if (is_name() && !clause) {
    TRY(made.base, name());
  }
  if (accept_words({"partition", "by"})) {
    TRY(made.partition_by, expression_list());
  }
  if (accept_words({"order", "by"})) {
    TRY(made.order_by, sort_items());
  }
  if (is_word("rows") || is_word("range") || is_word("groups")) {
    TRY(made.frame, frame());
  }
  return made;
}

Parsed<Frame> Parser::frame() {
  Frame made{FrameUnit::rows, {FrameBoundKind::current_row, nullptr}, std::nullopt};
  const auto unit = to_lower(take().raw);
  made.unit = unit == "rows" ? FrameUnit::rows : unit == "range" ? FrameUnit::range : FrameUnit::groups;
  if (accept_word("between")) {
    TRY(made.start, frame_bound());
    CHECK(expect_word("and"));
    TRY(made.end, frame_bound());
  } else {
    TRY(made.start, frame_bound());
  }
  return made;
}

Parsed<FrameBound> Parser::frame_bound() {
  if (accept_words({"unbounded", "preceding"})) return FrameBound{FrameBoundKind::unbounded_preceding, nullptr};
  if (accept_words({"unbounded", "following"})) return FrameBound{FrameBoundKind::unbounded_following, nullptr};
  if (accept_words({"current", "row"})) return FrameBound{FrameBoundKind::current_row, nullptr};
  TRY(auto offset, value(1));
  if (accept_word("preceding")) return FrameBound{FrameBoundKind::preceding, std::move(offset)};
  if (accept_word("following")) return FrameBound{FrameBoundKind::following, std::move(offset)};
  return mismatch("'FOLLOWING', 'PRECEDING'");
}

}  // namespace tickerlake::athena::sql
