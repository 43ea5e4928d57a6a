// What is found out about an input's points by reading them.
#pragma once

#include <cstdint>
#include <limits>

#include "build/cube.hpp"
#include "copse/las.hpp"

namespace copse::build {

struct InputFacts {
    std::uint64_t points = 0;
    RawBox box;  ///< in the input's own raw integers; of no meaning without points
    double time_min = std::numeric_limits<double>::infinity();  ///< of finite times; above time_max if there are none
    double time_max = -std::numeric_limits<double>::infinity();
    std::uint64_t non_finite_times = 0;
    std::uint64_t infinite_times = 0;
    std::uint64_t return_zero = 0;    ///< points with return number 0
    std::uint64_t return_excess = 0;  ///< points whose return number is above their number of returns
    std::uint64_t rounded = 0;        ///< coordinate values that moved

    void include(const InputFacts& other);
};

/// Looks at points as they were read; `rounded` is left at 0. Formats without GPS times have zeros, as the output will.
[[nodiscard]] InputFacts look_at(const las::Points& points);

/// Box of the raw coordinates. @pre there are points, with Z
[[nodiscard]] RawBox box_of(const las::Points& points);

}  // namespace copse::build
