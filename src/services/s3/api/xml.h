#pragma once
// XML out, by appending; XML in, through pugixml (which expands no entities of a document's own).
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "services/s3/error.h"

namespace tickerlake::s3 {

/// Elements in their order. Characters that XML 1.0 can't hold are written as references, as S3 does.
class Xml {
 public:
  /// Opens the root; `with_namespace` for all answers but errors.
  explicit Xml(std::string_view root, bool with_namespace = true);
  /// attributes: as they are written, with a space before each.
  Xml& open(std::string_view name, std::string_view attributes = {});
  Xml& close(std::string_view name);
  Xml& element(std::string_view name, std::string_view text);
  Xml& element(std::string_view name, std::int64_t number) { return element(name, std::to_string(number)); }
  Xml& element(std::string_view name, bool value) { return element(name, value ? "true" : "false"); }
  Xml& element(std::string_view name, const char* text) { return element(name, std::string_view(text)); }
  Xml& element(std::string_view name, const std::string& text) { return element(name, std::string_view(text)); }
  /// <name><ID>id</ID><DisplayName>...
  Xml& owner(std::string_view name, std::string_view id);
  /// Closes the root.
  std::string take();

 private:
  std::string root_;
  std::string text_;
};

/// Of '<' and '=', which bounds the elements and attributes, and so the memory, of a request's XML. The longest that is
/// asked for honestly, 10,000 parts with all their checksums, has about 250,000. Document types are refused, so there
/// are no entities.
inline constexpr std::int64_t max_xml_marks = 400'000;

/// MalformedXML unless it is a document with that root element, and no more marks than that.
ApiResult<pugi::xml_document> parse_xml(std::string_view text, std::string_view root);
/// The name without a namespace prefix.
std::string_view local_name(const pugi::xml_node& node);

}  // namespace tickerlake::s3
