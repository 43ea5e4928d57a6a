// The sampling grid of a node: which of its cells hold a point.
#pragma once

#include <cstdint>
#include <vector>

#include "copse/copc.hpp"
#include "copse/las.hpp"

namespace copse::check {

class GridCells {
public:
    /// Cells along a node's edge that the spacing stands for; 0 if that is no number of cells to count with.
    static std::uint32_t grid_of(const copc::Info& info);

    GridCells(const copc::Info& info, const copc::VoxelKey& key, const las::Header& header, std::uint32_t grid);

    /// Marks the cell of a point; false if it holds one already.
    bool take(const las::Vec3& at);

private:
    std::uint64_t cell_along(std::size_t axis, double value) const;

    las::Vec3 origin_{};  // of the root cube
    double cell_ = 1;
    std::array<std::int64_t, 3> first_{};  // cell of the node's corner, counted from the root's corner
    std::uint32_t grid_;
    std::vector<std::uint64_t> taken_;  // a bit a cell
};

}  // namespace copse::check
