// The sampling grid of a node: which of its cells hold a point.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "copse/copc.hpp"
#include "copse/las.hpp"

namespace copse::check {

/// One axis of the grid. Where the cube's faces lie on raw integers, as a careful writer puts them, cells are found by
/// integer division, so that a point on the border of two cells is in the one that such a writer chose. Elsewhere they
/// are found in double precision.
class GridAxis {
public:
    GridAxis() = default;
    GridAxis(double corner, double edge, double scale, double offset, std::uint64_t cells);

    /// Cell of the whole cube, counted from its corner; of a point outside, the nearest.
    [[nodiscard]] std::uint64_t cell(std::int32_t raw) const;
    /// Raw steps along the cube.
    [[nodiscard]] double steps() const { return steps_; }

private:
    [[nodiscard]] std::uint64_t divided(std::uint64_t distance) const;

    double corner_ = 0;
    double scale_ = 1;
    double offset_ = 0;
    double cell_edge_ = 1;
    double steps_ = 1;
    std::uint64_t cells_ = 1;
    bool exact_ = false;
    std::int64_t raw_corner_ = 0;
    std::uint64_t raw_edge_ = 1;
};

class GridCells {
public:
    /// Cells along a node's edge that the spacing stands for; 0 if that is no number of cells to count with.
    static std::uint32_t grid_of(const copc::Info& info);

    /// @pre grid = grid_of(info) > 0; key.valid()
    GridCells(const copc::Info& info, const copc::VoxelKey& key, const las::Header& header, std::uint32_t grid);

    /// A cell is larger than a raw step. Where it is not, points that share one have nowhere else to go.
    [[nodiscard]] bool meaningful() const { return !taken_.empty(); }

    /// Marks the cell of a point; false if it holds one already. @pre meaningful()
    bool take(std::int32_t x, std::int32_t y, std::int32_t z);

private:
    std::array<GridAxis, 3> axes_;
    std::array<std::uint64_t, 3> first_{};  // cell of the node's corner
    std::uint32_t grid_;
    std::vector<std::uint64_t> taken_;  // a bit a cell
};

}  // namespace copse::check
