#include "build/cube.hpp"

#include <algorithm>
#include <cmath>

namespace copse::build {

bool RawBox::contains(const RawBox& other) const {
    for (std::size_t a = 0; a < 3; ++a)
        if (other.min[a] < min[a] || other.max[a] > max[a]) return false;
    return true;
}

void RawBox::include(const RawBox& other) {
    for (std::size_t a = 0; a < 3; ++a) {
        min[a] = std::min(min[a], other.min[a]);
        max[a] = std::max(max[a], other.max[a]);
    }
}

std::uint64_t Cube::largest_size_raw() const { return std::max({size_raw[0], size_raw[1], size_raw[2]}); }

std::optional<Cube> plan_cube(const RawBox& box, const las::Vec3& scale, const las::Vec3& offset) {
    constexpr double kMostQuanta = 0x1p44;
    const double largest = std::max({scale[0], scale[1], scale[2]});

    double half_quanta = 64;  // in units of the largest scale, a whole number
    for (std::size_t a = 0; a < 3; ++a) {
        const double extent = static_cast<double>(box.max[a]) - static_cast<double>(box.min[a]);
        half_quanta = std::max(half_quanta, std::ceil(extent * (scale[a] / largest) / 2 + 1));
    }
    if (!(half_quanta <= kMostQuanta)) return std::nullopt;

    Cube cube;
    cube.half_size = half_quanta * largest;
    for (std::size_t a = 0; a < 3; ++a) {
        const double size = std::round(2 * half_quanta * (largest / scale[a]));
        if (!(size <= kMostQuanta)) return std::nullopt;
        cube.size_raw[a] = static_cast<std::uint64_t>(size);
        const auto spare = static_cast<std::int64_t>(cube.size_raw[a]) - (box.max[a] - box.min[a]);
        cube.min_raw[a] = box.min[a] - spare / 2;
        cube.center[a] = static_cast<double>(cube.min_raw[a]) * scale[a] + offset[a] + cube.half_size;
    }
    return cube;
}

Locator::Locator(const Cube& cube) : min_{cube.min_raw}, size_{cube.size_raw}, reciprocal_{} {
    for (std::size_t a = 0; a < 3; ++a) reciprocal_[a] = 0x1p32 / static_cast<double>(size_[a]);
}

copc::VoxelKey key_at(const Position& position, int level) {
    const auto cell = [level](std::uint32_t value) {
        return level == 0 ? 0 : static_cast<std::int32_t>(value >> (kPositionBits - static_cast<unsigned>(level)));
    };
    return {level, cell(position.x), cell(position.y), cell(position.z)};
}

}  // namespace copse::build
