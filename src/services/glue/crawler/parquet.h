#pragma once
// The schema of a Parquet file from its footer, read without decoding any data.
// Source: parquet-format's parquet.thrift; Thrift's compact protocol.
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "services/glue/crawler/file_schema.h"

namespace tickerlake::glue {

constexpr std::int64_t max_parquet_footer = 64_MiB;  // footers of files with very many row groups reach megabytes
constexpr std::size_t max_parquet_elements = 100'000;

/// Where the footer lies, from the last 8 bytes of a file ("length PAR1"). Errors: corrupt.
Result<std::int64_t> parquet_footer_length(ByteView last_eight, std::int64_t file_size);

/// Columns with Hive's types and the number of rows. Errors: corrupt.
Result<FileSchema> read_parquet_footer(ByteView footer);

}  // namespace tickerlake::glue
