#pragma once
// Reads the members of a JSON object by name, type and bounds, as botocore's model of Glue states them.
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/json_service.h"
#include "base/time.h"
#include "services/glue/catalog/types.h"

namespace tickerlake::glue {

struct Length {
  std::size_t least = 0;
  std::size_t most = std::numeric_limits<std::size_t>::max();
};
constexpr Length name_length{1, 255};          // NameString
constexpr Length description_length{0, 2048};  // DescriptionString

/// The members of one object. The first violation is remembered (ValidationException, or SerializationException for a
/// wrong type) and every later read gives a default, so a caller reads everything and then asks error() once.
class Fields {
 public:
  using FirstError = std::optional<aws::JsonError>;
  Fields(const boost::json::object& object, FirstError& first_error, std::string path = {})
      : object_(object), first_error_(first_error), path_(std::move(path)) {}

  bool has(std::string_view name) const { return find(name) != nullptr; }
  std::string text(std::string_view name, Length length = {}) const;  // empty when absent
  std::string required_text(std::string_view name, Length length = name_length) const;
  std::int64_t integer(std::string_view name, std::int64_t fallback, std::int64_t least, std::int64_t most) const;
  bool boolean(std::string_view name, bool fallback = false) const;
  TimestampMs time(std::string_view name) const;  // epoch seconds on the wire; 0 when absent
  Parameters texts_by_name(std::string_view name) const;
  std::vector<std::string> texts(std::string_view name, Length count = {}, Length each = {}) const;
  std::vector<std::string> required_texts(std::string_view name, Length count = {}, Length each = {}) const;
  /// A nested object as it came; empty when absent.
  boost::json::object raw(std::string_view name) const;
  /// read(Fields) of a nested object, nothing when absent.
  template <class Read>
  auto object(std::string_view name, Read read) const -> std::optional<decltype(read(std::declval<Fields>()))> {
    const auto* value = find(name);
    if (value == nullptr) return std::nullopt;
    if (!value->is_object()) {
      wrong_type(name, "a structure");
      return std::nullopt;
    }
    return read(Fields(value->get_object(), first_error_, path_of(name) + "."));
  }
  template <class Read>
  auto required_object(std::string_view name, Read read) const {
    if (!has(name)) missing(name);
    return object(name, read);
  }
  /// read(Fields) of every object of a list.
  template <class Read>
  auto objects(std::string_view name, Read read, Length count = {}) const {
    std::vector<decltype(read(std::declval<Fields>()))> items;
    for (const auto* item : list(name, count)) {
      const auto place = path_of(name) + "." + std::to_string(items.size() + 1) + ".member";
      if (!item->is_object()) {
        wrong_type(name, "a list of structures");
        break;
      }
      items.push_back(read(Fields(item->get_object(), first_error_, place + ".")));
    }
    return items;
  }
  template <class Read>
  auto required_objects(std::string_view name, Read read, Length count = {}) const {
    if (!has(name)) missing(name);
    return objects(name, read, count);
  }
  /// The members with these names, as they came.
  boost::json::object only(std::initializer_list<std::string_view> names) const;

  /// Remembers a violation: "Value 'x' at 'tableInput.name' failed to satisfy constraint: Member must …".
  void violation(std::string_view name, std::string_view value, std::string_view constraint) const;
  const FirstError& error() const { return first_error_; }

 private:
  const boost::json::value* find(std::string_view name) const;  // null and absent are the same
  std::vector<const boost::json::value*> list(std::string_view name, Length count) const;
  std::string path_of(std::string_view name) const;
  void missing(std::string_view name) const;
  void wrong_type(std::string_view name, std::string_view wanted) const;
  bool check_length(std::string_view name, std::string_view text, Length length) const;

  const boost::json::object& object_;
  FirstError& first_error_;
  const std::string path_;  // "tableInput." for messages
};

}  // namespace tickerlake::glue
