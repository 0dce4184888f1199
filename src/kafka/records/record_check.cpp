#include "kafka/records/record_check.h"

#include <algorithm>
#include <optional>
#include <string>

#include "kafka/records/decompressor.h"

namespace tickerlake::kafka {
namespace {

constexpr std::size_t window_size = 64 * 1024;

/// The records' bytes through a window: all of them at once where they are not compressed.
class Source {
 public:
  static Result<Source> open(const Batch& batch, std::size_t max_size) {
    Source source;
    source.max_size_ = max_size;
    if (batch.header.codec() == Codec::none) {
      source.window_ = batch.payload();
    } else {
      TRY(source.more_, Decompressor::open(batch.header.codec(), batch.payload(), max_size));
      source.buffer_.resize(window_size);
    }
    return source;
  }

  /// False at the end of the bytes, or after a failure.
  bool byte(std::uint8_t& into) {
    if (window_.empty() && !refill()) return false;
    into = std::to_integer<std::uint8_t>(window_.front());
    window_ = window_.subspan(1);
    ++position_;
    return true;
  }
  bool skip(std::uint64_t size) {
    position_ += size;
    while (size > window_.size()) {
      size -= window_.size();
      window_ = {};
      if (!refill()) return false;
    }
    window_ = window_.subspan(size);
    return true;
  }
  bool varint(std::int64_t& into) {
    std::uint64_t zigzag = 0;
    std::uint8_t next = 0x80;
    for (int shift = 0; (next & 0x80) != 0; shift += 7) {
      if (shift >= 64 || !byte(next)) return false;
      zigzag |= std::uint64_t{next & 0x7Fu} << shift;
    }
    into = static_cast<std::int64_t>((zigzag >> 1) ^ (~(zigzag & 1) + 1));
    return true;
  }
  std::uint64_t position() const { return position_; }
  bool at_end() { return window_.empty() && !refill() && !failure_; }
  /// Why the bytes ended, if not at their end.
  const std::optional<Error>& failure() const { return failure_; }

 private:
  bool refill() {
    if (!more_ || failure_) return false;
    const auto n = more_->read(buffer_);
    if (!n) {
      failure_ = n.error();
      // The CRC is right, so this is what the producer made: sending it again would not help.
      if (failure_->code == ErrorCode::corrupt) failure_->code = ErrorCode::invalid_argument;
      return false;
    }
    read_ += *n;
    if (read_ > max_size_) {
      failure_ = Error{ErrorCode::exhausted,
                       "a record batch decompresses to more than " + std::to_string(max_size_) + " bytes"};
      return false;
    }
    window_ = ByteView(buffer_).first(*n);
    return *n > 0;
  }

  std::unique_ptr<Decompressor> more_;
  Buffer buffer_;  // moving a vector keeps its bytes where they are, so window_ stays valid
  ByteView window_;
  std::size_t max_size_ = 0, read_ = 0;
  std::uint64_t position_ = 0;
  std::optional<Error> failure_;
};

/// A length and that many bytes, of which there are at most left; -1 for null where that may be.
bool skip_sized(Source& source, std::int64_t end, std::int64_t least, std::int64_t& size) {
  if (!source.varint(size) || size < least) return false;
  const auto left = end - static_cast<std::int64_t>(source.position());
  return size <= std::max<std::int64_t>(left, 0) &&
         source.skip(static_cast<std::uint64_t>(std::max<std::int64_t>(size, 0)));
}

bool skip_sized(Source& source, std::int64_t end, std::int64_t least) {
  std::int64_t size = 0;
  return skip_sized(source, end, least, size);
}

bool skip_record(Source& source, std::int64_t expected_delta, std::int64_t& key_size) {
  std::int64_t size = 0, timestamp_delta = 0, offset_delta = 0, headers = 0;
  if (!source.varint(size) || size < 0 || size > INT32_MAX) return false;
  const std::int64_t end = static_cast<std::int64_t>(source.position()) + size;
  std::uint8_t attributes = 0;
  if (!source.byte(attributes) || !source.varint(timestamp_delta) || !source.varint(offset_delta) ||
      offset_delta != expected_delta) {
    return false;
  }
  if (!skip_sized(source, end, -1, key_size) || !skip_sized(source, end, -1)) return false;  // key and value
  if (!source.varint(headers) || headers < 0) return false;
  for (std::int64_t i = 0; i < headers; ++i) {
    if (!skip_sized(source, end, 0) || !skip_sized(source, end, -1)) return false;
  }
  return static_cast<std::int64_t>(source.position()) == end;
}

}  // namespace

namespace {

/// Gives each record's number and key size to the visitor.
Result<void> walk(const Batch& batch, std::size_t max_size, auto&& visit) {
  std::int64_t key_size = 0;
  TRY(Source source, Source::open(batch, max_size));
  for (std::int32_t i = 0; i < batch.header.record_count; ++i) {
    if (skip_record(source, i, key_size)) {
      visit(i, key_size);
      continue;
    }
    if (source.failure()) return std::unexpected(*source.failure());
    return fail(ErrorCode::invalid_argument, "record " + std::to_string(i) + " of a batch is malformed");
  }
  if (source.at_end()) return {};
  if (source.failure()) return std::unexpected(*source.failure());
  return fail(ErrorCode::invalid_argument, "bytes are left behind a batch's last record");
}

}  // namespace

Result<void> check_records(const Batch& batch, std::size_t max_size, std::optional<std::int32_t>* without_key) {
  return walk(batch, max_size, [&](std::int32_t record, std::int64_t key_size) {
    if (without_key != nullptr && key_size < 0 && !*without_key) *without_key = record;
  });
}

Result<std::vector<std::int32_t>> records_without_key(const Batch& batch, std::size_t max_size) {
  std::vector<std::int32_t> records;
  CHECK(walk(batch, max_size, [&](std::int32_t record, std::int64_t key_size) {
    if (key_size < 0 && records.size() < max_named_records) records.push_back(record);
  }));
  return records;
}

}  // namespace tickerlake::kafka
