#pragma once
// Reads what inference needs of one object and infers: its head (unpacked), some later parts, or a Parquet footer.
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "services/glue/crawler/csv.h"
#include "services/glue/crawler/file_schema.h"
#include "services/objects.h"

namespace tickerlake::glue {

/// A custom classifier of a crawler, tried in order before the built-in ones.
struct CustomClassifier {
  enum class Kind { csv, json };
  Kind kind = Kind::csv;
  std::string name;
  CsvClassifier csv;
  std::string json_path;
};

/// How much of a text file is read: AWS reads the first 1 MB. The other parts, spread over the rest of the file, are
/// read on top of it so that a type that changes further down is seen.
struct SampleSizes {
  std::int64_t head = 1_MiB;
  std::int64_t part = 64_KiB;
  int parts = 4;
};

/// Errors: unsupported (a format or compression that is known but not read; the message names it), corrupt, io.
/// A file that is nothing known gives FileFormat::unknown.
Result<FileSchema> infer_file(const services::PinnedObject& object, const std::vector<CustomClassifier>& classifiers,
                              const SampleSizes& sizes);

/// The same of bytes in memory. is_whole: head is all that the file holds.
FileSchema infer_text(std::string_view head, bool is_whole, const std::vector<CustomClassifier>& classifiers);

}  // namespace tickerlake::glue
