#pragma once
// Digests and text encodings of bytes that more than one protocol needs.
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace tickerlake {

/// CRC-32C (Castagnoli), by the CPU's instruction where it has one. Kafka's batches, S3's x-amz-checksum-crc32c.
std::uint32_t crc32c(ByteView bytes, std::uint32_t continued_from = 0);

using Sha256 = std::array<std::byte, 32>;
Sha256 sha256(ByteView bytes);
Sha256 hmac_sha256(ByteView key, ByteView message);

/// An incremental digest by OpenSSL: "MD5", "SHA1", "SHA256". Not thread-safe.
class Digest {
 public:
  explicit Digest(const char* algorithm);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  void update(ByteView bytes);
  /// The digest's bytes; the object must not be used afterwards.
  Buffer finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string hex(ByteView bytes);  // lower case
std::optional<Buffer> unhex(std::string_view text);
std::string base64(ByteView bytes);
std::optional<Buffer> unbase64(std::string_view text);  // strict: padding and length checked

/// n bytes from the operating system's random source.
Buffer random_bytes(std::size_t n);
/// A random (version 4) UUID in its 36-character form.
std::string random_uuid();

}  // namespace tickerlake
