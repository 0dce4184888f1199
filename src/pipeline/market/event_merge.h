#pragma once
// All series as one history: by date, then symbol, then file, then the row's place in its file.
#include <cstdint>
#include <map>
#include <vector>

#include "pipeline/market/csv_reader.h"
#include "pipeline/market/dataset.h"

namespace tickerlake::pipeline {

/// Not thread-safe; the dataset must outlive it.
///
/// Instead of a heap over all series there is a calendar: for each date the series whose next row falls on it. Almost
/// all series move from one trading day to the next together, so a row costs no comparison of series.
class EventMerge {
 public:
  explicit EventMerge(const Dataset& dataset);

  /// False at the end.
  bool next();
  const Bar& bar() const { return bar_; }
  /// Index in Dataset::series.
  std::uint32_t series() const { return series_; }

 private:
  struct Cursor {
    CsvReader reader;
    std::size_t position = 0;  // in Series::bars
    Bar bar;                   // the next row
  };
  bool advance(std::uint32_t series);
  void place(std::uint32_t series);

  const Dataset& dataset_;
  std::vector<Cursor> cursors_;
  std::map<std::int32_t, std::vector<std::uint32_t>> calendar_;
  std::map<std::int32_t, std::vector<std::uint32_t>>::iterator hint_;
  std::int32_t today_ = 0;
  std::vector<std::uint32_t> due_;  // today's series, in their order
  std::size_t due_position_ = 0;
  Bar bar_;
  std::uint32_t series_ = 0;
};

}  // namespace tickerlake::pipeline
