#pragma once
// Statements: queries, and the Hive and Trino statements around them that Athena documents.
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "services/athena/sql/ast.h"

namespace tickerlake::athena::sql {

struct Statement;

/// Properties in their order: ('key'='value', …).
using Properties = std::vector<std::pair<std::string, std::string>>;

// ---- databases

struct CreateDatabase {
  Name name;
  bool if_not_exists = false;
  std::optional<std::string> comment, location;
  Properties properties;
};
struct DropDatabase {
  Name name;
  bool if_exists = false;
  bool cascade = false;
};
struct AlterDatabase {
  Name name;
  Properties properties;
};

// ---- tables

/// A column as the catalog stores it: the type in Hive's spelling ("decimal(18,6)", "struct<a:int>").
struct ColumnDefinition {
  Name name;
  std::string type;
  std::optional<std::string> comment;
};

/// ROW FORMAT and STORED AS resolved to what Glue's StorageDescriptor holds.
struct Storage {
  std::string input_format, output_format, serde;
  Properties serde_parameters;
};

struct SortColumn {
  Name name;
  bool descending = false;
};

/// CREATE [EXTERNAL] TABLE. Without EXTERNAL only Iceberg tables are allowed (checked by the parser).
struct CreateTable {
  TableName name;
  bool external = false, if_not_exists = false;
  std::vector<ColumnDefinition> columns, partition_columns;
  std::vector<Name> partition_transforms;  // Iceberg: the text of day(ts), bucket(16, id), …
  std::optional<std::string> comment, location;
  std::vector<Name> bucket_columns;
  std::vector<SortColumn> sort_columns;
  std::int32_t bucket_count = 0;
  Storage storage;
  Properties properties;
};

/// CREATE TABLE … WITH (property = expression, …) AS query
struct CreateTableAs {
  TableName name;
  bool if_not_exists = false;
  std::vector<std::pair<Name, ExpressionPtr>> properties;
  std::vector<Name> columns;
  QueryPtr query;
  bool with_data = true;
};
struct DropTable {
  TableName name;
  bool if_exists = false;
};
/// year='2016', month='01': names to values; a value may be a string, number or date literal, kept as its text.
using PartitionSpec = std::vector<std::pair<Name, std::string>>;
struct PartitionWithLocation {
  PartitionSpec values;
  std::optional<std::string> location;
};
struct AddPartitions {
  TableName table;
  bool if_not_exists = false;
  std::vector<PartitionWithLocation> partitions;
};
/// DROP PARTITION (year < '2016'): Hive allows comparisons.
struct PartitionCondition {
  Name key;
  ComparisonOperator op;
  std::string value;
};
struct DropPartitions {
  TableName table;
  bool if_exists = false;
  std::vector<std::vector<PartitionCondition>> partitions;
};
struct RenamePartition {
  TableName table;
  PartitionSpec from, to;
};
struct AddColumns {
  TableName table;
  bool replace = false;
  std::vector<ColumnDefinition> columns;
};
struct ChangeColumn {
  TableName table;
  Name column;
  ColumnDefinition definition;
};
struct DropColumn {
  TableName table;
  Name column;
};
struct SetLocation {
  TableName table;
  PartitionSpec partition;
  std::string location;
};  // partition empty: the table's
struct SetTableProperties {
  TableName table;
  Properties properties;
};
struct UnsetTableProperties {
  TableName table;
  std::vector<std::string> keys;
};
struct RepairTable {
  TableName table;
};
struct Insert {
  TableName table;
  std::vector<Name> columns;
  QueryPtr query;
};
struct Unload {
  QueryPtr query;
  std::string to;
  std::vector<std::pair<Name, ExpressionPtr>> properties;
};

// ---- views

struct CreateView {
  TableName name;
  bool or_replace = false;
  QueryPtr query;
  std::string query_text;
};
struct DropView {
  TableName name;
  bool if_exists = false;
};

// ---- questions

struct ShowDatabases {
  std::optional<std::string> pattern;
};  // Hive's 'a*|b*', or LIKE's
struct ShowTables {
  std::optional<Name> database;
  std::optional<std::string> pattern;
};
struct ShowViews {
  std::optional<Name> database;
  std::optional<std::string> pattern;
};
struct ShowPartitions {
  TableName table;
  PartitionSpec partition;
};
struct ShowColumns {
  TableName table;
};
struct ShowCreateTable {
  TableName table;
};
struct ShowCreateView {
  TableName view;
};
struct ShowTableProperties {
  TableName table;
  std::optional<std::string> key;
};
struct ShowFunctions {
  std::optional<std::string> pattern;
};
struct Describe {
  TableName table;
  bool extended = false, formatted = false;
  PartitionSpec partition;
  std::optional<Name> column;
};
struct DescribeView {
  TableName view;
};

// ---- around statements

struct Explain {
  bool analyze = false;
  std::string type, format;
  std::unique_ptr<Statement> statement;
};  // type, format: lower case or ""
struct Prepare {
  Name name;
  std::string statement_text;
  std::unique_ptr<Statement> statement;
};
struct Execute {
  Name name;
  Expressions parameters;
};
struct Deallocate {
  Name name;
};

struct Statement {
  using Node =
      std::variant<QueryPtr, CreateDatabase, DropDatabase, AlterDatabase, CreateTable, CreateTableAs, DropTable,
                   AddPartitions, DropPartitions, RenamePartition, AddColumns, ChangeColumn, DropColumn, SetLocation,
                   SetTableProperties, UnsetTableProperties, RepairTable, Insert, Unload, CreateView, DropView,
                   ShowDatabases, ShowTables, ShowViews, ShowPartitions, ShowColumns, ShowCreateTable, ShowCreateView,
                   ShowTableProperties, ShowFunctions, Describe, DescribeView, Explain, Prepare, Execute, Deallocate>;
  Node node;
  std::size_t parameter_count = 0;  // the ? in it

  template <class T>
  const T* as() const {
    return std::get_if<T>(&node);
  }
};

/// Athena's StatementType: DDL, DML or UTILITY.
enum class StatementType { ddl, dml, utility };
StatementType statement_type(const Statement&);

}  // namespace tickerlake::athena::sql
