#include "services/s3/store/records.h"

#include "base/bytes.h"

namespace tickerlake::s3 {
namespace {

constexpr std::uint8_t record_version = 1;

class Writer {
 public:
  Writer() { number<std::uint8_t>(record_version); }
  template <class Integer>
  void number(Integer value) {
    std::byte bytes[sizeof value];
    store_big_endian(bytes, value);
    bytes_ += as_text(bytes);
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    bytes_ += value;
  }
  void pairs(const Pairs& values) {
    number(static_cast<std::uint32_t>(values.size()));
    for (const auto& [name, value] : values) {
      text(name);
      text(value);
    }
  }
  void blob(const BlobId& id) { id.encode(bytes_); }
  void checksum(const std::optional<Checksum>& value) {
    number(value ? static_cast<std::uint8_t>(value->algorithm) : std::uint8_t{0});
    if (!value) return;
    number(static_cast<std::uint8_t>(value->type));
    text(value->value);
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// After a failed read everything reads as zero or empty, and done() says so.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {
    if (number<std::uint8_t>() != record_version) bad_ = true;
  }
  template <class Integer>
  Integer number() {
    const std::string_view bytes = take(sizeof(Integer));
    return bad_ ? Integer{} : load_big_endian<Integer>(as_bytes(bytes).data());
  }
  std::string text() { return std::string(take(number<std::uint32_t>())); }
  Pairs pairs() {
    Pairs values;
    for (auto n = number<std::uint32_t>(); n > 0 && !bad_; --n) {
      std::string name = text();
      values.emplace_back(std::move(name), text());
    }
    return values;
  }
  BlobId blob() {
    const std::string_view bytes = take(BlobId::encoded_size);
    return bad_ ? BlobId{} : BlobId::decode(as_bytes(bytes));
  }
  std::optional<ChecksumAlgorithm> algorithm() {
    const auto value = number<std::uint8_t>();
    if (value > static_cast<std::uint8_t>(ChecksumAlgorithm::sha256)) bad_ = true;
    if (value == 0 || bad_) return std::nullopt;
    return static_cast<ChecksumAlgorithm>(value);
  }
  ChecksumType checksum_type() {
    return number<std::uint8_t>() == static_cast<std::uint8_t>(ChecksumType::composite) ? ChecksumType::composite
                                                                                        : ChecksumType::full_object;
  }
  std::optional<Checksum> checksum() {
    const auto which = algorithm();
    if (!which) return std::nullopt;
    const ChecksumType type = checksum_type();
    return Checksum{*which, type, text()};
  }
  bool bad() const { return bad_; }
  Result<void> done() const {
    if (bad_ || !left_.empty()) return fail(ErrorCode::internal, "the index of objects holds a broken record");
    return {};
  }

