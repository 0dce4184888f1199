// Hive's statements about databases, tables and partitions, and the questions SHOW and DESCRIBE.
#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {
namespace {

Statement wrap(Statement::Node node) { return Statement{std::move(node), 0}; }

}  // namespace

Parsed<bool> Parser::if_exists() {
  if (!is_word("if")) return false;
  take();
  CHECK(expect_word("exists"));
  return true;
}

Parsed<bool> Parser::if_not_exists() {
  if (!is_word("if")) return false;
  take();
  CHECK(expect_words({"not", "exists"}));
  return true;
}

Parsed<Properties> Parser::properties() {
  CHECK(expect("("));
  Properties made;
  do {
    TRY(auto key, string());
    CHECK(expect("="));
    if (peek().kind == Token::Kind::integer || peek().kind == Token::Kind::decimal || is_word("true") ||
        is_word("false")) {
      made.emplace_back(std::move(key), std::string(take().raw));
      continue;
    }
    TRY(auto setting, string());
    made.emplace_back(std::move(key), std::move(setting));
  } while (accept(","));
  CHECK(expect(")"));
  return made;
}

Parsed<std::string> Parser::partition_value() {
  // DATE '2020-01-01' is its text, as Hive's partitions are.
  if ((is_word("date") || is_word("timestamp")) && peek(1).kind == Token::Kind::string) take();
  if (peek().kind == Token::Kind::string) return take().value;
  const bool negative = accept("-");
  if (peek().kind == Token::Kind::integer || peek().kind == Token::Kind::decimal)
    return (negative ? "-" : "") + std::string(take().raw);
  return mismatch("<string>, <integer>");
}

Parsed<PartitionSpec> Parser::partition_spec() {
  CHECK(expect_word("partition"));
  CHECK(expect("("));
  PartitionSpec made;
  do {
    TRY(auto key, name());
    CHECK(expect("="));
    TRY(auto setting, partition_value());
    made.emplace_back(std::move(key), std::move(setting));
  } while (accept(","));
  CHECK(expect(")"));
  return made;
}

Parsed<Statement> Parser::create_database() {
  take(), take();
  CreateDatabase made;
  TRY(made.if_not_exists, if_not_exists());
  TRY(made.name, name());
  if (accept_word("comment")) {
    TRY(made.comment, string());
  }
  if (accept_word("location")) {
    TRY(made.location, string());
  }
  if (accept_words({"with", "dbproperties"})) {
    TRY(made.properties, properties());
  }
  return wrap(std::move(made));
}

Parsed<Statement> Parser::drop() {
  take();
  if (accept_word("database") || accept_word("schema")) {
    DropDatabase made;
    TRY(made.if_exists, if_exists());
    TRY(made.name, name());
    made.cascade = accept_word("cascade");
    if (!made.cascade) accept_word("restrict");
    return wrap(std::move(made));
  }
  const bool view = accept_word("view");
  if (!view && !accept_word("table")) return mismatch("'DATABASE', 'SCHEMA', 'TABLE', 'VIEW'");
  TRY(const auto exists, if_exists());
  TRY(auto which, table_name());
  accept_word("purge");
  if (view) return wrap(DropView{std::move(which), exists});
  return wrap(DropTable{std::move(which), exists});
}

Parsed<Statement> Parser::alter() {
  take();
  if (accept_word("database") || accept_word("schema")) {
    AlterDatabase made;
    TRY(made.name, name());
    CHECK(expect_words({"set", "dbproperties"}));
    TRY(made.properties, properties());
    return wrap(std::move(made));
  }
  if (accept_word("table")) return alter_table();
  return mismatch("'DATABASE', 'SCHEMA', 'TABLE'");
}

Parsed<Statement> Parser::alter_table() {
  TRY(auto table, table_name());
  if (is_word("partition") || are_words({"add", "partition"}) || are_words({"drop", "partition"}) ||
      are_words({"add", "if"}) || are_words({"drop", "if"}))
    return alter_partitions(std::move(table));
  if (is_word("add") || is_word("replace")) {
    AddColumns made;
    made.table = std::move(table);
    made.replace = equals_ignoring_case(take().raw, "replace");
    CHECK(expect_word("columns"));
    CHECK(expect("("));
    TRY(made.columns, column_definitions());
    CHECK(expect(")"));
    return wrap(std::move(made));
  }
  if (accept_word("change")) {
    accept_word("column");
    ChangeColumn made;
    made.table = std::move(table);
    TRY(made.column, name());
    TRY(made.definition, column_definition());
    return wrap(std::move(made));
  }
  if (accept_words({"drop", "column"})) {
    TRY(auto column, name());
    return wrap(DropColumn{std::move(table), std::move(column)});
  }
  if (accept_words({"set", "location"})) {
    TRY(auto location, string());
    return wrap(SetLocation{std::move(table), {}, std::move(location)});
  }
  if (accept_words({"set", "tblproperties"})) {
    TRY(auto list, properties());
    return wrap(SetTableProperties{std::move(table), std::move(list)});
  }
  if (accept_words({"unset", "tblproperties"})) {
    TRY(const auto checked, if_exists());
    (void)checked;
    CHECK(expect("("));
    UnsetTableProperties made{std::move(table), {}};
    do {
      TRY(auto key, string());
      made.keys.push_back(std::move(key));
    } while (accept(","));
    CHECK(expect(")"));
    return wrap(std::move(made));
  }
  return mismatch("'ADD', 'CHANGE', 'DROP', 'PARTITION', 'REPLACE', 'SET', 'UNSET'");
}

