#include "pipeline/market/event_merge.h"

#include <algorithm>

namespace tickerlake::pipeline {

EventMerge::EventMerge(const Dataset& dataset)
    : dataset_(dataset), cursors_(dataset.series.size()), hint_(calendar_.end()) {
  for (std::uint32_t i = 0; i < cursors_.size(); ++i) {
    const Series& series = dataset.series[i];
    if (!series.in_memory) cursors_[i].reader = CsvReader(dataset.files[series.file].text(), series.layout);
    if (advance(i)) place(i);
  }
}

bool EventMerge::advance(std::uint32_t index) {
  Cursor& cursor = cursors_[index];
  const Series& series = dataset_.series[index];
  if (series.in_memory) {
    if (cursor.position == series.bars.size()) return false;
    cursor.bar = series.bars[cursor.position++];
    return true;
  }
  for (auto next = cursor.reader.next(); next != CsvReader::Next::end; next = cursor.reader.next()) {
    if (next != CsvReader::Next::row || !dataset_.filter.takes_day(cursor.reader.bar().day)) continue;
    cursor.bar = cursor.reader.bar();
    return true;
  }
  return false;
}

void EventMerge::place(std::uint32_t index) {
  const std::int32_t day = cursors_[index].bar.day;
  if (hint_ == calendar_.end() || hint_->first != day) hint_ = calendar_.try_emplace(day).first;
  hint_->second.push_back(index);
}

bool EventMerge::next() {
  if (due_position_ == due_.size()) {
    if (calendar_.empty()) return false;
    const auto first = calendar_.begin();
    if (hint_ == first) hint_ = calendar_.end();
    today_ = first->first;
    due_ = std::move(first->second);
    calendar_.erase(first);
    due_position_ = 0;
    if (!std::is_sorted(due_.begin(), due_.end())) std::sort(due_.begin(), due_.end());
  }
  series_ = due_[due_position_];
  bar_ = cursors_[series_].bar;
  if (!advance(series_)) {
    ++due_position_;
  } else if (cursors_[series_].bar.day != today_) {  // the same day once more stays where it is
    place(series_);
    ++due_position_;
  }
  return true;
}

}  // namespace tickerlake::pipeline
