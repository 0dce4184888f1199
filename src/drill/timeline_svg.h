#pragma once
// A timeline as a picture: rates, who runs, who controls, who leads, who is in sync, and the events over all of it.
#include <string>

#include "drill/timeline.h"

namespace tickerlake::drill {

/// An SVG document of its own: no scripts, no outside references; it follows the reader's light or dark colours.
std::string to_svg(const Timeline& timeline);

/// Ticks from 0 to at least `most`, about `wanted` of them, 1, 2 or 5 times a power of ten apart.
std::vector<double> ticks(double most, int wanted);

/// In which row each marker stands, so that none covers another; positions rise. Needs as few rows as there are
/// markers closer than `width` to each other.
std::vector<int> rows_of_markers(const std::vector<double>& positions, double width);

}  // namespace tickerlake::drill