Parsed<Statement> Parser::alter_partitions(TableName table) {
  if (accept_word("add")) {
    AddPartitions made;
    made.table = std::move(table);
    TRY(made.if_not_exists, if_not_exists());
    do {
      PartitionWithLocation partition;
      TRY(partition.values, partition_spec());
      if (accept_word("location")) {
        TRY(partition.location, string());
      }
      made.partitions.push_back(std::move(partition));
      accept(",");
    } while (is_word("partition"));
    return wrap(std::move(made));
  }
  if (accept_word("drop")) {
    DropPartitions made;
    made.table = std::move(table);
    TRY(made.if_exists, if_exists());
    do {
      CHECK(expect_word("partition"));
      CHECK(expect("("));
      std::vector<PartitionCondition> conditions;
      do {
        PartitionCondition condition{};
        TRY(condition.key, name());
        if (accept("=")) {
          condition.op = ComparisonOperator::equal;
        } else if (accept("<>") || accept("!=")) {
          condition.op = ComparisonOperator::not_equal;
        } else if (accept("<")) {
          condition.op = ComparisonOperator::less;
        } else if (accept("<=")) {
          condition.op = ComparisonOperator::less_or_equal;
        } else if (accept(">")) {
          condition.op = ComparisonOperator::greater;
        } else if (accept(">=")) {
          condition.op = ComparisonOperator::greater_or_equal;
        } else {
          return mismatch("'=', '<>', '<', '<=', '>', '>='");
        }
        TRY(condition.value, partition_value());
        conditions.push_back(std::move(condition));
      } while (accept(",") || accept_word("and"));
      CHECK(expect(")"));
      made.partitions.push_back(std::move(conditions));
    } while (accept(","));
    return wrap(std::move(made));
  }
  TRY(auto partition, partition_spec());
  if (accept_words({"set", "location"})) {
    TRY(auto location, string());
    return wrap(SetLocation{std::move(table), std::move(partition), std::move(location)});
  }
  if (accept_words({"rename", "to"})) {
    TRY(auto to, partition_spec());
    return wrap(RenamePartition{std::move(table), std::move(partition), std::move(to)});
  }
  return mismatch("'RENAME', 'SET'");
}

Parsed<Statement> Parser::show() {
  take();
  const auto pattern = [&]() -> Parsed<std::optional<std::string>> {
    accept_word("like");
    if (peek().kind != Token::Kind::string) return std::nullopt;
    return take().value;
  };
  const auto database = [&]() -> Parsed<std::optional<Name>> {
    if (!accept_word("in") && !accept_word("from")) return std::nullopt;
    TRY(auto which, name());
    if (accept(".")) {  // catalog.database
      TRY(which, name());
    }
    return which;
  };
  if (accept_word("databases") || accept_word("schemas")) {
    TRY(const auto catalog, database());
    (void)catalog;
    TRY(auto like, pattern());
    return wrap(ShowDatabases{std::move(like)});
  }
  if (is_word("tables") || is_word("views")) {
    const bool views = equals_ignoring_case(take().raw, "views");
    TRY(auto where, database());
    TRY(auto like, pattern());
    if (views) return wrap(ShowViews{std::move(where), std::move(like)});
    return wrap(ShowTables{std::move(where), std::move(like)});
  }
  if (accept_word("functions")) {
    TRY(auto like, pattern());
    return wrap(ShowFunctions{std::move(like)});
  }
  if (accept_word("partitions")) {
    ShowPartitions made;
    TRY(made.table, table_name());
    if (is_word("partition")) {
      TRY(made.partition, partition_spec());
    }
    return wrap(std::move(made));
  }
  if (accept_word("columns")) {
    if (!accept_word("in") && !accept_word("from")) return mismatch("'FROM', 'IN'");
    TRY(auto table, table_name());
    if (accept_word("in") || accept_word("from")) {
      TRY(auto where, name());
      table.parts.insert(table.parts.begin(), std::move(where));
    }
    return wrap(ShowColumns{std::move(table)});
  }
  if (accept_word("create")) {
    const bool view = accept_word("view");
    if (!view) CHECK(expect_word("table"));
    TRY(auto which, table_name());
    if (view) return wrap(ShowCreateView{std::move(which)});
    return wrap(ShowCreateTable{std::move(which)});
  }
  if (accept_word("tblproperties")) {
    ShowTableProperties made;
    TRY(made.table, table_name());
    if (accept("(")) {
      TRY(made.key, string());
      CHECK(expect(")"));
    }
    return wrap(std::move(made));
  }
  return mismatch(
      "'COLUMNS', 'CREATE', 'DATABASES', 'FUNCTIONS', 'PARTITIONS', 'SCHEMAS', 'TABLES', 'TBLPROPERTIES', 'VIEWS'");
}

Parsed<Statement> Parser::describe() {
  take();
  // DESCRIBE VIEW v, but also a table that is named "view".
  if (is_word("view") && is_name(1)) {
    take();
    TRY(auto view, table_name());
    return wrap(DescribeView{std::move(view)});
  }
  Describe made;
  if (is_name(1)) {
    made.extended = accept_word("extended");
    if (!made.extended) made.formatted = accept_word("formatted");
  }
  TRY(made.table, table_name());
  if (is_word("partition")) {
    TRY(made.partition, partition_spec());
  }
  if (is_name()) {
    TRY(made.column, name());
  }
  return wrap(std::move(made));
}

}  // namespace tickerlake::athena::sql
