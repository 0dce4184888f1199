#pragma once
// A query's rows as objects: what CTAS, INSERT and UNLOAD share.
#include <string>
#include <vector>

#include "services/athena/engine/execution.h"
#include "services/athena/engine/table_format.h"

namespace tickerlake::athena {

struct WriteTarget {
  Location folder;
  FileFormat format = FileFormat::parquet;
  std::string delimiter = "\001";              // delimited
  std::string compression;                     // Athena's name ("SNAPPY", "GZIP", "ZSTD", "NONE"); empty: the default
  std::vector<std::string> partition_by = {};  // columns; they are not in the files
};

struct WrittenData {
  std::vector<std::string> uris;                     // in the order of their names
  std::vector<std::vector<std::string>> partitions;  // values, in the order of partition_by
  std::int64_t rows = 0, bytes = 0;
};

/// Computes the query into local files, then puts them into the folder; names begin with the execution's id. Nothing
/// is put when the query fails.
Outcome<WrittenData> write_data(Execution& execution, const std::string& duckdb_query, const WriteTarget& target);

/// Stores <id>-manifest.csv (one address a line) and <id>.metadata, and describes the outcome.
Outcome<ExecutionResult> finish_write(Execution& execution, const WrittenData& data);

/// Columns that come out of a written query; DuckDB is asked for types that the writer left open.
Outcome<std::vector<sql::Column>> output_columns(Execution& execution, const sql::WrittenQuery& written);

constexpr std::size_t max_written_partitions = 100;  // Athena's bound for CTAS, INSERT and UNLOAD

/// Properties of WITH (…) as texts; lists as their items.
class WriteProperties {
 public:
  static Outcome<WriteProperties> read(const std::vector<std::pair<sql::Name, sql::ExpressionPtr>>& properties,
                                       const std::vector<std::string>& known);
  std::optional<std::string> text(const std::string& name) const;
  std::vector<std::string> list(const std::string& name) const;

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// format, field_delimiter, write_compression, compression, partitioned_by → target. default_format is "PARQUET"
/// for CTAS, empty for UNLOAD (which needs one).
Outcome<WriteTarget> write_target(const WriteProperties& properties, const std::string& default_format);

}  // namespace tickerlake::athena
