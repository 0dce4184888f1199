#include "services/s3/api/body.h"
#include "services/s3/api/object_headers.h"
#include "services/s3/api/operations.h"
#include "services/s3/api/xml.h"

namespace tickerlake::s3 {
namespace {

constexpr std::size_t max_deletions = 1000;
constexpr std::int64_t max_deletion_bytes = 8_MiB;  // 1,000 keys of 1,024 bytes, each written as a reference

struct Deletion {
  std::vector<Store::Removal> removals;
  std::vector<std::string> versions;
  bool quiet = false;
};

ApiResult<Deletion> parse_deletion(std::string_view body) {
  TRY(const auto document, parse_xml(body, "Delete"));
  Deletion deletion;
  for (const pugi::xml_node& node : document.document_element().children()) {
    if (local_name(node) == "Quiet") deletion.quiet = std::string_view(node.child_value()) == "true";
    if (local_name(node) != "Object") continue;
    Store::Removal removal;
    std::string version;
    for (const pugi::xml_node& field : node.children()) {
      if (local_name(field) == "Key") removal.key = field.child_value();
      if (local_name(field) == "VersionId") version = field.child_value();
      if (local_name(field) == "ETag") removal.conditions.if_match = unquote(field.child_value());
    }
    if (removal.key.empty() || removal.key.size() > max_key_bytes) return fail(Code::MalformedXML);
    deletion.removals.push_back(std::move(removal));
    deletion.versions.push_back(std::move(version));
  }
  if (deletion.removals.empty() || deletion.removals.size() > max_deletions) return fail(Code::MalformedXML);
  return deletion;
}

}  // namespace

ApiResult<void> delete_objects(Store& store, S3Request& request, S3Response& response) {
  TRY(const std::string body, receive_text(request, max_deletion_bytes));
  TRY(const Deletion deletion, parse_deletion(body));
  std::vector<Store::Removal> known;
  for (std::size_t i = 0; i < deletion.removals.size(); ++i) {
    if (check_version(deletion.versions[i])) known.push_back(deletion.removals[i]);
  }
  TRY(const auto results, store.remove_objects(request.bucket, known));
  Xml xml("DeleteResult");
  std::size_t at = 0;
  for (std::size_t i = 0; i < deletion.removals.size(); ++i) {
    const std::string& key = deletion.removals[i].key;
    const auto version = check_version(deletion.versions[i]);
    const auto& result = version ? results[at++] : version;
    if (!result) {
      xml.open("Error").element("Key", key).element("Code", row(result.error().code).name);
      xml.element("Message", result.error().text()).close("Error");
    } else if (!deletion.quiet) {
      xml.open("Deleted").element("Key", key).close("Deleted");
    }
  }
  response.xml(xml.take());
  return {};
}

}  // namespace tickerlake::s3
