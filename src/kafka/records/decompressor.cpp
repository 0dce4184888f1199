#include "kafka/records/decompressor.h"

#include <lz4frame.h>
#include <snappy.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <string>

#include "kafka/records/xerial.h"

namespace tickerlake::kafka {
namespace {

std::unexpected<Error> corrupt(const char* codec) {
  return fail(ErrorCode::corrupt, std::string(codec) + " data in a record batch is damaged");
}

class Stored final : public Decompressor {
 public:
  explicit Stored(ByteView bytes) : rest_(bytes) {}
  Result<std::size_t> read(MutableBytes into) override {
    const std::size_t n = std::min(into.size(), rest_.size());
    std::copy_n(rest_.begin(), n, into.begin());
    rest_ = rest_.subspan(n);
    return n;
  }

 private:
  ByteView rest_;
};

class Gzip final : public Decompressor {
 public:
  explicit Gzip(ByteView bytes) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
  }
  ~Gzip() override { inflateEnd(&stream_); }
  bool start() { return inflateInit2(&stream_, 15 + 16) == Z_OK; }

  Result<std::size_t> read(MutableBytes into) override {
    if (done_) return 0;
    stream_.next_out = reinterpret_cast<Bytef*>(into.data());
    stream_.avail_out = static_cast<uInt>(into.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    const std::size_t n = into.size() - stream_.avail_out;
    done_ = status == Z_STREAM_END;
    if (!done_ && (status != Z_OK || n == 0)) return corrupt("gzip");
    return n;
  }

 private:
  z_stream stream_{};
  bool done_ = false;
};

class Snappy final : public Decompressor {
 public:
  Snappy(ByteView bytes, std::size_t max_block) : rest_(bytes), max_block_(max_block), framed_(is_xerial(bytes)) {
    if (framed_) rest_ = rest_.subspan(xerial_header_size);
  }
  Result<std::size_t> read(MutableBytes into) override {
    while (used_ == block_.size()) {
      if (done_) return 0;
      CHECK(next_block());
    }
    const std::size_t n = std::min(into.size(), block_.size() - used_);
    std::copy_n(block_.begin() + static_cast<std::ptrdiff_t>(used_), n, into.begin());
    used_ += n;
    return n;
  }

 private:
  Result<void> next_block() {
    ByteView block = std::exchange(rest_, {});
    if (framed_ && !block.empty()) {
      if (block.size() < 4) return corrupt("snappy");
      const auto size = load_big_endian<std::uint32_t>(block.data());
      if (size > block.size() - 4) return corrupt("snappy");
      rest_ = block.subspan(4 + size);
      block = block.subspan(4, size);
      CHECK(unsnap(block));
    } else if (!framed_) {
      CHECK(unsnap(block));
    }
    done_ = rest_.empty();
    return {};
  }

  Result<void> unsnap(ByteView block) {
    const char* from = reinterpret_cast<const char*>(block.data());
    std::size_t size = 0;
    if (!snappy::GetUncompressedLength(from, block.size(), &size)) return corrupt("snappy");
    // Each byte of snappy gives at most 64 (a copy of 2 or 3 bytes): a longer claim is a lie, and costs no memory.
    if (size > block.size() * 64) return corrupt("snappy");
    if (size > max_block_) return fail(ErrorCode::exhausted, "a block of snappy is too long");
    used_ = 0;
    block_.resize(size);
    return snappy::RawUncompress(from, block.size(), reinterpret_cast<char*>(block_.data())) ? Result<void>{}
                                                                                             : corrupt("snappy");
  }

  ByteView rest_;
  const std::size_t max_block_;
  const bool framed_;
  Buffer block_;
  std::size_t used_ = 0;
  bool done_ = false;
};

class Lz4 final : public Decompressor {
 public:
  explicit Lz4(ByteView bytes) : rest_(bytes) {}
  ~Lz4() override { LZ4F_freeDecompressionContext(context_); }
  bool start() { return !LZ4F_isError(LZ4F_createDecompressionContext(&context_, LZ4F_VERSION)); }

  Result<std::size_t> read(MutableBytes into) override {
    while (!done_) {
      std::size_t produced = into.size(), consumed = rest_.size();
      const std::size_t left = LZ4F_decompress(context_, into.data(), &produced, rest_.data(), &consumed, nullptr);
      if (LZ4F_isError(left)) return corrupt("LZ4");
      rest_ = rest_.subspan(consumed);
      done_ = left == 0;
      if (produced > 0) return produced;
      if (!done_ && consumed == 0) return corrupt("LZ4");  // cut off
    }
    return 0;
  }

 private:
  LZ4F_dctx* context_ = nullptr;
  ByteView rest_;
  bool done_ = false;
};

class Zstd final : public Decompressor {
 public:
  explicit Zstd(ByteView bytes) : in_{bytes.data(), bytes.size(), 0}, stream_(ZSTD_createDStream()) {}
  ~Zstd() override { ZSTD_freeDStream(stream_); }
  bool start() { return stream_ != nullptr; }

  Result<std::size_t> read(MutableBytes into) override {
    while (!done_) {
      ZSTD_outBuffer out{into.data(), into.size(), 0};
      const std::size_t before = in_.pos;
      const std::size_t left = ZSTD_decompressStream(stream_, &out, &in_);
      if (ZSTD_isError(left)) return corrupt("zstd");
      done_ = left == 0;
      if (out.pos > 0) return out.pos;
      if (!done_ && in_.pos == before) return corrupt("zstd");  // cut off
    }
    return 0;
  }

 private:
  ZSTD_inBuffer in_;
  ZSTD_DStream* stream_;
  bool done_ = false;
};

template <class Started>
Result<std::unique_ptr<Decompressor>> started(std::unique_ptr<Started> decompressor) {
  if (!decompressor->start()) return fail(ErrorCode::exhausted, "no memory for a decompressor");
  return std::unique_ptr<Decompressor>(std::move(decompressor));
}

}  // namespace

Result<std::unique_ptr<Decompressor>> Decompressor::open(Codec codec, ByteView bytes, std::size_t max_block) {
  switch (codec) {
    case Codec::none:
      return std::make_unique<Stored>(bytes);
    case Codec::gzip:
      return started(std::make_unique<Gzip>(bytes));
    case Codec::snappy:
      return std::make_unique<Snappy>(bytes, max_block);
    case Codec::lz4:
      return started(std::make_unique<Lz4>(bytes));
    case Codec::zstd:
      return started(std::make_unique<Zstd>(bytes));
  }
  return fail(ErrorCode::invalid_argument, "unknown compression codec " + std::to_string(static_cast<int>(codec)));
}

}  // namespace tickerlake::kafka
