#pragma once
// Glue's built-in JSON classifier over a sample of a file: JSON objects one after the other, usually one a line. No
// I/O.
#include <optional>
#include <string>
#include <string_view>

#include "services/glue/crawler/file_schema.h"

namespace tickerlake::glue {

/// Records read of a sample.
constexpr std::size_t max_json_records = 100'000;

/// What the sample says, nothing when it does not begin with a whole JSON object or array. json_path: of a custom
/// classifier, "$" for the record itself, "$[*]" for the elements of an array; empty: built in.
std::optional<FileSchema> infer_json(std::string_view sample, std::string_view json_path = {});

}  // namespace tickerlake::glue
