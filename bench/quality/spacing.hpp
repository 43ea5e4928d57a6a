// How evenly points are spread: distances to the nearest neighbour, in three dimensions.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "copse/wire.hpp"

namespace copse::bench {

using Place = std::array<double, 3>;  ///< metres, or what the file counts in

struct Spacing {
    std::uint64_t points = 0;
    double mean = 0;
    double low = 0;        ///< 5 % of the distances are smaller
    double variation = 0;  ///< standard deviation divided by mean
};

/// Of each place's distance to the nearest other one. Fewer than two places have none.
/// @param cell about how far places are from each other: no result depends on it, the time does
Spacing measure_spacing(const std::vector<Place>& places, double cell, wire::Executor& executor);

}  // namespace copse::bench
