#include "services/glue/crawler/file_schema.h"

namespace tickerlake::glue {

const char* name(FileFormat format) {
  switch (format) {
    case FileFormat::csv:
      return "csv";
    case FileFormat::json:
      return "json";
    case FileFormat::parquet:
      return "parquet";
    case FileFormat::unknown:
      break;
  }
  return "UNKNOWN";
}

const char* name(Compression compression) { return compression == Compression::gzip ? "gzip" : "none"; }

}  // namespace tickerlake::glue
