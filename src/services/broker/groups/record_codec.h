#pragma once
// Keys and values of an internal topic: a version, then fields. Keys have one form, values become flexible at a
// version.
#include <cstdint>
#include <string>

#include "base/result.h"
#include "kafka/wire/reader.h"
#include "kafka/wire/writer.h"

namespace tickerlake::broker::record_codec {

template <class T>
Buffer write_versioned(std::int16_t version, const T& content, bool flexible = false) {
  kafka::Writer writer(version, flexible);
  writer.integer(version);
  writer.write_struct(content);
  return writer.finish().bytes;
}

template <class T>
Result<T> read_content(ByteView bytes, std::int16_t version, bool flexible) {
  kafka::Reader reader(bytes.subspan(sizeof version), version, flexible);
  T content;
  reader.read_struct(content);
  CHECK(reader.finish());
  return content;
}

/// T says which versions it has: last_version, flexible_since.
template <class T>
Result<T> read_value(ByteView bytes) {
  if (bytes.size() < sizeof(std::int16_t)) return fail(ErrorCode::corrupt, "a value without a version");
  const auto version = load_big_endian<std::int16_t>(bytes.data());
  if (version < 0 || version > T::last_version) {
    return fail(ErrorCode::corrupt, "a value of unknown version " + std::to_string(version));
  }
  return read_content<T>(bytes, version, version >= T::flexible_since);
}

}  // namespace tickerlake::broker::record_codec