 private:
  std::string_view take(std::size_t size) {
    if (bad_ || size > left_.size()) {
      bad_ = true;
      return {};
    }
    const std::string_view bytes = left_.substr(0, size);
    left_.remove_prefix(size);
    return bytes;
  }
  std::string_view left_;
  bool bad_ = false;
};

}  // namespace

std::string encode(const BucketRecord& record) {
  Writer out;
  out.number(record.created);
  out.text(record.region);
  return out.take();
}

Result<BucketRecord> decode_bucket(std::string_view bytes) {
  Reader in(bytes);
  BucketRecord record;
  record.created = in.number<std::int64_t>();
  record.region = in.text();
  CHECK(in.done());
  return record;
}

std::string encode(const ObjectRecord& record) {
  Writer out;
  out.blob(record.blob);
  out.number(record.size);
  out.text(record.etag);
  out.number(record.modified);
  out.pairs(record.headers);
  out.pairs(record.tags);
  out.checksum(record.checksum);
  out.number(static_cast<std::uint32_t>(record.parts.size()));
  for (const ObjectPart& part : record.parts) {
    out.number(part.size);
    out.text(part.checksum);
  }
  out.text(record.upload_id);
  return out.take();
}

Result<ObjectRecord> decode_object(std::string_view bytes) {
  Reader in(bytes);
  ObjectRecord record;
  record.blob = in.blob();
  record.size = in.number<std::int64_t>();
  record.etag = in.text();
  record.modified = in.number<std::int64_t>();
  record.headers = in.pairs();
  record.tags = in.pairs();
  record.checksum = in.checksum();
  for (auto n = in.number<std::uint32_t>(); n > 0 && !in.bad(); --n) {
    ObjectPart part;
    part.size = in.number<std::int64_t>();
    part.checksum = in.text();
    record.parts.push_back(std::move(part));
  }
  record.upload_id = in.text();
  CHECK(in.done());
  return record;
}

std::string encode(const UploadRecord& record) {
  Writer out;
  out.number(record.initiated);
  out.pairs(record.headers);
  out.pairs(record.tags);
  out.number(record.algorithm ? static_cast<std::uint8_t>(*record.algorithm) : std::uint8_t{0});
  out.number(static_cast<std::uint8_t>(record.checksum_type));
  return out.take();
}

Result<UploadRecord> decode_upload(std::string_view bytes) {
  Reader in(bytes);
  UploadRecord record;
  record.initiated = in.number<std::int64_t>();
  record.headers = in.pairs();
  record.tags = in.pairs();
  record.algorithm = in.algorithm();
  record.checksum_type = in.checksum_type();
  CHECK(in.done());
  return record;
}

std::string encode(const PartRecord& record) {
  Writer out;
  out.blob(record.blob);
  out.number(record.size);
  out.text(record.etag);
  out.number(record.modified);
  out.checksum(record.checksum);
  return out.take();
}

Result<PartRecord> decode_part(std::string_view bytes) {
  Reader in(bytes);
  PartRecord record;
  record.blob = in.blob();
  record.size = in.number<std::int64_t>();
  record.etag = in.text();
  record.modified = in.number<std::int64_t>();
  record.checksum = in.checksum();
  CHECK(in.done());
  return record;
}

namespace keys {
namespace {

std::string scoped(char kind, std::string_view bucket) {
  std::string key(1, kind);
  key += bucket;
  key += '\0';
  return key;
}

}  // namespace

std::string buckets() { return "B"; }
std::string bucket(std::string_view name) { return "B" + std::string(name); }
std::string objects_of(std::string_view bucket) { return scoped('O', bucket); }
std::string object(std::string_view bucket, std::string_view key) { return objects_of(bucket) += key; }
std::string uploads_of(std::string_view bucket) { return scoped('U', bucket); }
std::string parts_of(std::string_view upload_id) { return "P" + std::string(upload_id); }

std::string part(std::string_view upload_id, std::uint32_t number) {
  std::byte bytes[sizeof number];
  store_big_endian(bytes, number);
  return parts_of(upload_id) += as_text(bytes);
}

// The key's NULs are written NUL 0xFF and its end NUL 0x01: uploads stay in the order of keys, then ids.
std::string upload(std::string_view bucket, std::string_view key, std::string_view id) {
  std::string index_key = uploads_of(bucket);
  for (char c : key) {
    index_key += c;
    if (c == '\0') index_key += '\xFF';
  }
  index_key += std::string_view("\0\x01", 2);
  index_key += id;
  return index_key;
}

std::optional<UploadName> parse_upload(std::string_view index_key, std::string_view bucket) {
  index_key.remove_prefix(uploads_of(bucket).size());
  UploadName name;
  for (std::size_t i = 0; i < index_key.size(); ++i) {
    if (index_key[i] != '\0') {
      name.key += index_key[i];
      continue;
    }
    if (++i == index_key.size()) return std::nullopt;
    if (index_key[i] == '\x01') {
      name.id = index_key.substr(i + 1);
      return name;
    }
    name.key += '\0';
  }
  return std::nullopt;
}

std::optional<std::uint32_t> parse_part(std::string_view index_key) {
  if (index_key.size() < sizeof(std::uint32_t)) return std::nullopt;
  const std::string_view number = index_key.substr(index_key.size() - sizeof(std::uint32_t));
  return load_big_endian<std::uint32_t>(as_bytes(number).data());
}

}  // namespace keys
}  // namespace tickerlake::s3
