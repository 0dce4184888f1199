#include "services/glue/crawler/sample.h"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "io/file.h"
#include "services/glue/crawler/json_records.h"
#include "services/glue/crawler/parquet.h"

namespace tickerlake::glue {
namespace {

constexpr std::int64_t max_json_head = 10_MiB;  // a first record may be that long, as in Glue

Result<std::string> read_part(const io::File& file, std::int64_t position, std::int64_t length) {
  std::string text(static_cast<std::size_t>(length), '\0');
  TRY(const auto got, file.read_at(position, std::as_writable_bytes(std::span(text.data(), text.size()))));
  text.resize(got);
  return text;
}

/// Unpacks the beginning of a gzip stream: up to limit bytes of what it holds. consumed: packed bytes it took.
struct Unpacked {
  std::string text;
  bool is_whole = false;
  std::size_t consumed = 0;
};
Result<Unpacked> gunzip(std::string_view packed, bool packed_is_whole, std::size_t limit) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return fail(ErrorCode::exhausted, "zlib: no memory");
  Unpacked result;
  result.text.resize(limit);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.text.data());
  stream.avail_out = static_cast<uInt>(limit);
  int code = Z_OK;
  while (code == Z_OK && stream.avail_in > 0 && stream.avail_out > 0) {
    code = inflate(&stream, Z_NO_FLUSH);
    // Members follow one another in files that were appended to.
    if (code == Z_STREAM_END && stream.avail_in > 0 && inflateReset(&stream) == Z_OK) code = Z_OK;
  }
  result.text.resize(limit - stream.avail_out);
  result.consumed = packed.size() - stream.avail_in;
  result.is_whole = code == Z_STREAM_END && packed_is_whole;
  inflateEnd(&stream);
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR && result.text.empty()) {
    return fail(ErrorCode::corrupt, "a broken gzip file");
  }
  return result;
}

/// Formats and compressions that are recognized by their first bytes but not read.
const char* unread_format(std::string_view head) {
  if (head.starts_with("ORC")) return "ORC";
  if (head.starts_with(std::string_view("Obj\x01", 4))) return "Avro";
  if (head.starts_with("BZh")) return "bzip2";
  if (head.starts_with("PK\x03\x04")) return "zip";
  if (head.starts_with("\x28\xB5\x2F\xFD")) return "zstd";
  if (head.starts_with(std::string_view("\x04\x22\x4D\x18", 4))) return "lz4";
  if (head.starts_with(std::string_view("\xFF\x06\x00\x00sNaPpY", 10))) return "snappy";
  return nullptr;
}

Result<FileSchema> infer_parquet(const io::File& file, std::int64_t size) {
  Buffer tail(8);
  CHECK(file.read_exactly_at(std::max<std::int64_t>(size - 8, 0), tail));
  TRY(const auto length, parquet_footer_length(tail, size));
  Buffer footer(static_cast<std::size_t>(length));
  CHECK(file.read_exactly_at(size - 8 - length, footer));
  return read_parquet_footer(footer);
}

/// The record count of the sample, grown to the whole file.
std::int64_t estimate_records(std::int64_t sampled, std::size_t sampled_bytes, std::int64_t all_bytes) {
  if (sampled_bytes == 0) return sampled;
  return static_cast<std::int64_t>(
      static_cast<double>(sampled) * static_cast<double>(all_bytes) / static_cast<double>(sampled_bytes) + 0.5);
}

}  // namespace

FileSchema infer_text(std::string_view head, bool is_whole, const std::vector<CustomClassifier>& classifiers) {
  for (const auto& custom : classifiers) {
    auto schema = custom.kind == CustomClassifier::Kind::csv ? infer_csv(head, is_whole, custom.csv)
                                                             : infer_json(head, custom.json_path);
    if (schema) return *std::move(schema);
  }
  if (auto schema = infer_json(head)) return *std::move(schema);
  if (auto schema = infer_csv(head, is_whole)) return *std::move(schema);
  FileSchema unknown;
  unknown.is_fragment = is_whole && is_single_line(head) && head.find('\0') == std::string_view::npos;
  return unknown;
}

Result<FileSchema> infer_file(const services::PinnedObject& object, const std::vector<CustomClassifier>& classifiers,
                              const SampleSizes& sizes) {
  TRY(const auto file, io::File::open(object.path, io::File::Mode::read));
  std::array<std::byte, 16> first_bytes{};
  TRY(const auto got, file.read_at(0, first_bytes));
  const auto magic = as_text(ByteView(first_bytes).first(got));
  if (magic.starts_with("PAR1")) return infer_parquet(file, object.size);
  if (const auto* format = unread_format(magic)) {
    return fail(ErrorCode::unsupported, std::string(format) + " files are not read by this crawler");
  }
  const bool is_gzip = magic.starts_with("\x1F\x8B");
  auto head_size = sizes.head;
  for (;;) {
    TRY(auto head, read_part(file, 0, std::min(object.size, head_size)));
    const auto packed_bytes = head.size();
    bool is_whole = static_cast<std::int64_t>(head.size()) == object.size;
    auto sampled_bytes = head.size();
    if (is_gzip) {
      TRY(auto unpacked, gunzip(head, is_whole, static_cast<std::size_t>(head_size)));
      head = std::move(unpacked.text);
      is_whole = unpacked.is_whole;
      sampled_bytes = unpacked.consumed;
    }
    auto schema = infer_text(head, is_whole, classifiers);
    // A JSON record longer than the head: look at more of it, up to 10 MB.
    const bool may_be_json = !head.empty() && (head.front() == '{' || head.front() == '[');
    if (schema.format != FileFormat::json && may_be_json && !is_whole && head_size < max_json_head &&
        static_cast<std::int64_t>(packed_bytes) >= head_size) {
      head_size = std::min(head_size + 1_MiB, max_json_head);
      continue;
    }
    schema.compression = is_gzip ? Compression::gzip : Compression::none;
    if (!is_whole) schema.record_count = estimate_records(schema.record_count, sampled_bytes, object.size);
    if (!is_gzip && !is_whole && schema.format == FileFormat::csv) {
      const auto rest = object.size - head_size;
      for (int i = 1; i <= sizes.parts; ++i) {
        const auto position = head_size + rest * i / sizes.parts - sizes.part;
        if (position < head_size) continue;
        TRY(const auto part, read_part(file, position, sizes.part));
        widen_csv(schema, part);
      }
    }
    return schema;
  }
}

}  // namespace tickerlake::glue
