// Files of a lake as the crawler reads them: a custom classifier's choice, then the file. Parquet's footer is given to
// its reader alone too, since a mutation seldom leaves the lengths right. Types print and parse to the same text.
#include "io/file.h"
#include "services/glue/crawler/glob.h"
#include "services/glue/crawler/parquet.h"
#include "services/glue/crawler/sample.h"
#include "target.h"

namespace tickerlake::glue {
namespace {

using fuzz::require;

void check_types(const FileSchema& schema) {
  for (const auto& column : schema.columns) {
    const std::string text = to_text(column.type);
    const HiveType parsed = parse_hive_type(text);
    require(to_text(parse_hive_type(to_text(parsed))) == to_text(parsed), "a type's text parses to itself");
    (void)widen(column.type, parsed);
  }
  require(schema.record_count >= 0, "records are counted from 0");
}

std::vector<CustomClassifier> classifiers_of(unsigned choice) {
  CustomClassifier custom;
  custom.name = "custom";
  switch (choice % 5) {
    case 1:
      custom.csv.delimiter = '|';
      custom.csv.header = CsvClassifier::Header::present;
      return {custom};
    case 2:
      custom.csv.header = CsvClassifier::Header::absent;
      custom.csv.column_names = {"a", "b"};
      custom.csv.allow_single_column = true;
      return {custom};
    case 3:
      custom.kind = CustomClassifier::Kind::json;
      custom.json_path = "$[*]";
      return {custom};
    case 4:
      custom.kind = CustomClassifier::Kind::json;
      custom.json_path = "$.a.b";
      return {custom};
    default:
      return {};
  }
}

void run(fuzz::Input input) {
  const auto classifiers = classifiers_of(input.byte());
  const ByteView bytes = input.rest();
  if (const auto footer = read_parquet_footer(bytes)) check_types(*footer);
  if (bytes.size() >= 8) (void)parquet_footer_length(bytes.last(8), std::ssize(bytes));

  const std::string_view text = input.text();
  if (auto csv = infer_csv(text, true)) {
    check_types(*csv);
    widen_csv(*csv, text.substr(text.size() / 2));
    check_types(*csv);
  }
  const HiveType type = parse_hive_type(text.substr(0, 1024));
  require(to_text(parse_hive_type(to_text(type))) == to_text(type), "a type's text parses to itself");
  require(are_compatible(type, type) && to_text(widen(type, type)) == to_text(type), "a type widens to itself");

  const io::TemporaryDirectory folder;
  const io::Path path = folder.path() / "file";
  require(io::write_file_atomically(path, text).has_value(), "the file can be written");
  const auto schema =
      infer_file({path, std::ssize(bytes), nullptr}, classifiers, {.head = 256, .part = 64, .parts = 2});
  if (schema) check_types(*schema);
}

}  // namespace
}  // namespace tickerlake::glue

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tickerlake::glue::run({data, size});
  return 0;
}
