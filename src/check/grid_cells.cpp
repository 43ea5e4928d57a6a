#include "check/grid_cells.hpp"

#include <algorithm>
#include <cmath>

namespace copse::check {

namespace {
constexpr double kMaxGrid = 512;  // 16 MB of bits for a node
}

std::uint32_t GridCells::grid_of(const copc::Info& info) {
    const auto cells = std::round(2 * info.half_size / info.root_spacing);
    return cells >= 1 && cells <= kMaxGrid ? static_cast<std::uint32_t>(cells) : 0;
}

GridCells::GridCells(const copc::Info& info, const copc::VoxelKey& key, const las::Header& /*header*/,
                     std::uint32_t grid)
    : cell_{std::ldexp(2 * info.half_size / grid, -key.level)}, grid_{grid} {
    const std::array index{key.x, key.y, key.z};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        origin_[axis] = info.center[axis] - info.half_size;
        first_[axis] = std::int64_t{index[axis]} * grid;
    }
    const auto cells = std::uint64_t{grid} * grid * grid;
    taken_.resize(static_cast<std::size_t>((cells + 63) / 64));
}

std::uint64_t GridCells::cell_along(std::size_t axis, double value) const {
    const auto cell = std::floor((value - origin_[axis]) / cell_) - static_cast<double>(first_[axis]);
    // A point on the far face belongs to the last cell, one outside the node to the nearest.
    if (!(cell > 0)) return 0;
    return cell < grid_ ? static_cast<std::uint64_t>(cell) : grid_ - 1;
}

bool GridCells::take(const las::Vec3& at) {
    const auto cell = (cell_along(2, at[2]) * grid_ + cell_along(1, at[1])) * grid_ + cell_along(0, at[0]);
    auto& word = taken_[static_cast<std::size_t>(cell / 64)];
    const auto bit = std::uint64_t{1} << (cell % 64);
    const auto free = (word & bit) == 0;
    word |= bit;
    return free;
}

}  // namespace copse::check
