#include "services/s3/api/xml.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/s3/api/request.h"

namespace tickerlake::s3 {
namespace {

void escape(std::string& into, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        into += "&amp;";
        break;
      case '<':
        into += "&lt;";
        break;
      case '>':
        into += "&gt;";
        break;
      case '"':
        into += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          into += fmt::format("&#x{:x};", static_cast<unsigned>(c));
        } else {
          into += c;
        }
    }
  }
}

}  // namespace

Xml::Xml(std::string_view root, bool with_namespace) : root_(root) {
  text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" + root_;
  if (with_namespace) text_ += fmt::format(" xmlns=\"{}\"", xml_namespace);
  text_ += '>';
}

Xml& Xml::open(std::string_view name, std::string_view attributes) {
  text_ += fmt::format("<{}{}>", name, attributes);
  return *this;
}

Xml& Xml::close(std::string_view name) {
  text_ += fmt::format("</{}>", name);
  return *this;
}

Xml& Xml::element(std::string_view name, std::string_view text) {
  open(name);
  escape(text_, text);
  return close(name);
}

Xml& Xml::owner(std::string_view name, std::string_view id) {
  return open(name).element("ID", id).element("DisplayName", "tickerlake").close(name);
}

std::string Xml::take() {
  close(root_);
  return std::move(text_);
}

std::string_view local_name(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const std::size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

ApiResult<pugi::xml_document> parse_xml(std::string_view text, std::string_view root) {
  const auto marks = std::count_if(text.begin(), text.end(), [](char c) { return c == '<' || c == '='; });
  // Document types declare entities, and no request needs one.
  if (marks > max_xml_marks || text.find("<!DOCTYPE") != std::string_view::npos) return fail(Code::MalformedXML);
  pugi::xml_document document;
  // A key may be a single space: text of nothing but white space counts where it is all there is.
  const unsigned options = pugi::parse_default | pugi::parse_ws_pcdata_single;
  if (!document.load_buffer(text.data(), text.size(), options) || local_name(document.document_element()) != root) {
    return fail(Code::MalformedXML);
  }
  return document;
}

}  // namespace tickerlake::s3
