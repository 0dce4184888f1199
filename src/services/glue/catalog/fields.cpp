#include "services/glue/catalog/fields.h"

#include <cctype>
#include <cmath>

namespace tickerlake::glue {
namespace {

/// Length in characters, as AWS counts them, of UTF-8.
std::size_t characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

}  // namespace

const boost::json::value* Fields::find(std::string_view name) const {
  const auto* value = object_.if_contains(name);
  return value == nullptr || value->is_null() ? nullptr : value;
}

std::string Fields::path_of(std::string_view name) const {
  std::string path = path_ + std::string(name);
  if (!name.empty()) path[path_.size()] = static_cast<char>(std::tolower(static_cast<unsigned char>(name[0])));
  return path;
}

void Fields::violation(std::string_view name, std::string_view value, std::string_view constraint) const {
  if (first_error_) return;
  const auto shown = value.substr(0, 200);
  first_error_ = aws::JsonError{"ValidationException",
                                "1 validation error detected: Value '" + std::string(shown) + "' at '" + path_of(name) +
                                    "' failed to satisfy constraint: " + std::string(constraint)};
}

void Fields::missing(std::string_view name) const {
  if (first_error_) return;
  first_error_ = aws::JsonError{"ValidationException", "1 validation error detected: Value null at '" + path_of(name) +
                                                           "' failed to satisfy constraint: Member must not be null"};
}

void Fields::wrong_type(std::string_view name, std::string_view wanted) const {
  if (first_error_) return;
  first_error_ = aws::JsonError{"SerializationException", path_of(name) + " must be " + std::string(wanted)};
}

bool Fields::check_length(std::string_view name, std::string_view text, Length length) const {
  const auto count = characters(text);
  if (count < length.least) {
    violation(name, text, "Member must have length greater than or equal to " + std::to_string(length.least));
  } else if (count > length.most) {
    violation(name, text, "Member must have length less than or equal to " + std::to_string(length.most));
  } else {
    return true;
  }
  return false;
}

std::string Fields::text(std::string_view name, Length length) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_string()) {
    wrong_type(name, "a string");
    return {};
  }
  const std::string_view text(value->get_string());
  return check_length(name, text, length) ? std::string(text) : std::string();
}

std::string Fields::required_text(std::string_view name, Length length) const {
  if (!has(name)) missing(name);
  return text(name, length);
}

std::int64_t Fields::integer(std::string_view name, std::int64_t fallback, std::int64_t least,
                             std::int64_t most) const {
  const auto* value = find(name);
  if (value == nullptr) return fallback;
  boost::system::error_code inexact;
  const auto number = value->to_number<std::int64_t>(inexact);
  if (inexact) {
    wrong_type(name, "an integer");
    return fallback;
  }
  if (number < least) {
    violation(name, std::to_string(number), "Member must have value greater than or equal to " + std::to_string(least));
  } else if (number > most) {
    violation(name, std::to_string(number), "Member must have value less than or equal to " + std::to_string(most));
  } else {
    return number;
  }
  return fallback;
}

bool Fields::boolean(std::string_view name, bool fallback) const {
  const auto* value = find(name);
  if (value == nullptr) return fallback;
  if (!value->is_bool()) {
    wrong_type(name, "a boolean");
    return fallback;
  }
  return value->get_bool();
}

TimestampMs Fields::time(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return 0;
  boost::system::error_code wrong;
  const auto seconds = value->to_number<double>(wrong);
  // Up to the year 9999, so that the milliseconds fit.
  if (wrong || !(std::abs(seconds) < 253'402'300'800.0)) {
    wrong_type(name, "a timestamp in epoch seconds");
    return 0;
  }
  return std::llround(seconds * 1000);
}

Parameters Fields::texts_by_name(std::string_view name) const {
  Parameters parameters;
  const auto* value = find(name);
  if (value == nullptr) return parameters;
  if (!value->is_object()) {
    wrong_type(name, "a map of strings");
    return parameters;
  }
  for (const auto& member : value->get_object()) {
    if (member.value().is_null()) continue;
    if (!member.value().is_string()) {
      wrong_type(name, "a map of strings");
      return {};
    }
    parameters.emplace(member.key(), std::string_view(member.value().get_string()));
  }
  return parameters;
}

std::vector<const boost::json::value*> Fields::list(std::string_view name, Length count) const {
  std::vector<const boost::json::value*> items;
  const auto* value = find(name);
  if (value == nullptr) return items;
  if (!value->is_array()) {
    wrong_type(name, "a list");
    return items;
  }
  const auto& array = value->get_array();
  if (array.size() < count.least) {
    violation(name, "[]", "Member must have length greater than or equal to " + std::to_string(count.least));
    return items;
  }
  if (array.size() > count.most) {
    violation(name, "[...]", "Member must have length less than or equal to " + std::to_string(count.most));
    return items;
  }
  items.reserve(array.size());
  for (const auto& item : array) items.push_back(&item);
  return items;
}

std::vector<std::string> Fields::texts(std::string_view name, Length count, Length each) const {
  std::vector<std::string> texts;
  for (const auto* item : list(name, count)) {
    if (!item->is_string()) {
      wrong_type(name, "a list of strings");
      return {};
    }
    const std::string_view text(item->get_string());
    if (!check_length(name, text, each)) return {};
    texts.emplace_back(text);
  }
  return texts;
}

std::vector<std::string> Fields::required_texts(std::string_view name, Length count, Length each) const {
  if (!has(name)) missing(name);
  return texts(name, count, each);
}

boost::json::object Fields::raw(std::string_view name) const {
  const auto* value = find(name);
  if (value == nullptr) return {};
  if (!value->is_object()) {
    wrong_type(name, "a structure");
    return {};
  }
  return value->get_object();
}

boost::json::object Fields::only(std::initializer_list<std::string_view> names) const {
  boost::json::object members;
  for (const auto name : names) {
    if (const auto* value = find(name)) members.emplace(name, *value);
  }
  return members;
}

}  // namespace tickerlake::glue
