#include "services/athena/sql/analysis.h"

#include "services/athena/sql/walk.h"

namespace tickerlake::athena::sql {
namespace {

class TableCollector {
 public:
  void visit(const Query& query) {
    const auto outer = scope_.size();
    for (const auto& common : query.with) {
      // A recursive table sees itself, the others only those before them.
      if (query.recursive) scope_.push_back(common.name.text);
      visit(*common.query);
      if (!query.recursive) scope_.push_back(common.name.text);
    }
    if (const auto* table = std::get_if<TableQuery>(&query.body)) mention(table->name);
    std::size_t left = query.with.size();
    for_each_child(
        query, [&](const Relation& r) { visit(r); }, [&](const Expression& e) { visit(e); },
        [&](const Query& q) {
          if (left > 0) {
            --left;  // visited above, with their scope
            return;
          }
          visit(q);
        });
    scope_.resize(outer);
  }

  std::vector<const TableName*> take() { return std::move(tables_); }

 private:
  void visit(const Relation& relation) {
    if (const auto* table = relation.as<TableRelation>()) mention(table->name);
    for_each_child(
        relation, [&](const Relation& r) { visit(r); }, [&](const Expression& e) { visit(e); },
        [&](const Query& q) { visit(q); });
  }

  void visit(const Expression& expression) {
    for_each_child(expression, [&](const Expression& e) { visit(e); }, [&](const Query& q) { visit(q); });
  }

  void mention(const TableName& name) {
    if (name.parts.size() == 1)
      for (const auto& common : scope_)
        if (common == name.table()) return;
    tables_.push_back(&name);
  }

  std::vector<std::string> scope_;
  std::vector<const TableName*> tables_;
};

}  // namespace

std::vector<const TableName*> tables_of(const Query& query) {
  TableCollector collector;
  collector.visit(query);
  auto tables = collector.take();
  return tables;
}

std::vector<const TableName*> tables_of(const Statement& statement) {
  return std::visit(
      []<class T>(const T& node) -> std::vector<const TableName*> {
        if constexpr (std::is_same_v<T, QueryPtr>) {
          return tables_of(*node);
        } else if constexpr (requires { *node.query; }) {
          return tables_of(*node.query);
        } else if constexpr (requires { *node.statement; }) {
          return tables_of(*node.statement);
        } else {
          return {};
        }
      },
      statement.node);
}

}  // namespace tickerlake::athena::sql
