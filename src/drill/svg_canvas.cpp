#include "drill/svg_canvas.h"

#include <fmt/core.h>

#include <cmath>
#include <iterator>

namespace tickerlake::drill {
namespace {

/// A coordinate with at most one digit behind the point: "12", "12.5".
std::string number(double value) {
  const double rounded = std::round(value * 10) / 10;
  if (rounded == std::floor(rounded)) return fmt::format("{:.0f}", rounded);
  return fmt::format("{:.1f}", rounded);
}

/// How many bytes the UTF-8 sequence at the front takes; 0: none is there.
std::size_t sequence(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const std::size_t length = byte(0) < 0x80 ? 1 : byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : byte(0) >= 0xC2 ? 2 : 0;
  if (length == 0 || byte(0) > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  return length;
}

}  // namespace

std::string xml_escape(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence(text);
    const char first = text[0];
    if (length == 0 || (length == 1 && static_cast<unsigned char>(first) < 0x20 && first != '\t'))
      out += '?';
    else if (first == '&')
      out += "&amp;";
    else if (first == '<')
      out += "&lt;";
    else if (first == '>')
      out += "&gt;";
    else if (first == '"')
      out += "&quot;";
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return out;
}

void SvgCanvas::rectangle(double x, double y, double width, double height, std::string_view classes,
                          std::string_view tooltip) {
  fmt::format_to(std::back_inserter(body_), R"(<rect x="{}" y="{}" width="{}" height="{}" class="{}")", number(x),
                 number(y), number(std::max(width, 0.0)), number(std::max(height, 0.0)), classes);
  body_ += tooltip.empty() ? "/>\n" : fmt::format("><title>{}</title></rect>\n", xml_escape(tooltip));
}

void SvgCanvas::line(double x1, double y1, double x2, double y2, std::string_view classes) {
  fmt::format_to(std::back_inserter(body_), "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\"/>\n",
                 number(x1), number(y1), number(x2), number(y2), classes);
}

void SvgCanvas::path(const std::vector<std::pair<double, double>>& points, std::string_view classes) {
  if (points.empty()) return;
  std::string moves;
  for (const auto& [x, y] : points) moves += (moves.empty() ? "M" : " L") + number(x) + "," + number(y);
  fmt::format_to(std::back_inserter(body_), "<path d=\"{}\" class=\"{}\"/>\n", moves, classes);
}

void SvgCanvas::circle(double x, double y, double radius, std::string_view classes) {
  fmt::format_to(std::back_inserter(body_), "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" class=\"{}\"/>\n", number(x),
                 number(y), number(radius), classes);
}

void SvgCanvas::text(double x, double y, std::string_view content, std::string_view classes, Anchor anchor) {
  const char* const where = anchor == Anchor::start ? "start" : anchor == Anchor::middle ? "middle" : "end";
  fmt::format_to(std::back_inserter(body_), "<text x=\"{}\" y=\"{}\" text-anchor=\"{}\" class=\"{}\">{}</text>\n",
                 number(x), number(y), where, classes, xml_escape(content));
}

std::string SvgCanvas::finish(double width, double height, std::string_view title, std::string_view description,
                              std::string_view style) const {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "aria-labelledby=\"title description\">\n<title id=\"title\">{2}</title>\n<desc id=\"description\">{3}</desc>\n"
      "<style>{4}</style>\n{5}</svg>\n",
      number(width), number(height), xml_escape(title), xml_escape(description), style, body_);
}

}  // namespace tickerlake::drill
