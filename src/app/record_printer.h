#pragma once
// Records of a topic for people and for programs.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "kafka/client/consumer.h"

namespace tickerlake::app {

enum class RecordFormat {
  table,  // a line a record under a heading; what a terminal must not see is escaped
  json,   // an object a line
  value,  // the values' bytes, each with a line's end
};

/// One line of text, whatever the bytes are: control characters and bytes that are no UTF-8 become \xNN.
std::string printable(std::string_view bytes);

/// Writes to stdout, which the caller flushes.
class RecordPrinter {
 public:
  RecordPrinter(RecordFormat format, std::string topic) : format_(format), topic_(std::move(topic)) {}
  void print(const kafka::FetchedRecord& record);

 private:
  void print_row(const kafka::FetchedRecord& record);
  void print_json(const kafka::FetchedRecord& record) const;

  const RecordFormat format_;
  const std::string topic_;
  bool headed_ = false;
};

}  // namespace tickerlake::app
