// A grid of coordinates on which points of files with different scales and offsets can be compared.
#pragma once

#include <cstdint>
#include <span>

namespace copse::compare {

/// How a file stores one axis: coordinate = raw * scale + offset.
struct Scaling {
    double scale = 1;
    double offset = 0;
    friend bool operator==(const Scaling&, const Scaling&) = default;
};

/// How raw integers become numbers of a grid's steps: raw * factor + shift, rounded to the nearest integer. The rule is
/// the converter's, so that what it rounded is rounded alike here.
class AxisMap {
public:
    AxisMap(const Scaling& from, const Scaling& grid);
    /// Steps from the grid's origin. What would pass 2^60 steps is the coordinate's bit pattern instead: still another
    /// number for another coordinate.
    [[nodiscard]] std::int64_t map(std::int32_t raw) const;
    [[nodiscard]] bool identity() const { return whole_ && factor_ == 1 && shift_ == 0; }
    [[nodiscard]] bool whole() const { return whole_; }

private:
    Scaling from_;
    double factor_ = 1, shift_ = 0;
    bool whole_ = true;  ///< both are whole numbers and small enough for 64-bit arithmetic
};

struct Grid {
    Scaling scaling;
    bool exact = true;  ///< no coordinate is moved
};

/// The grid for one axis of all files of two clouds. If all have one scaling, it is that. If a step exists of which all
/// scales, and all differences of offsets, are multiples, it is exact. Otherwise coordinates are rounded to the grid
/// of a cloud that has one alone (of both, to the coarser one), else to the coarsest.
/// @param a, b scalings of the files of each cloud
Grid choose_grid(std::span<const Scaling> a, std::span<const Scaling> b);

/// The coordinate of a number of steps.
double coordinate(const Scaling& grid, std::int64_t steps);

}  // namespace copse::compare
