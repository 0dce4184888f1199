#pragma once
// Members of a JSON object that must be there and be of one type.
#include <boost/json.hpp>
#include <string>

namespace tickerlake::pipeline {

inline boost::json::value parse_json(std::string_view text, boost::system::error_code& error) {
  return boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
}

/// Reads members and remembers the first that is missing or of another type.
class JsonReader {
 public:
  explicit JsonReader(const boost::json::object& object) : object_(object) {}
  std::int64_t number(const char* name) {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_int64()) return value->as_int64();
    return wrong(name), 0;
  }
  std::string text(const char* name) {
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_string()) return {value->as_string().data(), value->as_string().size()};
    return wrong(name), std::string();
  }
  const boost::json::array& list(const char* name) {
    static const boost::json::array empty;
    const auto* value = object_.if_contains(name);
    if (value != nullptr && value->is_array()) return value->as_array();
    return wrong(name), empty;
  }
  void wrong(const char* name) {
    if (wrong_.empty()) wrong_ = name;
  }
  const std::string& first_wrong() const { return wrong_; }

 private:
  const boost::json::object& object_;
  std::string wrong_;
};

}  // namespace tickerlake::pipeline
