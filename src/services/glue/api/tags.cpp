// TagResource, UntagResource, GetTags: by ARN.
#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr const char* tags_kind = "tags";  // of Documents, by ARN
constexpr Length arn_length{1, 10'240};
constexpr std::size_t max_tags = 50;

std::expected<object, aws::JsonError> read_tags(Catalog& catalog, const std::string& arn) {
  if (!arn.starts_with("arn:aws:glue:")) {
    return aws::json_fail("InvalidInputException", arn + " is not the ARN of a Glue resource.");
  }
  auto stored = catalog.documents().get(tags_kind, arn);
  if (!stored && stored.error().code == ErrorCode::not_found) return object();
  return answer(std::move(stored));
}

JsonResult tag_resource(Catalog& catalog, const Caller&, const Fields& input) {
  const auto arn = input.required_text("ResourceArn", arn_length);
  const auto added = input.texts_by_name("TagsToAdd");
  CHECK(valid(input));
  TRY(auto tags, read_tags(catalog, arn));
  for (const auto& [name, value] : added) tags[name] = value;
  if (tags.size() > max_tags) return aws::json_fail("InvalidInputException", "A resource has at most 50 tags.");
  CHECK(answer(catalog.documents().put(tags_kind, arn, tags)));
  return object();
}

JsonResult untag_resource(Catalog& catalog, const Caller&, const Fields& input) {
  const auto arn = input.required_text("ResourceArn", arn_length);
  const auto names = input.required_texts("TagsToRemove", {0, 50}, {1, 128});
  CHECK(valid(input));
  TRY(auto tags, read_tags(catalog, arn));
  for (const auto& name : names) tags.erase(name);
  CHECK(answer(catalog.documents().put(tags_kind, arn, tags)));
  return object();
}

JsonResult get_tags(Catalog& catalog, const Caller&, const Fields& input) {
  const auto arn = input.required_text("ResourceArn", arn_length);
  CHECK(valid(input));
  TRY(auto tags, read_tags(catalog, arn));
  return object{{"Tags", std::move(tags)}};
}

}  // namespace

void add_tag_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "TagResource", catalog, tag_resource);
  add(service, "UntagResource", catalog, untag_resource);
  add(service, "GetTags", catalog, get_tags);
}

}  // namespace tickerlake::glue
