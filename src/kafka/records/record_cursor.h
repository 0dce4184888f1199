#pragma once
// Reads a batch's records where they lie: nothing is copied and no memory is taken.
#include <optional>
#include <string_view>
#include <vector>

#include "kafka/records/batch.h"

namespace tickerlake::kafka {

/// A record as views into its batch.
struct RecordView {
  std::int64_t offset = 0;
  TimestampMs timestamp = 0;
  bool has_key = false;
  bool has_value = false;
  std::string_view key;
  std::string_view value;
  ByteView headers;  // their count and the headers, for find_header()
};

class RecordCursor {
 public:
  enum class Step { record, end, malformed };

  RecordCursor() = default;
  /// payload: the records, decompressed; it must outlive the cursor and the records.
  RecordCursor(const BatchHeader& header, ByteView payload)
      : header_(header), at_(payload.data()), end_(payload.data() + payload.size()) {}

  Step next(RecordView& record);

 private:
  BatchHeader header_;
  const std::byte* at_ = nullptr;
  const std::byte* end_ = nullptr;
  std::int32_t read_ = 0;
};

/// The last header of that name, if its value is not null. Malformed headers hold nothing.
std::optional<std::string_view> find_header(ByteView headers, std::string_view name);

struct HeaderView {
  std::string_view name;
  std::optional<std::string_view> value;
};
/// All headers, in their order. Malformed headers hold nothing.
std::vector<HeaderView> list_headers(ByteView headers);

}  // namespace tickerlake::kafka
