#include "base/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <nmmintrin.h>
#include <wmmintrin.h>
#endif

#include "base/panic.h"

namespace tickerlake {
namespace {

constexpr std::array<std::uint32_t, 256> make_crc32c_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0u);
    table[i] = crc;
  }
  return table;
}

std::uint32_t crc32c_table(ByteView bytes, std::uint32_t crc) {
  static constexpr auto table = make_crc32c_table();
  for (std::byte b : bytes) crc = table[(crc ^ std::to_integer<std::uint32_t>(b)) & 0xFF] ^ (crc >> 8);
  return crc;
}

#if defined(__x86_64__)
/// x to the power n modulo the polynomial, bits reflected: what a CRC is multiplied by to stand n bits further on.
constexpr std::uint32_t power_of_x(std::size_t n) {
  std::uint32_t power = 0x80000000u;
  for (; n > 0; --n) power = (power >> 1) ^ ((power & 1) != 0 ? 0x82F63B78u : 0u);
  return power;
}

/// The CRC as it is after that many bytes of zeros. The reflected product is one bit short, and the instruction itself
/// multiplies by x^32: 33 less than the bits to go.
template <std::size_t bytes>
__attribute__((target("sse4.2,pclmul"))) std::uint64_t crc32c_after_zeros(std::uint64_t crc) {
  constexpr std::uint32_t factor = power_of_x(8 * bytes - 33);
  const __m128i product =
      _mm_clmulepi64_si128(_mm_cvtsi64_si128(static_cast<std::int64_t>(crc)), _mm_cvtsi64_si128(factor), 0);
  return _mm_crc32_u64(0, static_cast<std::uint64_t>(_mm_cvtsi128_si64(product)));
}

/// The instruction takes three cycles, and one may begin in each: three thirds of a block go side by side.
/// (Gopal et al., "Fast CRC Computation for iSCSI Polynomial Using CRC32 Instruction", Intel 2011)
template <std::size_t third>
__attribute__((target("sse4.2,pclmul"))) std::uint64_t crc32c_blocks(const std::byte*& at, std::size_t& left,
                                                                     std::uint64_t crc) {
  for (; left >= 3 * third; at += 3 * third, left -= 3 * third) {
    std::uint64_t second = 0, last = 0;
    for (std::size_t i = 0; i < third; i += 8) {
      std::uint64_t words[3];
      std::memcpy(&words[0], at + i, 8);
      std::memcpy(&words[1], at + third + i, 8);
      std::memcpy(&words[2], at + 2 * third + i, 8);
      crc = _mm_crc32_u64(crc, words[0]);
      second = _mm_crc32_u64(second, words[1]);
      last = _mm_crc32_u64(last, words[2]);
    }
    crc = crc32c_after_zeros<2 * third>(crc) ^ crc32c_after_zeros<third>(second) ^ last;
  }
  return crc;
}

__attribute__((target("sse4.2,pclmul"))) std::uint32_t crc32c_by_instruction(ByteView bytes, std::uint32_t crc) {
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  std::uint64_t wide = crc32c_blocks<1'024>(at, left, crc);
  wide = crc32c_blocks<64>(at, left, wide);
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, at, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<std::uint32_t>(wide);
  for (; left > 0; ++at, --left) crc = _mm_crc32_u8(crc, std::to_integer<unsigned char>(*at));
  return crc;
}
#endif

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t continued_from) {
#if defined(__x86_64__)
  static const bool has_instructions = __builtin_cpu_supports("sse4.2") != 0 && __builtin_cpu_supports("pclmul") != 0;
  if (has_instructions) return ~crc32c_by_instruction(bytes, ~continued_from);
#endif
  return ~crc32c_table(bytes, ~continued_from);
}

Sha256 sha256(ByteView bytes) {
  Sha256 digest;
  ensure(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr, EVP_sha256(),
                    nullptr) == 1,
         "OpenSSL computes SHA-256");
  return digest;
}

Sha256 hmac_sha256(ByteView key, ByteView message) {
  Sha256 digest;
  unsigned int length = digest.size();
  const void* done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                          reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                          reinterpret_cast<unsigned char*>(digest.data()), &length);
  ensure(done != nullptr, "OpenSSL computes HMAC-SHA-256");
  return digest;
}

struct Digest::Context {
  EVP_MD_CTX* md = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(md); }
};

Digest::Digest(const char* algorithm) : context_(std::make_unique<Context>()) {
  const EVP_MD* md = EVP_get_digestbyname(algorithm);
  ensure(md != nullptr && EVP_DigestInit_ex(context_->md, md, nullptr) == 1, "OpenSSL knows the digest");
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::update(ByteView bytes) {
  ensure(EVP_DigestUpdate(context_->md, bytes.data(), bytes.size()) == 1, "a digest takes bytes");
}

Buffer Digest::finish() {
  Buffer digest(EVP_MAX_MD_SIZE);
  unsigned int length = 0;
  ensure(EVP_DigestFinal_ex(context_->md, reinterpret_cast<unsigned char*>(digest.data()), &length) == 1,
         "a digest finishes once");
  digest.resize(length);
  return digest;
}

std::string hex(ByteView bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (std::byte b : bytes) {
    const auto value = std::to_integer<unsigned>(b);
    text += digits[value >> 4];
    text += digits[value & 15];
  }
  return text;
}

std::optional<Buffer> unhex(std::string_view text) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  };
  if (text.size() % 2 != 0) return std::nullopt;
  Buffer bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const int high = digit(text[2 * i]), low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes[i] = static_cast<std::byte>(high * 16 + low);
  }
  return bytes;
}

std::string base64(ByteView bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  return text;
}

std::optional<Buffer> unbase64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  if (text.empty()) return Buffer{};
  Buffer bytes(text.size() / 4 * 3);
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bytes.resize(static_cast<std::size_t>(length) - padding);
  return bytes;
}

Buffer random_bytes(std::size_t n) {
  constexpr std::size_t most_at_once = 256;  // getentropy's
  Buffer bytes(n);
  for (std::size_t at = 0; at < n; at += most_at_once)
    ensure(::getentropy(bytes.data() + at, std::min(n - at, most_at_once)) == 0,
           "the operating system has random bytes");
  return bytes;
}

std::string random_uuid() {
  Buffer bytes = random_bytes(16);
  bytes[6] = (bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  bytes[8] = (bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  const std::string digits = hex(bytes);
  return digits.substr(0, 8) + '-' + digits.substr(8, 4) + '-' + digits.substr(12, 4) + '-' + digits.substr(16, 4) +
         '-' + digits.substr(20);
}

}  // namespace tickerlake
