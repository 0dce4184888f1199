#pragma once
// One record to one row: a JSON object of any look, read in a single pass.
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/sink/plain_row.h"
#include "pipeline/sink/rows.h"
#include "pipeline/sink/schema.h"

namespace tickerlake::pipeline {

/// What of a record besides its value can become a field.
struct RecordOrigin {
  bool has_key = false;
  std::string_view key;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = -1;  // -1: none
};

/// Not thread-safe. The schema must outlive it.
class RowParser {
 public:
  explicit RowParser(const Schema& schema)
      : schema_(&schema), plain_(schema), values_(schema.fields.size()), seen_(schema.fields.size()) {}
  /// True: values() is the row, valid while the record and until the next call; false: reason() says why the record is
  /// none.
  bool parse(std::string_view json, const RecordOrigin& origin);
  const std::vector<Value>& values() const { return values_; }
  const std::string& reason() const { return reason_; }

 private:
  static constexpr int max_depth = 100;  // of values that are passed over

  bool fail_with(std::string reason);
  void skip_space();
  void prepare_keys();
  bool read_member();
  bool read_value(std::size_t field);
  bool read_text(std::string_view& text);
  bool read_escaped(std::string_view& text, const char* start);
  bool read_number_token(std::string_view& token);
  bool convert(std::size_t field, std::string_view text, bool was_text);
  bool skip_value(int depth);
  bool read_word(std::string_view word);
  bool set_origin(const RecordOrigin& origin);

  const Schema* schema_;
  PlainRowReader plain_;
  std::vector<Value> values_;
  std::string reason_;
  std::vector<std::string> keys_;  // by field: what its member begins with when written plainly: "name":
  bool needs_origin_ = true;       // a field comes from elsewhere than the value
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::size_t expected_ = 0;           // the field that most likely comes next
  std::vector<std::uint32_t> seen_;    // by field: the record that it was last seen in
  std::uint32_t record_ = 0;           // counts records
  std::deque<std::string> unescaped_;  // texts with escapes, per record
  std::string last_date_;              // dates repeat: rows come in order of time
  std::int32_t last_day_ = 0;
};

}  // namespace tickerlake::pipeline
