#include "services/athena/engine/write_data.h"

#include <algorithm>
#include <set>

#include "services/athena/engine/partitions.h"
#include "services/athena/results/result_file.h"

namespace tickerlake::athena {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return result;
}

Outcome<std::string> compression_option(const WriteTarget& target) {
  const auto name = upper(target.compression);
  const bool parquet = target.format == FileFormat::parquet;
  if (name.empty()) return parquet ? "snappy" : "gzip";
  if (name == "GZIP" || name == "ZSTD") return name == "GZIP" ? "gzip" : "zstd";
  if (name == "NONE" || name == "UNCOMPRESSED") return parquet ? "uncompressed" : "none";
  if (parquet && name == "SNAPPY") return "snappy";
  if (parquet && name == "LZ4") return "lz4_raw";
  return fail_query(error_type::unsupported,
                    "NOT_SUPPORTED: compression " + name + " is not supported for this format");
}

Outcome<std::string> copy_options(const WriteTarget& target) {
  TRY(const auto compression, compression_option(target));
  std::string options;
  switch (target.format) {
    case FileFormat::parquet:
      options = "FORMAT parquet";
      break;
    case FileFormat::json:
      options = "FORMAT json";
      break;
    default:
      options = "FORMAT csv, HEADER false, QUOTE '', ESCAPE '', NULLSTR '\\N', DELIMITER " +
                sql::quote_string(target.delimiter);
  }
  options += ", COMPRESSION " + compression;
  if (!target.partition_by.empty()) {
    std::string keys;
    for (const auto& key : target.partition_by) keys += (keys.empty() ? "" : ", ") + sql::quote_identifier(key);
    options += ", PARTITION_BY (" + keys + ")";
  }
  return options;
}

std::string extension_of(const WriteTarget& target) {
  if (target.format == FileFormat::parquet) return ".parquet";
  const auto name = upper(target.compression);
  const std::string format = target.format == FileFormat::json ? ".json" : ".csv";
  if (name.empty() || name == "GZIP") return format + ".gz";
  return name == "ZSTD" ? format + ".zst" : format;
}

/// "year=2016/symbol=A%2FB" → {"2016", "A/B"}
std::vector<std::string> values_in(const std::filesystem::path& folder) {
  std::vector<std::string> values;
  for (const auto& part : folder) {
    const auto text = part.string();
    if (const auto equals = text.find('='); equals != std::string::npos) {
      values.push_back(unescape_path(std::string_view(text).substr(equals + 1)));
    }
  }
  return values;
}

/// Local files below a folder, relative to it, in order.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (auto entry = std::filesystem::recursive_directory_iterator(folder, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error)) {
    if (entry->is_regular_file(error)) files.push_back(std::filesystem::relative(entry->path(), folder, error));
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

Outcome<WrittenData> write_data(Execution& execution, const std::string& duckdb_query, const WriteTarget& target) {
  TRY(const auto options, copy_options(target));
  const auto folder = execution.folder / "data";
  const bool partitioned = !target.partition_by.empty();
  if (!partitioned) {
    std::error_code ignored;
    std::filesystem::create_directories(folder, ignored);
  }
  const auto local = partitioned ? folder : folder / "part";
  TRY(const auto rows,
      execution.run("COPY (" + duckdb_query + ") TO " + sql::quote_string(local.string()) + " (" + options + ")"));
  WrittenData data;
  data.rows = rows.rows_changed();
  if (data.rows == 0) return data;  // no rows, no objects

  const auto files = files_below(folder);
  std::set<std::vector<std::string>> partitions;
  for (const auto& file : files) partitions.insert(values_in(file.parent_path()));
  if (partitioned && partitions.size() > max_written_partitions) {
    return fail_query(error_type::execution, "HIVE_TOO_MANY_OPEN_PARTITIONS: Exceeded limit of " +
                                                 std::to_string(max_written_partitions) +
                                                 " open writers for partitions/buckets");
  }
  std::size_t number = 0;
  for (const auto& file : files) {
    CHECK(execution.check_cancelled());
    const auto below = file.parent_path().empty() ? std::string() : file.parent_path().string() + "/";
    const auto place =
        target.folder / (below + execution.request.id + "_" + std::to_string(number++) + extension_of(target));
    std::error_code error;
    data.bytes += static_cast<std::int64_t>(std::filesystem::file_size(folder / file, error));
    auto put =
        execution.environment.objects.put_file(place.bucket, place.key, "application/octet-stream", folder / file);
    if (!put) {
      return fail_query(error_type::result_write, "Unable to write " + place.uri() + ": " + put.error().message);
    }
    data.uris.push_back(place.uri());
  }
  if (partitioned) data.partitions.assign(partitions.begin(), partitions.end());
  return data;
}

Outcome<ExecutionResult> finish_write(Execution& execution, const WrittenData& data) {
  ExecutionResult result;
  result.columns = {result_column("rows", sql::Type::of(sql::Type::Kind::bigint))};
  result.update_count = data.rows;
  result.rows_out = data.rows;
  result.bytes_out = data.bytes;
  const auto base = execution.request.output / execution.request.id;
  result.output_uri = base.uri();
  result.manifest_uri = base.uri() + "-manifest.csv";
  std::string manifest;
  for (const auto& uri : data.uris) manifest += uri + "\n";
  auto& objects = execution.environment.objects;
  auto put = objects.put(base.bucket, base.key + "-manifest.csv", "text/csv", manifest);
  if (put) {
    put = objects.put(base.bucket, base.key + ".metadata", "application/octet-stream", encode_metadata(result.columns));
  }
  if (!put) {
    return fail_query(error_type::result_write, "Unable to write " + result.manifest_uri + ": " + put.error().message);
  }
  return result;
}

Outcome<std::vector<sql::Column>> output_columns(Execution& execution, const sql::WrittenQuery& written) {
  auto columns = written.columns;
  const bool complete = written.columns_known && std::all_of(columns.begin(), columns.end(),
                                                             [](const auto& column) { return column.type.known(); });
  if (complete) return columns;
  TRY(const auto described, told(execution.connection.prepare(written.sql), failure_of_engine));
  const auto& given = described.columns();
  if (!written.columns_known || columns.size() != given.size()) {
    columns.clear();
    for (std::size_t i = 0; i < given.size(); ++i) columns.push_back({sql::output_name(given[i].name, i), {}, false});
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i].type.known()) columns[i].type = type_of(given[i].type);
  }
  return columns;
}

}  // namespace tickerlake::athena
