// The object index's keys and values: a kind, then the bytes. What is read is written back byte for byte.
#include "services/s3/store/records.h"
#include "target.h"

namespace tickerlake::s3 {
namespace {

using fuzz::require;

template <class Record>
void check(const Result<Record>& record, std::string_view bytes, Result<Record> (*decode)(std::string_view)) {
  if (!record) return;
  const std::string written = encode(*record);
  require(written.size() == bytes.size(), "a record takes as many bytes as it was read from");
  const auto again = decode(written);
  require(again && encode(*again) == written, "it reads as it was written");
}

/// The key of an upload, made of its parts and taken apart again.
void check_upload_key(fuzz::Input input) {
  const std::string_view bucket = input.line(), id = input.line(), key = input.text();
  if (bucket.find('\0') != std::string_view::npos) return;
  const auto name = keys::parse_upload(keys::upload(bucket, key, id), bucket);
  require(name && name->key == key && name->id == id, "an upload's key holds its parts");
  (void)keys::parse_upload(keys::uploads_of(bucket) + std::string(key), bucket);
  (void)keys::parse_part(key);
}

}  // namespace
}  // namespace tickerlake::s3

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tickerlake::s3;
  tickerlake::fuzz::Input input(data, size);
  const auto kind = input.byte() % 5;
  const std::string_view bytes = input.text();
  if (kind == 0) check(decode_bucket(bytes), bytes, decode_bucket);
  if (kind == 1) check(decode_object(bytes), bytes, decode_object);
  if (kind == 2) check(decode_upload(bytes), bytes, decode_upload);
  if (kind == 3) check(decode_part(bytes), bytes, decode_part);
  if (kind == 4) check_upload_key(input);
  return 0;
}
