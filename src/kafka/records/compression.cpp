#include "kafka/records/compression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <memory>
#include <string>

#include "kafka/records/decompressor.h"
#include "kafka/records/xerial.h"

namespace tickerlake::kafka {
namespace {

Result<Buffer> gzip(ByteView bytes, std::optional<int> level) {
  z_stream stream{};
  if (deflateInit2(&stream, level.value_or(Z_DEFAULT_COMPRESSION), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) !=
      Z_OK) {
    return fail(ErrorCode::exhausted, "zlib can't start");
  }
  const std::unique_ptr<z_stream, void (*)(z_stream*)> owner(&stream, [](z_stream* s) { deflateEnd(s); });
  Buffer result(deflateBound(&stream, bytes.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return fail(ErrorCode::internal, "gzip's bound was too small");
  result.resize(stream.total_out);
  return result;
}

Buffer snap(ByteView bytes) {
  Buffer result(xerial_header_size);
  std::memcpy(result.data(), xerial_magic.data(), xerial_magic.size());
  store_big_endian<std::int32_t>(&result[8], 1);   // its version
  store_big_endian<std::int32_t>(&result[12], 1);  // the oldest version that can read it
  while (!bytes.empty()) {
    const ByteView block = bytes.first(std::min(bytes.size(), xerial_block_size));
    const std::size_t at = result.size();
    result.resize(at + 4 + snappy::MaxCompressedLength(block.size()));
    std::size_t size = 0;
    snappy::RawCompress(reinterpret_cast<const char*>(block.data()), block.size(),
                        reinterpret_cast<char*>(&result[at + 4]), &size);
    store_big_endian(&result[at], static_cast<std::uint32_t>(size));
    result.resize(at + 4 + size);
    bytes = bytes.subspan(block.size());
  }
  return result;
}

Result<Buffer> lz4(ByteView bytes, std::optional<int> level) {
  LZ4F_preferences_t preferences{};
  preferences.compressionLevel = level.value_or(0);
  Buffer result(LZ4F_compressFrameBound(bytes.size(), &preferences));
  const std::size_t size = LZ4F_compressFrame(result.data(), result.size(), bytes.data(), bytes.size(), &preferences);
  if (LZ4F_isError(size)) return fail(ErrorCode::internal, std::string("LZ4: ") + LZ4F_getErrorName(size));
  result.resize(size);
  return result;
}

Result<Buffer> zstd(ByteView bytes, std::optional<int> level) {
  Buffer result(ZSTD_compressBound(bytes.size()));
  const std::size_t size =
      ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), level.value_or(ZSTD_CLEVEL_DEFAULT));
  if (ZSTD_isError(size)) return fail(ErrorCode::internal, std::string("zstd: ") + ZSTD_getErrorName(size));
  result.resize(size);
  return result;
}

}  // namespace

Result<Buffer> decompress(Codec codec, ByteView bytes, std::size_t max_size) {
  constexpr std::size_t first_output = 16 * 1024;
  TRY(const auto decompressor, Decompressor::open(codec, bytes, max_size));
  // One byte more than is allowed may be read, so that "exactly full" and "too long" differ.
  Buffer output(std::min(std::max(first_output, bytes.size() * 4), max_size + 1));
  std::size_t used = 0;
  while (true) {
    TRY(const std::size_t n, decompressor->read(MutableBytes(output).subspan(used)));
    used += n;
    if (used > max_size) {
      return fail(ErrorCode::exhausted,
                  "a record batch decompresses to more than " + std::to_string(max_size) + " bytes");
    }
    if (n == 0) break;
    if (used == output.size()) output.resize(std::min(output.size() * 2, max_size + 1));
  }
  output.resize(used);
  return output;
}

Result<Buffer> compress(Codec codec, ByteView bytes, std::optional<int> level) {
  switch (codec) {
    case Codec::none:
      return Buffer(bytes.begin(), bytes.end());
    case Codec::gzip:
      return gzip(bytes, level);
    case Codec::snappy:
      return snap(bytes);
    case Codec::lz4:
      return lz4(bytes, level);
    case Codec::zstd:
      return zstd(bytes, level);
  }
  return fail(ErrorCode::invalid_argument, "unknown compression codec " + std::to_string(static_cast<int>(codec)));
}

}  // namespace tickerlake::kafka
