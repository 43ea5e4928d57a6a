// On which side of a line a point lies, without a rounding error.
#pragma once

#include "copse/filter.hpp"

namespace copse::filter {

/// Sign of (b - a) x (c - a) in real arithmetic: +1 if c lies to the left of the way from a to b, -1 to the right, 0 on
/// the line. Holds for all finite doubles. Cost: a few operations for nearly all points; some hundred for points within
/// rounding errors of the line.
[[nodiscard]] int orientation(Polygon::Position a, Polygon::Position b, Polygon::Position c);

/// The same by summing all products exactly: the slowest way, which is right whatever the numbers.
[[nodiscard]] int summed_orientation(Polygon::Position a, Polygon::Position b, Polygon::Position c);

}  // namespace copse::filter
