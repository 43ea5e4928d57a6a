#include <cmath>

#include "copse/copc.hpp"

namespace copse::copc {

bool Box::contains(double x, double y, double z) const {
    return min[0] <= x && x <= max[0] && min[1] <= y && y <= max[1] && min[2] <= z && z <= max[2];
}

bool Box::overlaps(const Box& other) const {
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (!(min[axis] <= other.max[axis] && other.min[axis] <= max[axis])) return false;
    return true;
}

bool Box::empty() const {
    for (std::size_t axis = 0; axis < 3; ++axis)
        if (!(min[axis] <= max[axis])) return true;
    return false;
}

Box node_box(const Info& info, const VoxelKey& key, const Vec3& scale) {
    // Writers find a point's node before or after they quantise it, by rounding or by truncation, from the centre or
    // from a corner, with up to 30 halvings: one scale step and a few units in the last place cover all of these.
    constexpr double kRoundingUnits = 16 * std::numeric_limits<double>::epsilon();
    const double edge = std::ldexp(info.half_size, 1 - key.level);
    const std::array<std::int32_t, 3> cell{key.x, key.y, key.z};
    Box box;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double corner = info.center[axis] - info.half_size;
        const double slack = std::abs(scale[axis]) + kRoundingUnits * (std::abs(info.center[axis]) + info.half_size);
        box.min[axis] = corner + edge * cell[axis] - slack;
        box.max[axis] = corner + edge * (static_cast<double>(cell[axis]) + 1) + slack;
    }
    return box;
}

}  // namespace copse::copc
