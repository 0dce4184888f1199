#pragma once
// Integers that mean different things are different types: struct OffsetTag; using Offset = Strong<OffsetTag, int64_t>.
#include <compare>
#include <functional>

namespace tickerlake {

template <class Tag, class Integer>
class Strong {
 public:
  using Value = Integer;
  constexpr Strong() = default;
  constexpr explicit Strong(Integer value) : value_(value) {}
  constexpr Integer value() const { return value_; }
  constexpr auto operator<=>(const Strong&) const = default;
  constexpr Strong operator+(Integer delta) const { return Strong(value_ + delta); }
  constexpr Strong operator-(Integer delta) const { return Strong(value_ - delta); }
  constexpr Integer operator-(Strong other) const { return value_ - other.value_; }
  constexpr Strong& operator++() {
    ++value_;
    return *this;
  }

 private:
  Integer value_{};
};

}  // namespace tickerlake

template <class Tag, class Integer>
struct std::hash<tickerlake::Strong<Tag, Integer>> {
  std::size_t operator()(tickerlake::Strong<Tag, Integer> id) const { return std::hash<Integer>{}(id.value()); }
};
