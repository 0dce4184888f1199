#pragma once
// Whether an object's bytes are those that its ETag and checksum were computed of.
#include <string>

#include "base/result.h"
#include "io/file.h"
#include "services/s3/store/records.h"

namespace tickerlake::s3 {

/// What does not match; empty when all does. Objects made of parts are compared part by part where the record tells
/// their sizes. Errors: io.
Result<std::string> compare_content(const io::File& blob, const ObjectRecord& record);
Result<std::string> compare_content(const io::File& blob, const PartRecord& record);

}  // namespace tickerlake::s3
