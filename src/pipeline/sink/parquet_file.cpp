#include "pipeline/sink/parquet_file.h"

#include <zstd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "base/digest.h"
#include "base/panic.h"
#include "pipeline/sink/parquet_encoding.h"
#include "pipeline/sink/thrift.h"

namespace tickerlake::pipeline {
namespace {

constexpr std::size_t group_rows = 122'880;  // what readers split work by
constexpr int zstd_level = 3;
constexpr std::size_t max_statistics_text = 64;  // longer texts have no minimum and maximum
constexpr std::int64_t version = 2;              // of the format: logical types, RLE_DICTIONARY

// Numbers of parquet.thrift.
enum Type { type_boolean = 0, type_int32 = 1, type_int64 = 2, type_double = 5, type_byte_array = 6 };
enum Encoding { encoding_plain = 0, encoding_rle = 3, encoding_delta_binary_packed = 5, encoding_rle_dictionary = 8 };
enum PageType { page_data = 0, page_dictionary = 2 };
constexpr int codec_zstd = 6;
constexpr int repetition_optional = 1;

Type physical_type(FieldKind kind) {
  switch (kind) {
    case FieldKind::string:
      return type_byte_array;
    case FieldKind::boolean:
      return type_boolean;
    case FieldKind::int32:
    case FieldKind::date:
      return type_int32;
    case FieldKind::real:
      return type_double;
    default:
      return type_int64;
  }
}

void write_schema_element(ThriftWriter& thrift, const Field& field) {
  constexpr int converted_utf8 = 0, converted_decimal = 5, converted_date = 6;
  constexpr int logical_string = 1, logical_decimal = 5, logical_date = 6, logical_timestamp = 8, unit_micros = 2;
  thrift.begin_element_struct();
  thrift.field_i32(1, physical_type(field.type.kind));
  thrift.field_i32(3, repetition_optional);
  thrift.field_text(4, field.name);
  switch (field.type.kind) {
    case FieldKind::string:
      thrift.field_i32(6, converted_utf8);
      thrift.begin_struct(10), thrift.empty_struct(logical_string), thrift.end_struct();
      break;
    case FieldKind::date:
      thrift.field_i32(6, converted_date);
      thrift.begin_struct(10), thrift.empty_struct(logical_date), thrift.end_struct();
      break;
    case FieldKind::decimal:
      thrift.field_i32(6, converted_decimal);
      thrift.field_i32(7, field.type.scale);
      thrift.field_i32(8, field.type.precision);
      thrift.begin_struct(10), thrift.begin_struct(logical_decimal);
      thrift.field_i32(1, field.type.scale);
      thrift.field_i32(2, field.type.precision);
      thrift.end_struct(), thrift.end_struct();
      break;
    case FieldKind::timestamp:  // Athena's timestamp has no zone
      thrift.begin_struct(10), thrift.begin_struct(logical_timestamp);
      thrift.field_bool(1, false);
      thrift.begin_struct(2), thrift.empty_struct(unit_micros), thrift.end_struct();
      thrift.end_struct(), thrift.end_struct();
      break;
    default:
      break;
  }
  thrift.end_struct();
}

struct Chunk {
  std::int64_t start = 0;  // of its first page in the file
  std::optional<std::int64_t> dictionary_start;
  std::int64_t data_start = 0;
  std::int64_t uncompressed = 0;
  std::int64_t compressed = 0;
  std::int64_t values = 0;
  std::int64_t nulls = 0;
  Encoding encoding = encoding_plain;
  std::optional<std::string> least, most;  // in plain encoding
};

class Compressor {
 public:
  Compressor() : context_(ZSTD_createCCtx(), ZSTD_freeCCtx) {}
  const std::string& compress(std::string_view bytes) {
    buffer_.resize(ZSTD_compressBound(bytes.size()));
    const std::size_t size =
        ZSTD_compressCCtx(context_.get(), buffer_.data(), buffer_.size(), bytes.data(), bytes.size(), zstd_level);
    ensure(ZSTD_isError(size) == 0, "zstd compresses into a buffer of its own bound");
    buffer_.resize(size);
    return buffer_;
  }

