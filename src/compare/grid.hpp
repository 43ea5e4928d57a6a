// A grid of coordinates on which points of files with different scales and offsets can be compared.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace copse::compare {

/// How a file stores one axis: coordinate = raw * scale + offset.
struct Scaling {
    double scale = 1;
    double offset = 0;
    friend bool operator==(const Scaling&, const Scaling&) = default;
};

/// On which side of a step a coordinate lies that may be rounded either way.
enum class Tie : std::uint8_t { none, above, below };  ///< the other neighbour is the next step, or the one before

/// How raw integers become numbers of a grid's steps: raw * factor + shift, rounded to the nearest integer. The rule is
/// the converter's, so that what it rounded is rounded alike here.
class AxisMap {
public:
    AxisMap(const Scaling& from, const Scaling& grid);

    /// Steps from the grid's origin. What would pass 2^60 steps is the coordinate's bit pattern instead: still another
    /// number for another coordinate.
    [[nodiscard]] std::int64_t map(std::int32_t raw) const;
    /// The same of many, as the bits of a word.
    void map(std::span<const std::int32_t> raw, std::uint64_t* out) const;

    /// Whether coordinates may be moved at all, by more than the last bits of a quotient.
    [[nodiscard]] bool moves() const { return !whole_ || moved_ != 0; }
    /// Whether some may lie in the middle between two steps.
    [[nodiscard]] bool may_tie() const { return !whole_ || shift_tie_ != Tie::none; }

    /// How far rounding moves the coordinate, in steps: at most 0.5, and 0 for what stands on the grid.
    [[nodiscard]] double moved(std::int32_t raw) const;
    [[nodiscard]] double most_moved(std::span<const std::int32_t> raw) const;
    /// Middles are taken with a margin for what programs compute in double precision.
    [[nodiscard]] Tie tie(std::int32_t raw) const;

private:
    Scaling from_;
    double factor_ = 1, shift_ = 0;
    bool whole_ = true;  ///< both are whole numbers (the shift: rounded) and small enough for 64-bit arithmetic
    double moved_ = 0;   ///< if whole_: by rounding the shift
    Tie shift_tie_ = Tie::none;
};

struct Grid {
    Scaling scaling;
    bool exact = true;  ///< no coordinate is moved
};

/// The grid for one axis of all files of two clouds. If all have one scaling, it is that. Otherwise a cloud has a grid
/// of its own if there is a step of which all its scales, and all differences of its offsets, are multiples: if both
/// have, the coarser one is taken, and what the other stores more finely is rounded to it; if one has, the other is
/// rounded to that. If neither has, it is one that holds all files, else the coarsest file's.
/// @param a, b scalings of the files of each cloud
Grid choose_grid(std::span<const Scaling> a, std::span<const Scaling> b);

/// The coordinate of a number of steps.
double coordinate(const Scaling& grid, std::int64_t steps);

}  // namespace copse::compare
