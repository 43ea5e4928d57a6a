// Points of an input brought into the output's form: format, extra bytes, coordinates.
#pragma once

#include <optional>
#include <span>

#include "build/coordinates.hpp"
#include "build/extra_bytes.hpp"
#include "build/input_facts.hpp"
#include "copse/las.hpp"

namespace copse::build {

/// Box of raw integers of an input in those of the output; empty if it does not fit into 32 bits.
[[nodiscard]] std::optional<RawBox> mapped_box(const std::array<AxisMap, 3>& maps, const RawBox& box);

/// Rewrites X, Y and Z. Returns how many values were rounded. @pre their box can be mapped
std::uint64_t map_coordinates(const std::array<AxisMap, 3>& maps, las::Points& points);

}  // namespace copse::build
