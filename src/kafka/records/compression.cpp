#include "kafka/records/compression.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>

namespace tickerlake::kafka {
namespace {

constexpr std::size_t first_output = 16 * 1024;

std::unexpected<Error> corrupt(const char* codec) {
  return fail(ErrorCode::corrupt, std::string(codec) + " data in a record batch is damaged");
}
std::unexpected<Error> too_long(std::size_t max_size) {
  return fail(ErrorCode::exhausted, "a record batch decompresses to more than " + std::to_string(max_size) + " bytes");
}

/// An output that doubles up to a bound. One byte beyond the bound is allowed for, so that "exactly full" and "too
/// long" differ.
class Output {
 public:
  Output(std::size_t expected, std::size_t max_size) : max_size_(max_size) {
    bytes_.resize(std::clamp(expected, std::size_t{1}, max_size + 1));
  }
  std::byte* next() { return bytes_.data() + used_; }
  std::size_t room() const { return bytes_.size() - used_; }
  void add(std::size_t n) { used_ += n; }
  /// Makes room when there is none; false when the bound is passed.
  bool grow() {
    if (used_ > max_size_) return false;
    if (room() == 0) bytes_.resize(std::min(bytes_.size() * 2, max_size_ + 1));
    return true;
  }
  Buffer finish() {
    bytes_.resize(used_);
    return std::move(bytes_);
  }

 private:
  Buffer bytes_;
  std::size_t used_ = 0;
  const std::size_t max_size_;
};

Result<Buffer> gunzip(ByteView bytes, std::size_t max_size) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail(ErrorCode::exhausted, "zlib can't start");
  const std::unique_ptr<z_stream, void (*)(z_stream*)> owner(&stream, [](z_stream* s) { inflateEnd(s); });
  Output output(std::max(first_output, bytes.size() * 4), max_size);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    if (!output.grow()) return too_long(max_size);
    const std::size_t room = output.room();
    stream.next_out = reinterpret_cast<Bytef*>(output.next());
    stream.avail_out = static_cast<uInt>(room);
    const int status = inflate(&stream, Z_NO_FLUSH);
    output.add(room - stream.avail_out);
    if (status == Z_STREAM_END) break;
    if (status != Z_OK && !(status == Z_BUF_ERROR && stream.avail_out == 0)) return corrupt("gzip");
  }
  Buffer result = output.finish();
  if (result.size() > max_size) return too_long(max_size);
  return result;
}

Result<Buffer> gzip(ByteView bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
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

Result<void> unsnap_block(ByteView block, Buffer& into, std::size_t max_size) {
  const char* from = reinterpret_cast<const char*>(block.data());
  std::size_t size = 0;
  if (!snappy::GetUncompressedLength(from, block.size(), &size)) return corrupt("snappy");
  if (size > max_size - into.size()) return too_long(max_size);
  // Each byte of snappy gives at most 64 (a copy of 2 or 3 bytes): a longer claim is a lie, and costs no memory.
  if (size > block.size() * 64) return corrupt("snappy");
  const std::size_t at = into.size();
  into.resize(at + size);
  if (!snappy::RawUncompress(from, block.size(), reinterpret_cast<char*>(into.data() + at))) return corrupt("snappy");
  return {};
}

// snappy-java's stream: magic, two version numbers, then blocks behind their 4-byte sizes.
constexpr std::array<unsigned char, 8> xerial_magic = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0};
constexpr std::size_t xerial_header_size = 16, xerial_block_size = 32 * 1024;

