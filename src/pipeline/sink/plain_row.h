#pragma once
// The quick way from a record to a row: it takes records that look as most do, and leaves all others to RowParser.
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/sink/rows.h"
#include "pipeline/sink/schema.h"

namespace tickerlake::pipeline {

/// Reads JSON objects that have every member of the schema in its order, without spaces, escapes or exponents, texts in
/// ASCII; that is how `replay` and most programs write them. Not thread-safe.
class PlainRowReader {
 public:
  explicit PlainRowReader(const Schema& schema);
  /// False: not of that look, which says nothing about the record; values are half written then. True: they are what
  /// RowParser finds. Texts are views of the record.
  bool read(std::string_view json, std::vector<Value>& values);

 private:
  struct Member {
    std::string begin;  // {"name": or ,"name":
    FieldKind kind;
    int whole_digits;  // at most so many before the point
    int scale;
  };
  bool read_date(const char*& at, const char* end, Value& value);

  std::vector<Member> members_;  // empty: the schema has fields that this reader doesn't know
  char last_date_[10] = {};      // dates repeat: rows come in order of time
  std::int32_t last_day_ = 0;
  bool has_last_ = false;
};

}  // namespace tickerlake::pipeline
