#pragma once
// One place that knows every child of every node: analyses are written over it and can forget none.
#include "services/athena/sql/ast.h"

namespace tickerlake::athena::sql {

/// Calls expression(const Expression&) and query(const Query&) for each direct child.
template <class OnExpression, class OnQuery>
void for_each_child(const Expression& e, OnExpression&& expression, OnQuery&& query) {
  const auto one = [&](const ExpressionPtr& p) {
    if (p) expression(*p);
  };
  const auto all = [&](const Expressions& list) {
    for (const auto& p : list) one(p);
  };
  const auto keys = [&](const std::vector<SortItem>& items) {
    for (const auto& item : items) one(item.key);
  };
  const auto window = [&](const WindowSpecification& w) {
    all(w.partition_by);
    keys(w.order_by);
    if (w.frame) {
      one(w.frame->start.offset);
      if (w.frame->end) one(w.frame->end->offset);
    }
  };
  std::visit(
      [&]<class T>(const T& n) {
        if constexpr (requires { n.operand; }) one(n.operand);
        if constexpr (requires { n.base; }) one(n.base);
        if constexpr (requires { n.index; } && !std::is_same_v<T, Parameter>) one(n.index);
        if constexpr (requires { n.left; }) one(n.left);
        if constexpr (requires { n.right; }) one(n.right);
        if constexpr (requires { n.terms; }) all(n.terms);
        if constexpr (requires { n.low; }) one(n.low), one(n.high);
        if constexpr (requires { n.items; }) all(n.items);
        if constexpr (requires { n.pattern; }) one(n.pattern), one(n.escape);
        if constexpr (requires { n.query; }) query(*n.query);
        if constexpr (requires { n.zone; }) one(n.zone);
        if constexpr (std::is_same_v<T, Lambda>) one(n.body);
        if constexpr (std::is_same_v<T, Case>) {
          for (const auto& branch : n.branches) one(branch.condition), one(branch.result);
          one(n.otherwise);
        }
        if constexpr (std::is_same_v<T, FunctionCall>) {
          all(n.arguments);
          keys(n.order_by);
          one(n.filter);
          if (n.over) window(*n.over);
        }
      },
      e.node);
}

/// Calls relation(const Relation&), expression(…), query(…) for each direct child.
template <class OnRelation, class OnExpression, class OnQuery>
void for_each_child(const Relation& r, OnRelation&& relation, OnExpression&& expression, OnQuery&& query) {
  std::visit(
      [&]<class T>(const T& n) {
        if constexpr (requires { n.left; }) relation(*n.left), relation(*n.right);
        if constexpr (requires { n.relation; }) relation(*n.relation);
        if constexpr (requires { n.query; }) query(*n.query);
        if constexpr (requires { n.items; })
          for (const auto& item : n.items) expression(*item);
        if constexpr (requires { n.on; })
          if (n.on) expression(*n.on);
        if constexpr (requires { n.percentage; }) expression(*n.percentage);
        if constexpr (requires { n.as_of; })
          if (n.as_of) expression(*n.as_of);
      },
      r.node);
}

/// The same for a query: its common tables come first, then its body, then ORDER BY, OFFSET and LIMIT.
template <class OnRelation, class OnExpression, class OnQuery>
void for_each_child(const Query& q, OnRelation&& relation, OnExpression&& expression, OnQuery&& query) {
  for (const auto& common : q.with) query(*common.query);
  if (const auto* select = std::get_if<Select>(&q.body)) {
    for (const auto& item : select->items)
      if (item.expression) expression(*item.expression);
    if (select->from) relation(*select->from);
    if (select->where) expression(*select->where);
    for (const auto& element : select->group_by)
      for (const auto& set : element.sets)
        for (const auto& key : set) expression(*key);
    if (select->having) expression(*select->having);
    for (const auto& window : select->windows) {
      for (const auto& key : window.specification.partition_by) expression(*key);
      for (const auto& key : window.specification.order_by) expression(*key.key);
    }
  } else if (const auto* operation = std::get_if<SetOperation>(&q.body)) {
    query(*operation->left);
    query(*operation->right);
  } else if (const auto* values = std::get_if<Values>(&q.body)) {
    for (const auto& row : values->rows) expression(*row);
  } else if (const auto* inner = std::get_if<QueryPtr>(&q.body)) {
    query(**inner);
  }
  for (const auto& item : q.order_by) expression(*item.key);
  if (q.offset) expression(*q.offset);
  if (q.limit) expression(*q.limit);
}

}  // namespace tickerlake::athena::sql
