#include "services/glue/crawler/classifiers.h"

#include "services/glue/catalog/fields.h"

namespace tickerlake::glue {

CustomClassifier classifier_from(const std::string& name, const boost::json::object& body) {
  CustomClassifier classifier;
  classifier.name = name;
  Fields::FirstError error;  // the body was validated before it was stored
  const Fields fields(body, error);
  (void)fields.object("JsonClassifier", [&](const Fields& json) {
    classifier.kind = CustomClassifier::Kind::json;
    classifier.json_path = json.text("JsonPath");
    return true;
  });
  (void)fields.object("CsvClassifier", [&](const Fields& csv) {
    classifier.kind = CustomClassifier::Kind::csv;
    const auto delimiter = csv.text("Delimiter");
    const auto quote = csv.text("QuoteSymbol");
    const auto header = csv.text("ContainsHeader");
    if (!delimiter.empty()) classifier.csv.delimiter = delimiter.front();
    if (!quote.empty()) classifier.csv.quote = quote.front();
    if (header == "PRESENT") classifier.csv.header = CsvClassifier::Header::present;
    if (header == "ABSENT") classifier.csv.header = CsvClassifier::Header::absent;
    classifier.csv.column_names = csv.texts("Header");
    classifier.csv.allow_single_column = csv.boolean("AllowSingleColumn");
    return true;
  });
  return classifier;
}

Result<std::vector<CustomClassifier>> read_classifiers(const Documents& documents,
                                                       const std::vector<std::string>& names) {
  std::vector<CustomClassifier> classifiers;
  for (const auto& name : names) {
    TRY(const auto body, documents.get(classifier_kind, name));
    classifiers.push_back(classifier_from(name, body));
  }
  return classifiers;
}

}  // namespace tickerlake::glue
