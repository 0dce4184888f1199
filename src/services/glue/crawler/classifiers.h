#pragma once
// Custom classifiers as stored documents: CreateClassifier's JSON, by name.
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "services/glue/catalog/documents.h"
#include "services/glue/crawler/sample.h"

namespace tickerlake::glue {

constexpr const char* classifier_kind = "classifier";  // of Documents

/// Of a stored body: {"CsvClassifier": {…}} or {"JsonClassifier": {…}}.
CustomClassifier classifier_from(const std::string& name, const boost::json::object& body);

/// Those of a crawler, in its order. Errors: not_found names the classifier.
Result<std::vector<CustomClassifier>> read_classifiers(const Documents& documents,
                                                       const std::vector<std::string>& names);

}  // namespace tickerlake::glue
