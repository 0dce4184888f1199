#pragma once
// The few shapes that the timeline's picture consists of, as SVG elements. Colours are classes (timeline_svg.cpp).
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickerlake::drill {

enum class Anchor { start, middle, end };

class SvgCanvas {
 public:
  void rectangle(double x, double y, double width, double height, std::string_view classes,
                 std::string_view tooltip = {});
  void line(double x1, double y1, double x2, double y2, std::string_view classes);
  void path(const std::vector<std::pair<double, double>>& points, std::string_view classes);
  void circle(double x, double y, double radius, std::string_view classes);
  void text(double x, double y, std::string_view content, std::string_view classes, Anchor anchor = Anchor::start);

  /// Puts all of another canvas on top.
  void append(const SvgCanvas& other) { body_ += other.body_; }

  /// The whole document.
  std::string finish(double width, double height, std::string_view title, std::string_view description,
                     std::string_view style) const;

 private:
  std::string body_;
};

/// & < > " and control characters as XML has them; what is no UTF-8 becomes '?'.
std::string xml_escape(std::string_view text);

}  // namespace tickerlake::drill
