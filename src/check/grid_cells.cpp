#include "check/grid_cells.hpp"

#include <algorithm>
#include <cmath>

namespace copse::check {

namespace {

constexpr double kMaxGrid = 512;       // 16 MB of bits for a node
constexpr double kMaxCells = 0x1p32;   // along the cube; below that, cells are out of a writer's reach
constexpr double kMostSteps = 0x1p45;  // products of steps and cells have few enough bits for `divided`
constexpr double kWhole = 1.0 / 1024;  // how near a whole number of steps is one

bool is_whole(double steps) { return std::abs(steps - std::round(steps)) < kWhole; }

}  // namespace

GridAxis::GridAxis(double corner, double edge, double scale, double offset, std::uint64_t cells)
    : corner_{corner},
      scale_{scale},
      offset_{offset},
      cell_edge_{edge / static_cast<double>(cells)},
      steps_{std::abs(edge / scale)},
      cells_{cells} {
    const auto raw_corner = (corner - offset) / scale;
    exact_ = scale > 0 && steps_ >= 1 && steps_ < kMostSteps && std::abs(raw_corner) < kMostSteps && is_whole(steps_) &&
             is_whole(raw_corner);
    if (!exact_) return;
    raw_corner_ = std::llround(raw_corner);
    raw_edge_ = static_cast<std::uint64_t>(std::llround(steps_));
}

std::uint64_t GridAxis::divided(std::uint64_t distance) const {
    auto quotient = static_cast<std::uint64_t>(static_cast<double>(distance) * static_cast<double>(cells_) /
                                               static_cast<double>(raw_edge_));
    // The estimate is off by one at most; modulo 2^64 the remainder of such a quotient is right whatever the products
    // are.
    const auto remainder = static_cast<std::int64_t>(distance * cells_ - quotient * raw_edge_);
    if (remainder < 0)
        --quotient;
    else if (static_cast<std::uint64_t>(remainder) >= raw_edge_)
        ++quotient;
    return quotient;
}

std::uint64_t GridAxis::cell(std::int32_t raw) const {
    if (exact_) {
        const auto distance = raw - raw_corner_;
        if (distance < 0) return 0;
        const auto steps = static_cast<std::uint64_t>(distance);
        return steps >= raw_edge_ ? cells_ - 1 : divided(steps);
    }
    const auto cell = std::floor((raw * scale_ + offset_ - corner_) / cell_edge_);
    if (!(cell > 0)) return 0;
    return cell < static_cast<double>(cells_) ? static_cast<std::uint64_t>(cell) : cells_ - 1;
}

std::uint32_t GridCells::grid_of(const copc::Info& info) {
    const auto cells = std::round(2 * info.half_size / info.root_spacing);
    return cells >= 1 && cells <= kMaxGrid ? static_cast<std::uint32_t>(cells) : 0;
}

GridCells::GridCells(const copc::Info& info, const copc::VoxelKey& key, const las::Header& header, std::uint32_t grid)
    : grid_{grid} {
    const auto cells = std::uint64_t{grid} << key.level;
    const std::array index{key.x, key.y, key.z};
    auto most_steps = 0.0;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        axes_[axis] = GridAxis{info.center[axis] - info.half_size, 2 * info.half_size, header.scale[axis],
                               header.offset[axis], cells};
        first_[axis] = static_cast<std::uint64_t>(index[axis]) * grid;
        most_steps = std::max(most_steps, axes_[axis].steps());
    }
    const auto along = static_cast<double>(cells);
    if (along <= kMaxCells && most_steps > along) taken_.resize((std::size_t{grid} * grid * grid + 63) / 64);
}

bool GridCells::take(std::int32_t x, std::int32_t y, std::int32_t z) {
    const std::array raw{x, y, z};
    std::size_t number = 0;
    for (std::size_t axis = 3; axis-- > 0;) {
        const auto cell = std::clamp(axes_[axis].cell(raw[axis]), first_[axis], first_[axis] + grid_ - 1);
        number = number * grid_ + static_cast<std::size_t>(cell - first_[axis]);
    }
    auto& word = taken_[number / 64];
    const auto bit = std::uint64_t{1} << (number % 64);
    const auto free = (word & bit) == 0;
    word |= bit;
    return free;
}

}  // namespace copse::check
