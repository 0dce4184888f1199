#include "pipeline/sink/parquet_footer.h"

#include <cstring>

#include "base/digest.h"
#include "base/thrift.h"

namespace tickerlake::pipeline {
namespace {

using Type = ThriftReader::Type;

constexpr std::string_view magic = "PAR1";

std::unexpected<Error> bad(std::string why) { return fail(ErrorCode::corrupt, std::move(why)); }

/// Calls visit(id, type) for each field of the struct at hand; visit takes the value and returns true, or false to
/// skip.
template <class Visit>
void each_field(ThriftReader& thrift, const Visit& visit) {
  thrift.structure([&](int id, Type type) {
    if (!visit(id, type)) thrift.skip(type);
  });
}

struct Chunk {
  std::int64_t values = -1, compressed = -1, data_page = -1, dictionary_page = -1;
};

struct Footer {
  std::int64_t rows = -1;
  std::int64_t data_end = 4;  // behind the last column chunk
  std::string_view source;
  bool has_source = false;
  std::string problem;
};

Chunk read_chunk(ThriftReader& thrift) {
  Chunk chunk;
  each_field(thrift, [&](int column, Type column_type) {
    if (column != 3 || column_type != Type::structure) return false;
    each_field(thrift, [&](int id, Type type) {
      std::int64_t* const place = id == 5    ? &chunk.values
                                  : id == 7  ? &chunk.compressed
                                  : id == 9  ? &chunk.data_page
                                  : id == 11 ? &chunk.dictionary_page
                                             : nullptr;
      if (place == nullptr || type != Type::i64) return false;
      *place = thrift.integer();
      return true;
    });
    return true;
  });
  return chunk;
}

void read_group(ThriftReader& thrift, Footer& footer, std::int64_t& rows_in_groups) {
  std::int64_t values = -1, rows = -1;
  each_field(thrift, [&](int id, Type type) {
    if (id == 1 && type == Type::list) {
      const auto columns = thrift.list();
      for (std::size_t i = 0; i < columns.size && !thrift.failed(); ++i) {
        const Chunk chunk = read_chunk(thrift);
        const std::int64_t start = chunk.dictionary_page >= 0 ? chunk.dictionary_page : chunk.data_page;
        if (start != footer.data_end || chunk.compressed < 0) footer.problem = "its column chunks don't fill it";
        if (values >= 0 && chunk.values != values) footer.problem = "its columns have different numbers of values";
        values = chunk.values;
        footer.data_end = start + chunk.compressed;
      }
      return true;
    }
    if (id != 3 || type != Type::i64) return false;
    rows = thrift.integer();
    return true;
  });
  if (values != rows || rows < 0) footer.problem = "its row groups and columns have different numbers of rows";
  rows_in_groups += rows;
}

void read_metadata(ThriftReader& thrift, Footer& footer) {
  const auto entries = thrift.list();
  for (std::size_t i = 0; i < entries.size && !thrift.failed(); ++i) {
    std::string_view key, value;
    each_field(thrift, [&](int id, Type type) {
      if (type != Type::binary || (id != 1 && id != 2)) return false;
      (id == 1 ? key : value) = thrift.binary();
      return true;
    });
    if (key != FileSource::metadata_key) continue;
    footer.source = value;
    footer.has_source = true;
  }
}

Footer read_footer(std::string_view bytes) {
  Footer footer;
  ThriftReader thrift(as_bytes(bytes));
  std::int64_t rows_in_groups = 0;
  each_field(thrift, [&](int id, Type type) {
    if (id == 3 && type == Type::i64) return footer.rows = thrift.integer(), true;
    if (type != Type::list) return false;
    if (id == 4) {
      const auto groups = thrift.list();
      for (std::size_t i = 0; i < groups.size && !thrift.failed(); ++i) read_group(thrift, footer, rows_in_groups);
      return true;
    }
    return id == 5 && (read_metadata(thrift, footer), true);
  });
  if (thrift.failed() || footer.rows < 0)
    footer.problem = "its footer can't be read";
  else if (footer.problem.empty() && rows_in_groups != footer.rows)
    footer.problem = "its row groups hold " + std::to_string(rows_in_groups) + " rows, its footer says " +
                     std::to_string(footer.rows);
  return footer;
}

}  // namespace

Result<ParquetSummary> check_parquet(std::string_view file) {
  constexpr std::size_t tail = 8;  // the footer's length, magic
  if (file.size() < magic.size() + tail || !file.starts_with(magic) || !file.ends_with(magic))
    return bad("not a whole Parquet file (" + std::to_string(file.size()) + " bytes)");
  std::uint32_t footer_size = 0;
  std::memcpy(&footer_size, file.data() + file.size() - tail, sizeof footer_size);
  if (footer_size > file.size() - magic.size() - tail) return bad("its footer's length is wrong");
  const std::size_t footer_start = file.size() - tail - footer_size;
  const Footer footer = read_footer(file.substr(footer_start, footer_size));
  if (!footer.problem.empty()) return bad(footer.problem);
  if (footer.data_end != static_cast<std::int64_t>(footer_start)) return bad("its column chunks don't fill it");
  ParquetSummary summary{.rows = footer.rows, .source = {}};
  if (!footer.has_source) return summary;
  TRY(summary.source, FileSource::parse(footer.source));
  if (crc32c(as_bytes(file.substr(0, footer_start))) != summary.source->data_crc32c)
    return bad("its data is damaged: the checksum differs from the one that it states");
  if (summary.source->offsets.size() != summary.rows)
    return bad("it holds " + std::to_string(summary.rows) + " rows, and states offsets of " +
               std::to_string(summary.source->offsets.size()));
  return summary;
}

}  // namespace tickerlake::pipeline
