// CreateClassifier, GetClassifier, GetClassifiers, UpdateClassifier, DeleteClassifier: CSV and JSON ones.
#include "services/glue/crawler/classifiers.h"

#include <boost/json/array.hpp>

#include "services/glue/api/operation.h"
#include "services/glue/catalog/json.h"

namespace tickerlake::glue {
namespace {

using aws::Caller;
using aws::JsonResult;
using boost::json::object;

constexpr const char* csv_member = "CsvClassifier";
constexpr const char* json_member = "JsonClassifier";

/// The input's one classifier; only what is given, so that an update can be laid over what is stored.
struct Given {
  std::string name;
  std::string member;
  object body;
};
std::expected<Given, aws::JsonError> read_classifier(const Fields& input) {
  for (const auto* member : {"GrokClassifier", "XMLClassifier"}) {
    if (input.has(member)) {
      return aws::json_fail("OperationNotSupportedException",
                            std::string(member) + " is not supported; CsvClassifier and JsonClassifier are.");
    }
  }
  Given given;
  given.member = input.has(csv_member) ? csv_member : json_member;
  (void)input.required_object(given.member, [&](const Fields& fields) {
    given.name = fields.required_text("Name");
    given.body =
        fields.only({"Name", "JsonPath", "Delimiter", "QuoteSymbol", "ContainsHeader", "Header", "DisableValueTrimming",
                     "AllowSingleColumn", "CustomDatatypeConfigured", "CustomDatatypes", "Serde"});
    (void)fields.text("JsonPath");
    (void)fields.text("Delimiter", {1, 1});
    (void)fields.text("QuoteSymbol", {1, 1});
    const auto header = fields.text("ContainsHeader");
    if (!header.empty() && header != "UNKNOWN" && header != "PRESENT" && header != "ABSENT") {
      fields.violation("ContainsHeader", header, "Member must satisfy enum value set: [UNKNOWN, PRESENT, ABSENT]");
    }
    (void)fields.texts("Header", {}, name_length);
    (void)fields.boolean("AllowSingleColumn");
    return true;
  });
  CHECK(valid(input));
  return given;
}

JsonResult create_classifier(Catalog& catalog, const Caller&, const Fields& input) {
  TRY(auto given, read_classifier(input));
  auto documents = catalog.documents();
  if (documents.get(classifier_kind, given.name)) {
    return aws::json_fail("AlreadyExistsException", "Classifier " + given.name + " already exists.");
  }
  const auto now = to_json_time(SystemClock().now_ms());
  given.body["CreationTime"] = now;
  given.body["LastUpdated"] = now;
  given.body["Version"] = 1;
  CHECK(answer(documents.put(classifier_kind, given.name, {{given.member, std::move(given.body)}})));
  return object();
}

JsonResult update_classifier(Catalog& catalog, const Caller&, const Fields& input) {
  TRY(const auto given, read_classifier(input));
  auto documents = catalog.documents();
  TRY(auto stored, answer(documents.get(classifier_kind, given.name)));
  auto* body = stored.if_contains(given.member);
  if (body == nullptr) {
    return aws::json_fail("InvalidInputException", "Classifier " + given.name + " is of another kind.");
  }
  auto& members = body->get_object();
  for (const auto& member : given.body) members[member.key()] = member.value();
  members["LastUpdated"] = to_json_time(SystemClock().now_ms());
  members["Version"] = members["Version"].to_number<std::int64_t>() + 1;
  CHECK(answer(documents.put(classifier_kind, given.name, stored)));
  return object();
}

JsonResult get_classifier(Catalog& catalog, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  TRY(auto stored, answer(catalog.documents().get(classifier_kind, name)));
  return object{{"Classifier", std::move(stored)}};
}

JsonResult get_classifiers(Catalog& catalog, const Caller&, const Fields& input) {
  const auto page = page_from(input, 1000, 100);
  CHECK(valid(input));
  TRY(auto found, answer(catalog.documents().list(classifier_kind, page.token, page.limit + 1)));
  object json;
  if (found.size() > page.limit) {
    found.resize(page.limit);
    add_token(json, found.back().first);
  }
  boost::json::array list;
  for (auto& [name, body] : found) list.push_back(std::move(body));
  json.emplace("Classifiers", std::move(list));
  return json;
}

JsonResult delete_classifier(Catalog& catalog, const Caller&, const Fields& input) {
  const auto name = input.required_text("Name");
  CHECK(valid(input));
  auto documents = catalog.documents();
  CHECK(answer(documents.get(classifier_kind, name)));
  CHECK(answer(documents.remove(classifier_kind, name)));
  return object();
}

}  // namespace

void add_classifier_operations(aws::JsonService& service, Catalog& catalog) {
  add(service, "CreateClassifier", catalog, create_classifier);
  add(service, "UpdateClassifier", catalog, update_classifier);
  add(service, "GetClassifier", catalog, get_classifier);
  add(service, "GetClassifiers", catalog, get_classifiers);
  add(service, "DeleteClassifier", catalog, delete_classifier);
}

}  // namespace tickerlake::glue
