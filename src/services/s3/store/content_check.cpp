#include "services/s3/store/content_check.h"

#include <fmt/format.h>

#include "base/digest.h"

namespace tickerlake::s3 {
namespace {

constexpr std::int64_t content_read_step = 1_MiB;

struct ContentDigests {
  Buffer md5;
  std::optional<Buffer> checksum;
};

/// Of length bytes from a position on.
Result<ContentDigests> content_digests(const io::File& file, std::int64_t position, std::int64_t length,
                                       std::optional<ChecksumAlgorithm> algorithm) {
  Digest md5("MD5");
  std::optional<ChecksumStream> checksum;
  if (algorithm) checksum.emplace(*algorithm);
  Buffer buffer(static_cast<std::size_t>(std::min(content_read_step, std::max<std::int64_t>(length, 1))));
  for (std::int64_t done = 0; done < length;) {
    const auto step = MutableBytes(buffer).first(static_cast<std::size_t>(std::min(length - done, content_read_step)));
    CHECK(file.read_exactly_at(position + done, step));
    md5.update(step);
    if (checksum) checksum->update(step);
    done += std::ssize(step);
  }
  ContentDigests digests{md5.finish(), std::nullopt};
  if (checksum) digests.checksum = checksum->finish();
  return digests;
}

}  // namespace

Result<std::string> compare_content(const io::File& blob, const ObjectRecord& record) {
  const bool composite = record.checksum && record.checksum->type == ChecksumType::composite;
  const auto whole_algorithm = record.checksum && !composite ? std::optional(record.checksum->algorithm) : std::nullopt;
  const bool in_parts = record.etag.find('-') != std::string::npos;
  if (!in_parts || whole_algorithm) {
    TRY(const ContentDigests whole, content_digests(blob, 0, record.size, whole_algorithm));
    if (!in_parts && hex(whole.md5) != record.etag) return "its MD5 is " + hex(whole.md5);
    if (whole.checksum && base64(*whole.checksum) != record.checksum->value) {
      return fmt::format("its {} is {}", row(*whole_algorithm).name, base64(*whole.checksum));
    }
  }
  if (!in_parts || record.parts.empty()) return std::string();
  Digest md5_of_parts("MD5");
  std::int64_t at = 0;
  for (std::size_t i = 0; i < record.parts.size(); ++i) {
    const ObjectPart& part = record.parts[i];
    const bool checked = record.checksum && !part.checksum.empty();
    TRY(const ContentDigests digests,
        content_digests(blob, at, part.size, checked ? std::optional(record.checksum->algorithm) : std::nullopt));
    if (checked && base64(*digests.checksum) != part.checksum) {
      return fmt::format("part {}'s {} is {}", i + 1, row(record.checksum->algorithm).name, base64(*digests.checksum));
    }
    md5_of_parts.update(digests.md5);
    at += part.size;
  }
  const std::string etag = fmt::format("{}-{}", hex(md5_of_parts.finish()), record.parts.size());
  if (etag != record.etag) return "its ETag would be " + etag;
  return std::string();
}

Result<std::string> compare_content(const io::File& blob, const PartRecord& record) {
  const auto algorithm = record.checksum ? std::optional(record.checksum->algorithm) : std::nullopt;
  TRY(const ContentDigests digests, content_digests(blob, 0, record.size, algorithm));
  if (hex(digests.md5) != record.etag) return "its MD5 is " + hex(digests.md5);
  if (digests.checksum && base64(*digests.checksum) != record.checksum->value) {
    return fmt::format("its {} is {}", row(*algorithm).name, base64(*digests.checksum));
  }
  return std::string();
}

}  // namespace tickerlake::s3
