// Which statement it is, and Trino's statements around queries. Hive's are in parse_hive.cpp.
#include <algorithm>

#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {
namespace {

constexpr std::string_view first_words =
    "'(', 'ALTER', 'CREATE', 'DEALLOCATE', 'DESC', 'DESCRIBE', 'DROP', 'EXECUTE', 'EXPLAIN', 'INSERT', 'MSCK', "
    "'PREPARE', 'SELECT', "
    "'SHOW', 'TABLE', 'UNLOAD', 'VALUES', 'WITH'";

Statement wrap(Statement::Node node) { return Statement{std::move(node), 0}; }

}  // namespace

Parsed<Statement> Parser::statement() {
  const Level level(*this);
  if (level.too_deep()) return too_deep();
  if (is_word("create")) return create();
  if (is_word("insert")) return insert();
  if (is_word("unload")) return unload();
  if (is_word("explain")) return explain();
  if (is_word("prepare")) return prepare();
  if (is_word("execute")) return execute();
  if (accept_word("deallocate")) {
    CHECK(expect_word("prepare"));
    TRY(auto which, name());
    return wrap(Deallocate{std::move(which)});
  }
  if (is_word("show")) return show();
  if (is_word("describe") || is_word("desc")) return describe();
  if (is_word("drop")) return drop();
  if (is_word("alter")) return alter();
  if (accept_word("msck")) {
    CHECK(expect_words({"repair", "table"}));
    TRY(auto table, table_name());
    return wrap(RepairTable{std::move(table)});
  }
  for (const auto* const iceberg : {"merge", "update", "delete", "optimize", "vacuum"})
    if (is_word(iceberg))
      return error(here(), std::string(iceberg) + " is not supported: tables here are not Iceberg tables",
                   SyntaxErrorKind::unsupported);
  const bool is_query = is_word("select") || is_word("with") || is_word("values") || is_word("table") || is_symbol("(");
  if (!is_query) return mismatch(first_words);
  TRY(auto made, query());
  return wrap(std::move(made));
}

Parsed<Statement> Parser::create() {
  if (are_words({"create", "view"}) || are_words({"create", "or", "replace", "view"})) {
    take();
    const bool or_replace = accept_words({"or", "replace"});
    take();
    return create_view(or_replace);
  }
  if (are_words({"create", "database"}) || are_words({"create", "schema"})) return create_database();
  if (are_words({"create", "external", "table"})) return create_table();
  if (are_words({"create", "table"})) return dialect_ == Dialect::hive ? create_table() : create_table_as();
  take();
  return mismatch("'DATABASE', 'EXTERNAL', 'OR', 'SCHEMA', 'TABLE', 'VIEW'");
}

/// The text from the present token to the end, without ';' and blanks.
std::string Parser::rest_of_text() const {
  auto rest = text_.substr(peek().offset);
  while (!rest.empty() && (rest.back() == ';' || rest.back() == ' ' || rest.back() == '\n' || rest.back() == '\r' ||
                           rest.back() == '\t'))
    rest.remove_suffix(1);
  return std::string(rest);
}

Parsed<Statement> Parser::create_view(bool or_replace) {
  CreateView made;
  made.or_replace = or_replace;
  TRY(made.name, table_name());
  CHECK(expect_word("as"));
  made.query_text = rest_of_text();
  TRY(made.query, query());
  return wrap(std::move(made));
}

Parsed<std::vector<std::pair<Name, ExpressionPtr>>> Parser::with_properties() {
  std::vector<std::pair<Name, ExpressionPtr>> properties;
  CHECK(expect("("));
  do {
    TRY(auto key, name());
    CHECK(expect("="));
    TRY(auto setting, expression());
    properties.emplace_back(std::move(key), std::move(setting));
  } while (accept(","));
  CHECK(expect(")"));
  return properties;
}

Parsed<Statement> Parser::create_table_as() {
  take(), take();
  CreateTableAs made;
  TRY(made.if_not_exists, if_not_exists());
  TRY(made.name, table_name());
  if (is_symbol("(")) {
    TRY(made.columns, name_list());
  }
  if (accept_word("comment")) CHECK(string());
  if (accept_word("with")) {
    TRY(made.properties, with_properties());
  }
  CHECK(expect_word("as"));
  TRY(made.query, query());
  if (accept_words({"with", "no", "data"})) {
    made.with_data = false;
  } else {
    accept_words({"with", "data"});
  }
  return wrap(std::move(made));
}

Parsed<Statement> Parser::insert() {
  take();
  CHECK(expect_word("into"));
  Insert made;
  TRY(made.table, table_name());
  if (is_symbol("(") && !at_query_in_parentheses()) {
    TRY(made.columns, name_list());
  }
  TRY(made.query, query());
  return wrap(std::move(made));
}

Parsed<Statement> Parser::unload() {
  take();
  CHECK(expect("("));
  Unload made;
  TRY(made.query, query());
  CHECK(expect(")"));
  CHECK(expect_word("to"));
  TRY(made.to, string());
  if (accept_word("with")) {
    TRY(made.properties, with_properties());
  }
  return wrap(std::move(made));
}

Parsed<Statement> Parser::explain() {
  take();
  Explain made;
  made.analyze = accept_word("analyze");
  accept_word("verbose");
  if (is_symbol("(") && (is_word("type", 1) || is_word("format", 1))) {
    take();
    do {
      const bool is_type = accept_word("type");
      if (!is_type && !accept_word("format")) return mismatch("'FORMAT', 'TYPE'");
      TRY(auto option, name());
      (is_type ? made.type : made.format) = option.text;
    } while (accept(","));
    CHECK(expect(")"));
  }
  TRY(auto inner, statement());
  made.statement = std::make_unique<Statement>(std::move(inner));
  return wrap(std::move(made));
}

Parsed<Statement> Parser::prepare() {
  take();
  Prepare made;
  TRY(made.name, name());
  CHECK(expect_word("from"));
  made.statement_text = rest_of_text();
  TRY(auto inner, statement());
  inner.parameter_count = std::exchange(parameters_, 0);
  made.statement = std::make_unique<Statement>(std::move(inner));
  return wrap(std::move(made));
}

Parsed<Statement> Parser::execute() {
  take();
  Execute made;
  TRY(made.name, name());
  if (accept_word("using")) {
    TRY(made.parameters, expression_list());
  }
  return wrap(std::move(made));
}

StatementType statement_type(const Statement& statement) {
  return std::visit(
      []<class T>(const T& node) {
        if constexpr (std::is_same_v<T, QueryPtr> || std::is_same_v<T, Insert> || std::is_same_v<T, Unload>)
          return StatementType::dml;
        // Athena counts CTAS as DDL, and EXPLAIN, DESCRIBE and SHOW as utilities.
        if constexpr (std::is_same_v<T, Explain> || std::is_same_v<T, Describe> || std::is_same_v<T, DescribeView> ||
                      std::is_same_v<T, ShowDatabases> || std::is_same_v<T, ShowTables> ||
                      std::is_same_v<T, ShowViews> || std::is_same_v<T, ShowPartitions> ||
                      std::is_same_v<T, ShowColumns> || std::is_same_v<T, ShowCreateTable> ||
                      std::is_same_v<T, ShowCreateView> || std::is_same_v<T, ShowTableProperties> ||
                      std::is_same_v<T, ShowFunctions> || std::is_same_v<T, Prepare> || std::is_same_v<T, Deallocate>)
          return StatementType::utility;
        if constexpr (std::is_same_v<T, Execute>) return StatementType::dml;
        (void)node;
        return StatementType::ddl;
      },
      statement.node);
}

}  // namespace tickerlake::athena::sql
