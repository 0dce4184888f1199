// The tags of an object.
#include "services/s3/api/body.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {

ApiResult<void> get_object_tagging(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  TRY(const auto record, store.find(request.bucket, request.key));
  Xml xml("Tagging");
  xml.open("TagSet");
  for (const auto& [key, value] : record.tags) {
    xml.open("Tag").element("Key", key).element("Value", value).close("Tag");
  }
  xml.close("TagSet");
  response.xml(xml.take());
  return {};
}

ApiResult<void> put_object_tagging(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  TRY(const std::string body, receive_text(request, 128_KiB));
  TRY(const auto document, parse_xml(body, "Tagging"));
  Pairs tags;
  for (const pugi::xml_node& set : document.document_element().children()) {
    for (const pugi::xml_node& tag : set.children()) {
      std::string key;
      std::string value;
      for (const pugi::xml_node& field : tag.children()) {
        if (local_name(field) == "Key") key = field.child_value();
        if (local_name(field) == "Value") value = field.child_value();
      }
      tags.emplace_back(std::move(key), std::move(value));
    }
  }
  CHECK(check_tags(tags));
  CHECK(store.set_tags(request.bucket, request.key, std::move(tags)));
  response.empty();
  return {};
}

ApiResult<void> delete_object_tagging(Store& store, S3Request& request, S3Response& response) {
  CHECK(check_version(request.text("versionId")));
  CHECK(store.set_tags(request.bucket, request.key, {}));
  response.no_content();
  return {};
}

}  // namespace tickerlake::s3
