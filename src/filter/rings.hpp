// What a ring must be.
#pragma once

#include "copse/filter.hpp"

namespace copse::filter {

inline constexpr const char* kRingTooSmall = "a ring has at least three different positions";

[[nodiscard]] bool has_three_positions(const Polygon::Ring& ring);

}  // namespace copse::filter