 private:
  std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context_;
  std::string buffer_;
};

template <class Integer>
std::string plain(Integer value) {
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

void put_text(std::string& to, std::string_view text) {
  to += plain(static_cast<std::uint32_t>(text.size()));
  to += text;
}

/// Ranks of a pool's texts in the order of their bytes.
std::vector<std::uint32_t> ranks_of(const TextPool& pool) {
  std::vector<std::uint32_t> ids(pool.size());
  std::iota(ids.begin(), ids.end(), 0u);
  std::sort(ids.begin(), ids.end(), [&](auto a, auto b) { return pool.text(a) < pool.text(b); });
  std::vector<std::uint32_t> ranks(pool.size());
  for (std::uint32_t rank = 0; rank < ids.size(); ++rank) ranks[ids[rank]] = rank;
  return ranks;
}

class FileWriter {
 public:
  FileWriter(const Schema& schema, const Rows& rows, const Partitioning& partitioning)
      : schema_(schema), rows_(rows), order_(sorted_order(schema, rows)) {
    for (std::size_t i = 0; i < schema.fields.size(); ++i)
      if (partitioning.kind != Partitioning::Kind::field || i != partitioning.field) fields_.push_back(i);
  }

  std::string write(const FileSource* source) {
    file_ = "PAR1";
    for (std::size_t start = 0; start < order_.size(); start += group_rows) {
      auto& group = groups_.emplace_back();
      const auto order = std::span(order_).subspan(start, std::min(group_rows, order_.size() - start));
      group_sizes_.push_back(order.size());
      for (const std::size_t field : fields_) group.push_back(write_chunk(field, order));
    }
    const std::size_t footer = file_.size();
    write_footer(source);
    file_ += plain(static_cast<std::uint32_t>(file_.size() - footer));
    file_ += "PAR1";
    return std::move(file_);
  }

 private:
  void write_page(Chunk& chunk, PageType type, std::size_t values, Encoding encoding, std::string_view bytes) {
    const std::string& compressed = compressor_.compress(bytes);
    const std::size_t start = file_.size();
    ThriftWriter thrift(file_);
    thrift.field_i32(1, type);
    thrift.field_i32(2, static_cast<std::int64_t>(bytes.size()));
    thrift.field_i32(3, static_cast<std::int64_t>(compressed.size()));
    thrift.begin_struct(type == page_data ? 5 : 7);
    thrift.field_i32(1, static_cast<std::int64_t>(values));
    thrift.field_i32(2, encoding);
    if (type == page_data) {
      thrift.field_i32(3, encoding_rle);
      thrift.field_i32(4, encoding_rle);
    }
    thrift.end_struct();
    thrift.finish();
    const std::size_t header = file_.size() - start;
    file_ += compressed;
    chunk.uncompressed += static_cast<std::int64_t>(header + bytes.size());
    chunk.compressed += static_cast<std::int64_t>(header + compressed.size());
  }

  /// The page's definition levels, and the values that are not NULL.
  void begin_page(Chunk& chunk, const ColumnData& column, std::span<const std::uint32_t> order) {
    page_.clear();
    values_.clear();
    std::string levels;
    if (column.nulls.empty()) {
      for (const std::uint32_t row : order) values_.push_back(column.numbers[row]);
      levels_.assign(1, 1);
      for (std::size_t run = order.size() << 1;; run >>= 7) {  // one run of ones
        if (run < 0x80) {
          levels += static_cast<char>(run);
          break;
        }
        levels += static_cast<char>(run | 0x80);
      }
      levels += '\x01';
    } else {
      levels_.clear();
      for (const std::uint32_t row : order) {
        levels_.push_back(column.nulls[row] ? 0 : 1);
        if (!column.nulls[row]) values_.push_back(column.numbers[row]);
      }
      encode_hybrid(levels, levels_, 1);
    }
    chunk.nulls = static_cast<std::int64_t>(order.size() - values_.size());
    put_text(page_, levels);
  }

  Chunk write_chunk(std::size_t field, std::span<const std::uint32_t> order) {
    const ColumnData& column = rows_.column(field);
    Chunk chunk;
    chunk.start = static_cast<std::int64_t>(file_.size());
    chunk.values = static_cast<std::int64_t>(order.size());
    begin_page(chunk, column, order);
    const FieldKind kind = schema_.fields[field].type.kind;
    switch (kind) {
      case FieldKind::string:
        write_texts(chunk, column);
        break;
      case FieldKind::boolean: {
        std::uint8_t bits = 0;
        for (std::size_t i = 0; i < values_.size(); ++i) {
          bits = static_cast<std::uint8_t>(bits | (values_[i] != 0 ? 1u << (i % 8) : 0u));
          if (i % 8 == 7 || i + 1 == values_.size()) page_ += static_cast<char>(std::exchange(bits, std::uint8_t{0}));
        }
        break;
      }
      case FieldKind::real:
        for (const std::int64_t bits : values_) page_ += plain(bits);
        break;
      default: {
        const bool narrow = physical_type(kind) == type_int32;
        chunk.encoding = encoding_delta_binary_packed;
        narrow ? encode_deltas_32(page_, values_) : encode_deltas_64(page_, values_);
        if (values_.empty()) break;
        const auto [least, most] = std::minmax_element(values_.begin(), values_.end());
        chunk.least = narrow ? plain(static_cast<std::int32_t>(*least)) : plain(*least);
        chunk.most = narrow ? plain(static_cast<std::int32_t>(*most)) : plain(*most);
      }
    }
    chunk.data_start = static_cast<std::int64_t>(file_.size());
    write_page(chunk, page_data, order.size(), chunk.encoding, page_);
    return chunk;
  }

  /// A dictionary in the order of the texts where they repeat, else the texts as they are. Leaves the data page in
  /// page_.
  void write_texts(Chunk& chunk, const ColumnData& column) {
    std::vector<std::uint32_t> used;
    std::vector<bool> seen(column.pool.size());
    for (const std::int64_t id : values_) {
      if (seen[static_cast<std::size_t>(id)]) continue;
      seen[static_cast<std::size_t>(id)] = true;
      used.push_back(static_cast<std::uint32_t>(id));
    }
    std::sort(used.begin(), used.end(), [&](auto a, auto b) { return column.pool.text(a) < column.pool.text(b); });
    if (!used.empty()) {
      const std::string_view least = column.pool.text(used.front()), most = column.pool.text(used.back());
      if (least.size() <= max_statistics_text && most.size() <= max_statistics_text) {
        chunk.least = least;
        chunk.most = most;
      }
    }
    if (used.empty() || used.size() > values_.size() / 2) {
      for (const std::int64_t id : values_) put_text(page_, column.pool.text(static_cast<std::uint32_t>(id)));
      return;
    }
    std::string dictionary;
    std::vector<std::uint32_t> index(column.pool.size());
    for (std::uint32_t i = 0; i < used.size(); ++i) {
      index[used[i]] = i;
      put_text(dictionary, column.pool.text(used[i]));
    }
    std::vector<std::uint32_t> indices;
    indices.reserve(values_.size());
    for (const std::int64_t id : values_) indices.push_back(index[static_cast<std::size_t>(id)]);
    chunk.encoding = encoding_rle_dictionary;
    chunk.dictionary_start = static_cast<std::int64_t>(file_.size());
    write_page(chunk, page_dictionary, used.size(), encoding_plain, dictionary);
    const int bit_width = std::max(1, bits_for(used.size() - 1));
    page_ += static_cast<char>(bit_width);
    encode_hybrid(page_, indices, bit_width);
  }

  void write_footer(const FileSource* source) {
    std::optional<FileSource> stated;
    if (source != nullptr) {
      stated = *source;
      stated->data_crc32c = crc32c(as_bytes(file_));
    }
    ThriftWriter thrift(file_);
    thrift.field_i32(1, version);
    thrift.begin_list(2, ThriftWriter::Element::structure, fields_.size() + 1);
    thrift.begin_element_struct();
    thrift.field_text(4, "schema");
    thrift.field_i32(5, static_cast<std::int64_t>(fields_.size()));
    thrift.end_struct();
    for (const std::size_t field : fields_) write_schema_element(thrift, schema_.fields[field]);
    thrift.field_i64(3, static_cast<std::int64_t>(order_.size()));
    thrift.begin_list(4, ThriftWriter::Element::structure, groups_.size());
    for (std::size_t i = 0; i < groups_.size(); ++i) write_group(thrift, groups_[i], group_sizes_[i], i);
    if (stated) {
      thrift.begin_list(5, ThriftWriter::Element::structure, 1);
      thrift.begin_element_struct();
      thrift.field_text(1, FileSource::metadata_key);
      thrift.field_text(2, stated->json());
      thrift.end_struct();
    }
    thrift.field_text(6, "tickerlake");
    thrift.begin_list(7, ThriftWriter::Element::structure, fields_.size());  // statistics follow each type's own order
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      thrift.begin_element_struct();
      thrift.empty_struct(1);
      thrift.end_struct();
    }
    thrift.finish();
  }

  void write_group(ThriftWriter& thrift, const std::vector<Chunk>& chunks, std::size_t size, std::size_t ordinal) {
    std::int64_t uncompressed = 0, compressed = 0;
    thrift.begin_element_struct();
    thrift.begin_list(1, ThriftWriter::Element::structure, chunks.size());
    for (std::size_t i = 0; i < chunks.size(); ++i) {
      const Chunk& chunk = chunks[i];
      uncompressed += chunk.uncompressed;
      compressed += chunk.compressed;
      const Field& field = schema_.fields[fields_[i]];
      thrift.begin_element_struct();
      thrift.field_i64(2, chunk.start);
      thrift.begin_struct(3);
      thrift.field_i32(1, physical_type(field.type.kind));
      thrift.begin_list(2, ThriftWriter::Element::i32, chunk.dictionary_start ? 3 : 2);
      thrift.element_i32(encoding_rle);
      if (chunk.dictionary_start) thrift.element_i32(encoding_plain);
      thrift.element_i32(chunk.encoding);
      thrift.begin_list(3, ThriftWriter::Element::text, 1);
      thrift.element_text(field.name);
      thrift.field_i32(4, codec_zstd);
      thrift.field_i64(5, chunk.values);
      thrift.field_i64(6, chunk.uncompressed);
      thrift.field_i64(7, chunk.compressed);
      thrift.field_i64(9, chunk.data_start);
      if (chunk.dictionary_start) thrift.field_i64(11, *chunk.dictionary_start);
      thrift.begin_struct(12);
      thrift.field_i64(3, chunk.nulls);
      if (chunk.most) thrift.field_text(5, *chunk.most);
      if (chunk.least) thrift.field_text(6, *chunk.least);
      thrift.end_struct();
      thrift.end_struct();
      thrift.end_struct();
    }
    thrift.field_i64(2, uncompressed);
    thrift.field_i64(3, static_cast<std::int64_t>(size));
    write_sorting(thrift);
    thrift.field_i64(5, chunks.front().start);
    thrift.field_i64(6, compressed);
    thrift.field_i16(7, static_cast<std::int64_t>(ordinal));
    thrift.end_struct();
  }

  void write_sorting(ThriftWriter& thrift) {
    std::vector<std::size_t> columns;
    for (const std::size_t key : schema_.sort) {
      const auto place = std::find(fields_.begin(), fields_.end(), key);
      if (place != fields_.end()) columns.push_back(static_cast<std::size_t>(place - fields_.begin()));
    }
    if (columns.empty()) return;
    thrift.begin_list(4, ThriftWriter::Element::structure, columns.size());
    for (const std::size_t column : columns) {
      thrift.begin_element_struct();
      thrift.field_i32(1, static_cast<std::int64_t>(column));
      thrift.field_bool(2, false);  // descending
      thrift.field_bool(3, true);   // nulls first
      thrift.end_struct();
    }
  }

  const Schema& schema_;
  const Rows& rows_;
  const std::vector<std::uint32_t> order_;
  std::vector<std::size_t> fields_;  // in the file
  std::vector<std::vector<Chunk>> groups_;
  std::vector<std::size_t> group_sizes_;
  Compressor compressor_;
  std::string file_;
  std::string page_;
  std::vector<std::int64_t> values_;
  std::vector<std::uint32_t> levels_;
};

/// Keys whose order is the column's: NULL first, texts by rank, doubles by their value.
std::vector<std::int64_t> sort_keys(const ColumnData& column, FieldKind kind) {
  constexpr std::int64_t null_key = std::numeric_limits<std::int64_t>::min();
  std::vector<std::int64_t> keys = column.numbers;
  if (kind == FieldKind::string) {
    const auto ranks = ranks_of(column.pool);
    for (std::size_t i = 0; i < keys.size(); ++i)
      keys[i] = column.pool.size() == 0 ? 0 : ranks[static_cast<std::size_t>(keys[i])];
  } else if (kind == FieldKind::real) {
    // Positive doubles are ordered as their bits, negative ones the other way round.
    for (auto& key : keys) key = key < 0 ? key ^ std::numeric_limits<std::int64_t>::max() : key;
  }
  for (std::size_t i = 0; i < column.nulls.size(); ++i)
    if (column.nulls[i]) keys[i] = null_key;
  return keys;
}

}  // namespace

std::vector<std::uint32_t> sorted_order(const Schema& schema, const Rows& rows) {
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0u);
  // The last key first: each pass keeps what the passes before it did.
  for (auto key = schema.sort.rbegin(); key != schema.sort.rend(); ++key) {
    const auto keys = sort_keys(rows.column(*key), schema.fields[*key].type.kind);
    const auto by_key = [&](std::uint32_t a, std::uint32_t b) { return keys[a] < keys[b]; };
    if (std::is_sorted(order.begin(), order.end(), by_key)) continue;
    const auto [least, most] = std::minmax_element(keys.begin(), keys.end());
    const auto range = static_cast<std::uint64_t>(*most) - static_cast<std::uint64_t>(*least);
    if (range > rows.size()) {
      std::stable_sort(order.begin(), order.end(), by_key);
      continue;
    }
    // Few distinct keys (symbols, days): count, then place.
    std::vector<std::uint32_t> starts(static_cast<std::size_t>(range) + 2);
    for (const std::int64_t value : keys) ++starts[static_cast<std::size_t>(value - *least) + 1];
    std::partial_sum(starts.begin(), starts.end(), starts.begin());
    std::vector<std::uint32_t> placed(order.size());
    for (const std::uint32_t row : order) placed[starts[static_cast<std::size_t>(keys[row] - *least)]++] = row;
    order = std::move(placed);
  }
  return order;
}

std::string write_parquet(const Schema& schema, const Rows& rows, const Partitioning& partitioning,
                          const FileSource* source) {
  return FileWriter(schema, rows, partitioning).write(source);
}

}  // namespace tickerlake::pipeline
