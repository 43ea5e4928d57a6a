#include "build/conform.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace copse::build {
namespace {

bool in_range(std::int64_t value) {
    return value >= std::numeric_limits<std::int32_t>::min() && value <= std::numeric_limits<std::int32_t>::max();
}

std::uint64_t apply(const AxisMap& map, las::Column<std::int32_t>& column) {
    if (map.identity()) return 0;
    std::uint64_t moved = 0;
    for (auto& value : column) {
        const auto mapped = map.map(value);
        if (!map.whole && std::abs(value * map.factor + map.shift - static_cast<double>(mapped)) > 1e-5) ++moved;
        value = static_cast<std::int32_t>(mapped);
    }
    return map.whole && map.rounds ? column.size() : moved;
}

}  // namespace

std::optional<RawBox> mapped_box(const std::array<AxisMap, 3>& maps, const RawBox& box) {
    RawBox mapped = box;
    for (std::size_t a = 0; a < 3; ++a) {
        if (maps[a].identity()) continue;
        const auto one = maps[a].map(static_cast<std::int32_t>(box.min[a]));
        const auto other = maps[a].map(static_cast<std::int32_t>(box.max[a]));
        if (!in_range(one) || !in_range(other)) return std::nullopt;
        mapped.min[a] = std::min(one, other);  // a negative scale turns the axis round
        mapped.max[a] = std::max(one, other);
    }
    return mapped;
}

std::uint64_t map_coordinates(const std::array<AxisMap, 3>& maps, las::Points& points) {
    return apply(maps[0], points.x) + apply(maps[1], points.y) + apply(maps[2], points.z);
}

}  // namespace copse::build
