#pragma once
// What every message declares about its API, and the wire types that C++ has no name for.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "io/file_slice.h"

namespace tickerlake::kafka {

/// An inclusive range of a protocol's versions.
struct Versions {
  std::int16_t first = 0, last = 0;
  constexpr bool contains(std::int16_t version) const { return first <= version && version <= last; }
};

inline constexpr std::int16_t never_flexible = std::numeric_limits<std::int16_t>::max();

/// Declared once by each request: its key, the versions this program speaks, the first version with tagged fields.
struct Api {
  std::int16_t key = 0;
  const char* name = "";
  Versions versions;
  std::int16_t flexible_since = never_flexible;

  constexpr bool is_flexible(std::int16_t version) const { return version >= flexible_since; }
};

/// The versions in which a field is on the wire, and those in which it may be null.
struct When {
  std::int16_t first = 0;
  std::int16_t last = std::numeric_limits<std::int16_t>::max();
  std::int16_t nullable_from = 0;

  constexpr bool contains(std::int16_t version) const { return first <= version && version <= last; }
  /// Below this version a null is written as an empty value, and refused when read.
  constexpr When nullable_since(std::int16_t version) const { return {first, last, version}; }
};

constexpr When since(std::int16_t version) { return {.first = version}; }
constexpr When until(std::int16_t version) { return {.last = version}; }
constexpr When between(std::int16_t first, std::int16_t last) { return {.first = first, .last = last}; }
constexpr When nullable_since(std::int16_t version) { return {.nullable_from = version}; }

/// A tagged field: optional on the wire, left out when it equals its default.
template <class T>
struct Tag {
  std::uint32_t number;
  T& value;
  When when;
  std::remove_const_t<T> fallback;
};
template <class T>
Tag<T> tag(std::uint32_t number, T& value, When when = {}, std::remove_const_t<T> fallback = {}) {
  return {number, value, when, std::move(fallback)};
}

/// A topic's id; all zeros means none.
struct Uuid {
  std::array<std::byte, 16> bytes{};

  static Uuid random();
  bool is_zero() const { return *this == Uuid{}; }
  /// Kafka's text form: 22 characters of URL-safe base64 without padding.
  std::string text() const;
  auto operator<=>(const Uuid&) const = default;
};

using io::FileSlice;

/// Record batches in a message. When read: a view into the request's frame, which must outlive it.
/// When written: the slices if there are any, else the bytes.
struct Records {
  bool is_null = false;
  ByteView bytes;
  std::vector<FileSlice> slices;
  bool by_reference = false;  // when written: the bytes stay where they are and outlive the frame

  std::int64_t size() const {
    if (slices.empty()) return static_cast<std::int64_t>(bytes.size());
    std::int64_t sum = 0;
    for (const FileSlice& slice : slices) sum += slice.length;
    return sum;
  }
};

}  // namespace tickerlake::kafka

template <>
struct std::hash<tickerlake::kafka::Uuid> {
  std::size_t operator()(const tickerlake::kafka::Uuid& id) const {
    return static_cast<std::size_t>(tickerlake::load_big_endian<std::uint64_t>(id.bytes.data()));
  }
};
