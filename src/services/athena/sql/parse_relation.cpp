// FROM: tables, subqueries, UNNEST, LATERAL, joins, aliases, TABLESAMPLE.
#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {

Parsed<RelationPtr> Parser::from_clause() {
  TRY(auto left, relation());
  while (accept(",")) {
    TRY(auto right, relation());
    const auto where = left->position;
    TRY(left, make_relation(where, Join{JoinKind::cross, false, std::move(left), std::move(right), nullptr, {}}));
  }
  return left;
}

Parsed<RelationPtr> Parser::relation() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  TRY(auto left, sampled());
  for (;;) {
    if (accept_words({"cross", "join"})) {
      TRY(auto right, sampled());
      const auto where = left->position;
      TRY(left, make_relation(where, Join{JoinKind::cross, false, std::move(left), std::move(right), nullptr, {}}));
      continue;
    }
    const bool natural = accept_word("natural");
    auto kind = JoinKind::inner;
    if (is_word("left") || is_word("right") || is_word("full")) {
      const auto word = to_lower(take().raw);
      kind = word == "left" ? JoinKind::left : word == "right" ? JoinKind::right : JoinKind::full;
      accept_word("outer");
      CHECK(expect_word("join"));
    } else if (accept_word("inner")) {
      CHECK(expect_word("join"));
    } else if (!accept_word("join")) {
      if (natural) return mismatch("'JOIN'");
      return left;
    }
    TRY(left, join_of(std::move(left), kind, natural));
  }
}

Parsed<RelationPtr> Parser::join_of(RelationPtr left, JoinKind kind, bool natural) {
  const auto where = left->position;
  Join join{kind, natural, std::move(left), nullptr, nullptr, {}};
  if (natural) {
    TRY(join.right, sampled());
    return make_relation(where, std::move(join));
  }
  // a JOIN b JOIN c ON x ON y: the right side may be a join itself.
  TRY(join.right, relation());
  if (accept_word("on")) {
    TRY(join.on, expression());
  } else if (accept_word("using")) {
    TRY(join.columns, name_list());
  } else {
    return mismatch("'ON', 'USING'");
  }
  return make_relation(where, std::move(join));
}

Parsed<RelationPtr> Parser::sampled() {
  TRY(auto made, aliased());
  if (!accept_word("tablesample")) return made;
  const bool system = accept_word("system");
  if (!system && !accept_word("bernoulli")) return mismatch("'BERNOULLI', 'SYSTEM'");
  CHECK(expect("("));
  TRY(auto percentage, expression());
  CHECK(expect(")"));
  const auto where = made->position;
  return make_relation(where, SampledRelation{std::move(made), system, std::move(percentage)});
}

Parsed<RelationPtr> Parser::aliased() {
  TRY(auto made, primary_relation());
  const bool keyword = is_word("tablesample") && (is_word("bernoulli", 1) || is_word("system", 1));
  const bool clause =
      is_word("limit") || is_word("offset") || is_word("fetch") || (is_word("window") && is_word("as", 2));
  const bool as = accept_word("as");
  if (!as && (!is_name() || keyword || clause)) return made;
  AliasedRelation aliased{std::move(made), {}, {}};
  TRY(aliased.alias, name());
  if (is_symbol("(")) {
    TRY(aliased.columns, name_list());
  }
  const auto where = aliased.relation->position;
  return make_relation(where, std::move(aliased));
}

Parsed<RelationPtr> Parser::primary_relation() {
  const auto where = here();
  if (is_word("lateral") && is_symbol("(", 1)) {
    take(), take();
    TRY(auto inner, query());
    CHECK(expect(")"));
    return make_relation(where, QueryRelation{std::move(inner), true});
  }
  if (is_word("unnest") && is_symbol("(", 1)) {
    take(), take();
    Unnest node{{}, false};
    TRY(node.items, expression_list());
    CHECK(expect(")"));
    if (accept_words({"with", "ordinality"})) node.with_ordinality = true;
    return make_relation(where, std::move(node));
  }
  if (is_word("table") && is_symbol("(", 1))
    return error(where, "Table functions are not supported", SyntaxErrorKind::unsupported);
  if (is_symbol("(")) {
    if (at_query_in_parentheses()) {
      take();
      TRY(auto inner, query());
      CHECK(expect(")"));
      return make_relation(where, QueryRelation{std::move(inner), false});
    }
    take();
    TRY(auto inner, relation());
    CHECK(expect(")"));
    return inner;
  }
  if (!is_name()) return mismatch("'(', 'LATERAL', 'TABLE', 'UNNEST', <identifier>");
  TableRelation node{{}, false, nullptr};
  TRY(node.name, table_name());
  if (is_word("for") &&
      (is_word("timestamp", 1) || is_word("system_time", 1) || is_word("version", 1) || is_word("system_version", 1))) {
    take();
    const auto word = to_lower(take().raw);
    node.at_version = word == "version" || word == "system_version";
    CHECK(expect_words({"as", "of"}));
    TRY(node.as_of, value(1));
  }
  return make_relation(where, std::move(node));
}

}  // namespace tickerlake::athena::sql
