// CREATE [EXTERNAL] TABLE with Hive's clauses, resolved to what Glue stores.
#include <array>

#include "services/athena/sql/parser_impl.h"

namespace tickerlake::athena::sql {

/// ROW FORMAT and STORED AS as written; storage_of() makes Glue's form of them.
struct TableFormat {
  bool delimited = false;
  Properties delimiters;  // serde parameters of ROW FORMAT DELIMITED
  std::string serde;
  Properties serde_parameters;
  std::string stored_as;  // lower case; "" if absent
  std::string input_format, output_format;
};

namespace {

struct Format {
  std::string_view name, input, output, serde;
};

constexpr std::string_view text_input = "org.apache.hadoop.mapred.TextInputFormat";
constexpr std::string_view text_output = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat";
constexpr std::string_view lazy_serde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe";

constexpr std::array<Format, 7> formats = {{
    {"textfile", text_input, text_output, lazy_serde},
    {"parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
    {"orc", "org.apache.hadoop.hive.ql.io.orc.OrcInputFormat", "org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat",
     "org.apache.hadoop.hive.ql.io.orc.OrcSerde"},
    {"avro", "org.apache.hadoop.hive.ql.io.avro.AvroContainerInputFormat",
     "org.apache.hadoop.hive.ql.io.avro.AvroContainerOutputFormat", "org.apache.hadoop.hive.serde2.avro.AvroSerDe"},
    {"sequencefile", "org.apache.hadoop.mapred.SequenceFileInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveSequenceFileOutputFormat", lazy_serde},
    {"rcfile", "org.apache.hadoop.hive.ql.io.RCFileInputFormat", "org.apache.hadoop.hive.ql.io.RCFileOutputFormat",
     "org.apache.hadoop.hive.serde2.columnar.LazyBinaryColumnarSerDe"},
    {"ion", "com.amazon.ionhiveserde.formats.IonInputFormat", "com.amazon.ionhiveserde.formats.IonOutputFormat",
     "com.amazon.ionhiveserde.IonHiveSerDe"},
}};

Storage storage_of(const TableFormat& format) {
  Storage made{std::string(text_input), std::string(text_output), std::string(lazy_serde), {}};
  for (const auto& known : formats)
    if (known.name == format.stored_as)
      made = {std::string(known.input), std::string(known.output), std::string(known.serde), {}};
  if (!format.input_format.empty()) made.input_format = format.input_format;
  if (!format.output_format.empty()) made.output_format = format.output_format;
  if (!format.serde.empty()) made.serde = format.serde;
  made.serde_parameters = format.delimited ? format.delimiters : format.serde_parameters;
  return made;
}

}  // namespace

Parsed<ColumnDefinition> Parser::column_definition() {
  ColumnDefinition made;
  TRY(made.name, name());
  accept(":");
  TRY(const auto column_type, type());
  made.type = to_hive(column_type);
  if (accept_word("comment")) {
    TRY(made.comment, string());
  }
  return made;
}

Parsed<std::vector<ColumnDefinition>> Parser::column_definitions() {
  std::vector<ColumnDefinition> made;
  do {
    TRY(auto column, column_definition());
    made.push_back(std::move(column));
  } while (accept(","));
  return made;
}

Parsed<Statement> Parser::create_table() {
  const auto where = take().position;
  CreateTable made;
  made.external = accept_word("external");
  CHECK(expect_word("table"));
  TRY(made.if_not_exists, if_not_exists());
  TRY(made.name, table_name());
  if (accept("(")) {
    TRY(made.columns, column_definitions());
    CHECK(expect(")"));
  }
  TableFormat format;
  while (peek().kind != Token::Kind::end && !is_symbol(";")) CHECK(table_clause(made, format));
  made.storage = storage_of(format);
  bool iceberg = false;
  for (const auto& [key, setting] : made.properties)
    if (equals_ignoring_case(key, "table_type") && equals_ignoring_case(setting, "iceberg")) iceberg = true;
  if (!made.external && !iceberg)
    return error(where, "Only external tables (CREATE EXTERNAL TABLE) and Iceberg tables can be created",
                 SyntaxErrorKind::unsupported);
  return Statement{std::move(made), 0};
}

Parsed<void> Parser::table_clause(CreateTable& made, TableFormat& format) {
  if (accept_word("comment")) {
    TRY(made.comment, string());
    return {};
  }
  if (accept_words({"partitioned", "by"})) return partitioned_by(made);
  if (accept_words({"clustered", "by"})) return clustered_by(made);
  if (accept_words({"row", "format"})) return row_format(format);
  if (accept_words({"with", "serdeproperties"})) {
    TRY(format.serde_parameters, properties());
    return {};
  }
  if (accept_words({"stored", "as"})) {
    if (accept_word("inputformat")) {
      TRY(format.input_format, string());
      CHECK(expect_word("outputformat"));
      TRY(format.output_format, string());
      return {};
    }
    const auto where = here();
    TRY(auto file_format, name());
    if (file_format.text == "json" || file_format.text == "jsonfile") {
      format.stored_as = "textfile";
      if (format.serde.empty()) format.serde = "org.apache.hive.hcatalog.data.JsonSerDe";
      return {};
    }
    bool known = false;
    for (const auto& one : formats) known = known || one.name == file_format.text;
    if (!known) return error(where, "Unknown file format: " + file_format.text);
    format.stored_as = std::move(file_format.text);
    return {};
  }
  if (accept_word("location")) {
    TRY(made.location, string());
    return {};
  }
  if (accept_word("tblproperties")) {
    TRY(made.properties, properties());
    return {};
  }
  return mismatch("'CLUSTERED', 'COMMENT', 'LOCATION', 'PARTITIONED', 'ROW', 'STORED', 'TBLPROPERTIES', 'WITH'");
}

Parsed<void> Parser::partitioned_by(CreateTable& made) {
  CHECK(expect("("));
  do {
    // Iceberg: a column's name alone, or a transform of one: day(ts), bucket(16, id).
    const bool transform = is_name() && (is_symbol("(", 1) || is_symbol(",", 1) || is_symbol(")", 1));
    if (transform) {
      TRY(auto whole, name());
      if (accept("(")) {
        whole.text += "(";
        while (!is_symbol(")") && peek().kind != Token::Kind::end) whole.text += take().raw;
        CHECK(expect(")"));
        whole.text += ")";
      }
      made.partition_transforms.push_back(std::move(whole));
      continue;
    }
    TRY(auto column, column_definition());
    made.partition_columns.push_back(std::move(column));
  } while (accept(","));
  return expect(")");
}

Parsed<void> Parser::clustered_by(CreateTable& made) {
  TRY(made.bucket_columns, name_list());
  if (accept_words({"sorted", "by"})) {
    CHECK(expect("("));
    do {
      SortColumn column;
      TRY(column.name, name());
      column.descending = accept_word("desc");
      if (!column.descending) accept_word("asc");
      made.sort_columns.push_back(std::move(column));
    } while (accept(","));
    CHECK(expect(")"));
  }
  CHECK(expect_word("into"));
  TRY(made.bucket_count, small_integer());
  return expect_word("buckets");
}

Parsed<void> Parser::row_format(TableFormat& format) {
  if (accept_word("serde")) {
    TRY(format.serde, string());
    return {};
  }
  CHECK(expect_word("delimited"));
  format.delimited = true;
  const auto set = [&](std::string key) -> Parsed<void> {
    TRY(auto text, string());
    format.delimiters.emplace_back(std::move(key), std::move(text));
    return {};
  };
  for (;;) {
    if (accept_words({"fields", "terminated", "by"})) {
      TRY(auto text, string());
      format.delimiters.emplace_back("field.delim", text);
      format.delimiters.emplace_back("serialization.format", std::move(text));
    } else if (accept_words({"escaped", "by"})) {
      CHECK(set("escape.delim"));
    } else if (accept_words({"collection", "items", "terminated", "by"})) {
      CHECK(set("collection.delim"));
    } else if (accept_words({"map", "keys", "terminated", "by"})) {
      CHECK(set("mapkey.delim"));
    } else if (accept_words({"lines", "terminated", "by"})) {
      CHECK(set("line.delim"));
    } else if (accept_words({"null", "defined", "as"})) {
      CHECK(set("serialization.null.format"));
    } else {
      return {};
    }
  }
}

}  // namespace tickerlake::athena::sql
