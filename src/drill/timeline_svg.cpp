#include "drill/timeline_svg.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "drill/svg_canvas.h"

namespace tickerlake::drill {
namespace {

// Pixels.
constexpr double width = 1120, left = 128, right = width - 24;
constexpr double marker_radius = 8, marker_row = 19;
constexpr double rates_height = 150, in_sync_height = 54, lane_gap = 7;
constexpr double band_height = 15, stripe_height = 4, stripe_gap = 1.5;
constexpr double letter_width = 6.2;  // of the small letters, on average
constexpr double list_line = 18, axis_height = 34;
constexpr std::size_t longest_text = 165;  // characters of an event in the list
constexpr int colours = 9;                 // of brokers; a tenth one begins again

// Every colour has 4.5:1 or more against white letters; lines and marks show on both backgrounds.
constexpr std::string_view style = R"(
text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:#1c2128}
.page{fill:#ffffff}.title{font-size:17px;font-weight:600}.dim{fill:#57606a}.small{font-size:11px}
.on{fill:#ffffff;font-size:11px}.head{font-weight:600}
.axis{stroke:#8c959f;stroke-width:1}.grid{stroke:#d8dee4;stroke-width:1}.mark{stroke:#6e7781;stroke-width:1;stroke-dasharray:2 3}
.lake{fill:#9aa7b5;opacity:.55}.replay{fill:none;stroke:#0b62c4;stroke-width:1.8}.least{fill:none;stroke:#8250df;stroke-width:2}
.limit{stroke:#c93c37;stroke-width:1;stroke-dasharray:5 3}.none{fill:#c93c37}.out{fill:#d8dee4}.gone{fill:none;stroke:#c93c37;stroke-dasharray:3 2}
.zookeeper{fill:#5d6b7a}
.b0{fill:#2463b0}.b1{fill:#a3560c}.b2{fill:#22773f}.b3{fill:#8b3f94}.b4{fill:#0e7281}.b5{fill:#8d4848}.b6{fill:#5c6b12}.b7{fill:#5a51b5}.b8{fill:#6b5a45}
.e-note{fill:#57606a}.e-loss{fill:#b3261e}.e-election{fill:#7a4fd0}.e-in_sync{fill:#0e7281}.e-back{fill:#22773f}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}.page{fill:#12161c}.dim{fill:#9aa4af}.on{fill:#ffffff}.axis{stroke:#6e7681}.grid{stroke:#2a313a}.mark{stroke:#7d8590}
.lake{fill:#7d8894;opacity:.5}.replay{stroke:#58a6ff}.least{stroke:#b794ff}.limit{stroke:#ff7b72}.out{fill:#2d343d}.gone{stroke:#ff7b72}}
)";

std::string broker_class(std::int32_t broker) {
  return "b" + std::to_string(((broker - 1) % colours + colours) % colours);
}

/// 12345.6 -> "12,346".
std::string grouped(double number) {
  std::string digits = fmt::format("{:.0f}", number);
  for (auto at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

std::string seconds(Ms at) { return fmt::format("{:.2f} s", static_cast<double>(at) / 1000); }

std::string shortened(std::string text) {
  if (text.size() <= longest_text) return text;
  std::size_t end = longest_text;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

class Picture {
 public:
  explicit Picture(const Timeline& timeline) : timeline_(timeline), end_(std::max<Ms>(timeline.end, 1'000)) {}

  std::string draw() {
    canvas_.text(left, 28, timeline_.title, "title");
    canvas_.text(left, 47, timeline_.subtitle, "dim");
    const double markers = legend(68) + 14;
    const auto rows = place_markers();
    const int marker_rows = rows.empty() ? 0 : *std::ranges::max_element(rows) + 1;
    y_ = markers + marker_rows * marker_row + 22;
    draw_rates();
    draw_in_sync();
    draw_processes();
    draw_controllers();
    draw_partitions();
    time_axis();
    const double bottom = y_;
    draw_markers(markers, rows);
    draw_list();

    SvgCanvas page;
    page.rectangle(0, 0, width, y_ + 14, "page");
    // The lines of the events lie under everything else.
    for (std::size_t i = 0; i < timeline_.events.size(); ++i)
      page.line(x(timeline_.events[i].at), markers + rows[i] * marker_row + 2 * marker_radius,
                x(timeline_.events[i].at), bottom - axis_height, "mark");
    page.append(canvas_);
    return page.finish(width, y_ + 14, timeline_.title, timeline_.subtitle, style);
  }

 private:
  double x(Ms at) const {
    return left + (right - left) * static_cast<double>(std::clamp<Ms>(at, 0, end_)) / static_cast<double>(end_);
  }

  /// Returns where it ends.
  double legend(double y) {
    constexpr double swatch_width = 16, gap = 18, line_height = 18;
    double at = left;
    const auto entry = [&](const std::string& text, bool filled, const std::string& classes) {
      const double needed = swatch_width + 6 + letter_width * static_cast<double>(text.size());
      if (at + needed > right) at = left, y += line_height;
      if (filled)
        canvas_.rectangle(at, y - 5, swatch_width, 10, classes);
      else
        canvas_.line(at, y, at + swatch_width, y, classes);
      canvas_.text(at + swatch_width + 6, y + 4, text, "small");
      at += needed + gap;
    };
    for (const auto& process : timeline_.processes)
      if (process.broker != nobody)
        entry("broker " + std::to_string(process.broker), true, broker_class(process.broker));
    entry("no leader, no controller", true, "none");
    entry("not in sync", true, "out");
    entry("not running", true, "gone");
    entry("replay: rows acknowledged", false, "replay");
    entry("sink: rows in the lake", true, "lake");
    entry("smallest ISR", false, "least");
    return y;
  }

  std::vector<int> place_markers() const {
    std::vector<double> positions;
    for (const auto& event : timeline_.events) positions.push_back(x(event.at));
    return rows_of_markers(positions, 2 * marker_radius + 2);
  }

  void draw_markers(double top, const std::vector<int>& rows) {
    for (std::size_t i = 0; i < timeline_.events.size(); ++i)
      numbered(x(timeline_.events[i].at), top + rows[i] * marker_row + marker_radius, i);
  }

  void numbered(double at, double y, std::size_t index) {
    canvas_.circle(at, y, marker_radius, std::string("e-") + name(timeline_.events[index].kind));
    canvas_.text(at, y + 4, std::to_string(index + 1), "on", Anchor::middle);
  }

  void label(double y, const std::string& text, std::string_view classes = "") {
    canvas_.text(left - 10, y, text, classes, Anchor::end);
  }

  void draw_rates() {
    const auto all = rates(timeline_, std::max<Ms>(2'000, end_ / 150));
    // The scale is that of the story; what is sent in a hurry behind it goes over the top.
    double most = 1, over = 0;
    for (const Rate& rate : all) {
      double& its = timeline_.paced_until == 0 || rate.to <= timeline_.paced_until ? most : over;
      its = std::max({its, rate.replayed, rate.in_lake});
    }
    const auto marks = ticks(most * 1.05, 4);
    const double base = y_ + rates_height;
    const auto height = [&](double value) { return base - rates_height * std::min(value / marks.back(), 1.0); };
    if (over > marks.back())
      canvas_.text(right, y_ - 4, fmt::format("the rest at full speed: up to {} rows/s", grouped(over)), "dim small",
                   Anchor::end);
    canvas_.text(left - 10, y_ - 12, "rows/s", "dim small", Anchor::end);
    for (const double mark : marks) {
      canvas_.line(left, height(mark), right, height(mark), mark == 0 ? "axis" : "grid");
      label(height(mark) + 4, grouped(mark), "dim small");
    }
    std::vector<std::pair<double, double>> line;
    for (const Rate& rate : all) {
      if (rate.in_lake > 0)
        canvas_.rectangle(x(rate.from), height(rate.in_lake), x(rate.to) - x(rate.from), base - height(rate.in_lake),
                          "lake");
      line.emplace_back(x((rate.from + rate.to) / 2), height(rate.replayed));
    }
    canvas_.path(line, "replay");
    y_ = base + 24;
  }

  void draw_in_sync() {
    const auto least = least_in_sync(timeline_);
    int most = 1;
    for (const auto& partition : timeline_.partitions)
      most = std::max(most, static_cast<int>(partition.replicas.size()));
    const double base = y_ + in_sync_height;
    const auto height = [&](int value) { return base - in_sync_height * value / most; };
    for (int value = 0; value <= most; ++value) {
      canvas_.line(left, height(value), right, height(value), value == 0 ? "axis" : "grid");
      label(height(value) + 4, (value == most ? "in sync  " : "") + std::to_string(value), "dim small");
    }
    if (timeline_.min_in_sync > 0) {
      canvas_.line(left, height(timeline_.min_in_sync), right, height(timeline_.min_in_sync), "limit");
      canvas_.text(left + 4, height(timeline_.min_in_sync) + 13, "min.insync.replicas", "dim small");
    }
    std::vector<std::pair<double, double>> line;
    for (std::size_t i = 0; i < least.size(); ++i) {
      line.emplace_back(x(least[i].at), height(least[i].value));
      line.emplace_back(x(i + 1 < least.size() ? least[i + 1].at : end_), height(least[i].value));
    }
    canvas_.path(line, "least");
    y_ = base + 22;
  }

  /// One band a change, up to the next one; written: with its text where there is room.
  template <class Value, class Look>
  void bands(const std::vector<Change<Value>>& changes, double y, double height, bool written, Look look) {
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const double from = x(changes[i].at), to = x(i + 1 < changes.size() ? changes[i + 1].at : end_);
      const auto [classes, text] = look(changes[i].value);
      if (classes.empty()) continue;
      canvas_.rectangle(from, y, std::max(to - from, 1.0), height, classes, text + ", from " + seconds(changes[i].at));
      const double room = to - from - 8;
      if (written && room > letter_width * static_cast<double>(text.size()))
        canvas_.text((from + to) / 2, y + height - 4, text, "on", Anchor::middle);
    }
  }

  struct Look {
    std::string classes, text;
  };
  static Look look_of_broker(std::int32_t broker) {
    if (broker == nobody) return {"none", "none"};
    return {broker_class(broker), "broker " + std::to_string(broker)};
  }

  void heading(const std::string& text) { canvas_.text(left - 10, y_ + 11, text, "head small", Anchor::end); }

  void draw_processes() {
    heading("processes");
    y_ += 17;
    for (const auto& process : timeline_.processes) {
      label(y_ + band_height - 4, process.name);
      bands(process.running, y_, band_height, false, [&](bool running) -> Look {
        if (!running) return {"gone", process.name + " is not running"};
        return {process.broker == nobody ? "zookeeper" : broker_class(process.broker), process.name};
      });
      y_ += band_height + 4;
    }
    y_ += lane_gap;
  }

  void draw_controllers() {
    label(y_ + band_height - 4, "controller", "head small");
    bands(timeline_.controllers, y_, band_height, true, look_of_broker);
    y_ += band_height + lane_gap + 6;
  }

  void draw_partitions() {
    heading("leaders, replicas");
    y_ += 17;
    for (const auto& partition : timeline_.partitions) {
      label(y_ + band_height - 4, "partition " + std::to_string(partition.id));
      bands(partition.leaders, y_, band_height, true, look_of_broker);
      y_ += band_height + 2;
      for (const std::int32_t replica : partition.replicas) {
        bands(partition.in_sync, y_, stripe_height, false, [&](const std::vector<std::int32_t>& in_sync) -> Look {
          const bool is_in = std::ranges::binary_search(in_sync, replica);
          return {is_in ? broker_class(replica) : "out",
                  "broker " + std::to_string(replica) + (is_in ? " in sync" : " not in sync")};
        });
        y_ += stripe_height + stripe_gap;
      }
      y_ += lane_gap;
    }
  }

  void time_axis() {
    canvas_.line(left, y_, right, y_, "axis");
    const double whole = static_cast<double>(end_) / 1000;
    for (const double mark : ticks(whole, 12)) {
      if (mark > whole) break;
      const double at = x(static_cast<Ms>(mark * 1000));
      canvas_.line(at, y_, at, y_ + 4, "axis");
      canvas_.text(at, y_ + 17, fmt::format("{:.0f}{}", mark, mark == 0 ? " s" : ""), "dim small", Anchor::middle);
    }
    canvas_.text(right, y_ + 31, "seconds since the drill began", "dim small", Anchor::end);
    y_ += axis_height;
  }

  void draw_list() {
    y_ += 18;
    for (std::size_t i = 0; i < timeline_.events.size(); ++i) {
      numbered(left - 80, y_, i);
      canvas_.text(left - 10, y_ + 4, seconds(timeline_.events[i].at), "dim", Anchor::end);
      canvas_.text(left, y_ + 4, shortened(timeline_.events[i].text), "");
      y_ += list_line;
    }
  }

  const Timeline& timeline_;
  const Ms end_;
  SvgCanvas canvas_;
  double y_ = 0;  // where the next thing is drawn
};

}  // namespace

std::vector<double> ticks(double most, int wanted) {
  const double rough = std::max(most, 1e-9) / std::max(wanted, 1);
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5.0, 2.0, 1.0})
    if (factor * power >= rough * 0.999) step = factor * power;
  std::vector<double> all{0};
  do all.push_back(step * static_cast<double>(all.size()));
  while (all.back() < most);
  return all;
}

std::vector<int> rows_of_markers(const std::vector<double>& positions, double marker_width) {
  std::vector<int> rows;
  std::vector<double> taken;  // by row: where its last marker stands
  for (const double position : positions) {
    std::size_t row = 0;
    while (row < taken.size() && position - taken[row] < marker_width) ++row;
    if (row == taken.size()) taken.push_back(position);
    taken[row] = position;
    rows.push_back(static_cast<int>(row));
  }
  return rows;
}

std::string to_svg(const Timeline& timeline) { return Picture(timeline).draw(); }

}  // namespace tickerlake::drill
