// The octree cut into bins: where points go while they are read.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "build/cube.hpp"
#include "build/selection.hpp"
#include "copse/copc.hpp"

namespace copse::build {

/// Cells are counted, and bins are cut, down to this level at most: 2^21 counters.
inline constexpr unsigned kMostCountingLevels = 7;

/// The deepest level of which every node consists of whole grid cells of all nodes above it, and above which no node is
/// a chain; at most `kMostCountingLevels`.
[[nodiscard]] unsigned counting_level(const Cube& cube, const TreeShape& shape);

/// A level whose cells are fine enough to cut so many points into bins of about `wanted`, in surveys of surfaces: more
/// counters than that cost small clouds more than their points. Bins that turn out too large are divided later.
[[nodiscard]] unsigned useful_level(std::uint64_t points, std::uint64_t wanted);

/// Memory that the counters of a level, and what goes with them, take.
[[nodiscard]] std::uint64_t counting_bytes(unsigned level);

/// Cells [first, last) of the counting level, in Morton order: those of one node.
struct CellRange {
    copc::VoxelKey root;
    std::uint32_t first = 0;
    std::uint32_t last = 1;
    std::uint64_t points = 0;
};

/// Cuts the whole cube into nodes of at most `most_points` points, or single cells where these hold more, by counts
/// per cell of `level` in Morton order. Covers every cell. In Morton order.
[[nodiscard]] std::vector<CellRange> cut_cube(std::span<const std::uint64_t> counts, unsigned level,
                                              std::uint64_t most_points);

/// Which cell of a level a raw position is in: exact, without division.
class CellGrid {
public:
    CellGrid(const Cube& cube, unsigned level);
    /// Morton number of the cell. @pre the point is in the cube
    [[nodiscard]] std::uint32_t cell(std::int32_t x, std::int32_t y, std::int32_t z) const {
        return axis(0, x) | axis(1, y) << 1 | axis(2, z) << 2;
    }

private:
    struct Axis {
        double low = 0;      ///< lower corner of the cube
        double per_raw = 0;  ///< cells per quantum
        /// begin[k]: the least raw integer of cell k; one more than there are cells
        std::array<std::int64_t, (1u << kMostCountingLevels) + 1> begin{};
        std::array<std::uint32_t, 1u << kMostCountingLevels> code{};  ///< the cell's number, its bits spread
    };
    [[nodiscard]] std::uint32_t axis(std::size_t a, std::int32_t raw) const {
        const auto& of = axes_[a];
        // A guess that rounding may put one cell off.
        auto cell = static_cast<std::int32_t>((static_cast<double>(raw) - of.low) * of.per_raw);
        cell = cell < 0 ? 0 : cell > last_ ? last_ : cell;
        cell += (raw >= of.begin[static_cast<std::size_t>(cell) + 1] ? 1 : 0) -
                (raw < of.begin[static_cast<std::size_t>(cell)] ? 1 : 0);
        return of.code[static_cast<std::size_t>(cell)];
    }
    std::array<Axis, 3> axes_;
    std::int32_t last_ = 0;
};

}  // namespace copse::build