Result<Buffer> unsnap(ByteView bytes, std::size_t max_size) {
  Buffer result;
  if (bytes.size() < xerial_header_size || std::memcmp(bytes.data(), xerial_magic.data(), xerial_magic.size()) != 0) {
    CHECK(unsnap_block(bytes, result, max_size));
    return result;
  }
  bytes = bytes.subspan(xerial_header_size);
  while (!bytes.empty()) {
    if (bytes.size() < 4) return corrupt("snappy");
    const auto size = load_big_endian<std::uint32_t>(bytes.data());
    bytes = bytes.subspan(4);
    if (size > bytes.size()) return corrupt("snappy");
    CHECK(unsnap_block(bytes.first(size), result, max_size));
    bytes = bytes.subspan(size);
  }
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

Result<Buffer> unlz4(ByteView bytes, std::size_t max_size) {
  LZ4F_dctx* raw = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&raw, LZ4F_VERSION)))
    return fail(ErrorCode::exhausted, "LZ4 can't start");
  const std::unique_ptr<LZ4F_dctx, LZ4F_errorCode_t (*)(LZ4F_dctx*)> context(raw, LZ4F_freeDecompressionContext);
  Output output(std::max(first_output, bytes.size() * 4), max_size);
  while (true) {
    if (!output.grow()) return too_long(max_size);
    std::size_t produced = output.room(), consumed = bytes.size();
    const std::size_t left = LZ4F_decompress(context.get(), output.next(), &produced, bytes.data(), &consumed, nullptr);
    if (LZ4F_isError(left)) return corrupt("LZ4");
    output.add(produced);
    bytes = bytes.subspan(consumed);
    if (left == 0) break;
    if (produced == 0 && consumed == 0 && output.room() > 0) return corrupt("LZ4");  // cut off
  }
  Buffer result = output.finish();
  if (result.size() > max_size) return too_long(max_size);
  return result;
}

Result<Buffer> lz4(ByteView bytes) {
  Buffer result(LZ4F_compressFrameBound(bytes.size(), nullptr));
  const std::size_t size = LZ4F_compressFrame(result.data(), result.size(), bytes.data(), bytes.size(), nullptr);
  if (LZ4F_isError(size)) return fail(ErrorCode::internal, std::string("LZ4: ") + LZ4F_getErrorName(size));
  result.resize(size);
  return result;
}

Result<Buffer> unzstd(ByteView bytes, std::size_t max_size) {
  const std::unique_ptr<ZSTD_DStream, std::size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(), ZSTD_freeDStream);
  if (!stream) return fail(ErrorCode::exhausted, "zstd can't start");
  Output output(std::max(first_output, bytes.size() * 4), max_size);
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  while (true) {
    if (!output.grow()) return too_long(max_size);
    ZSTD_outBuffer out{output.next(), output.room(), 0};
    const std::size_t left = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(left)) return corrupt("zstd");
    output.add(out.pos);
    if (left == 0) break;
    if (in.pos == in.size && out.pos < out.size) return corrupt("zstd");  // cut off
  }
  Buffer result = output.finish();
  if (result.size() > max_size) return too_long(max_size);
  return result;
}

Result<Buffer> zstd(ByteView bytes) {
  Buffer result(ZSTD_compressBound(bytes.size()));
  const std::size_t size = ZSTD_compress(result.data(), result.size(), bytes.data(), bytes.size(), ZSTD_CLEVEL_DEFAULT);
  if (ZSTD_isError(size)) return fail(ErrorCode::internal, std::string("zstd: ") + ZSTD_getErrorName(size));
  result.resize(size);
  return result;
}

}  // namespace

Result<Buffer> decompress(Codec codec, ByteView bytes, std::size_t max_size) {
  switch (codec) {
    case Codec::none:
      if (bytes.size() > max_size) return too_long(max_size);
      return Buffer(bytes.begin(), bytes.end());
    case Codec::gzip:
      return gunzip(bytes, max_size);
    case Codec::snappy:
      return unsnap(bytes, max_size);
    case Codec::lz4:
      return unlz4(bytes, max_size);
    case Codec::zstd:
      return unzstd(bytes, max_size);
  }
  return fail(ErrorCode::invalid_argument, "unknown compression codec " + std::to_string(static_cast<int>(codec)));
}

Result<Buffer> compress(Codec codec, ByteView bytes) {
  switch (codec) {
    case Codec::none:
      return Buffer(bytes.begin(), bytes.end());
    case Codec::gzip:
      return gzip(bytes);
    case Codec::snappy:
      return snap(bytes);
    case Codec::lz4:
      return lz4(bytes);
    case Codec::zstd:
      return zstd(bytes);
  }
  return fail(ErrorCode::invalid_argument, "unknown compression codec " + std::to_string(static_cast<int>(codec)));
}

}  // namespace tickerlake::kafka
