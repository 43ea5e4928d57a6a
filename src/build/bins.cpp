#include "build/bins.hpp"

#include <algorithm>

#include "build/morton.hpp"

namespace copse::build {

unsigned counting_level(const Cube& cube, const TreeShape& shape) {
    unsigned level = 0;
    while (level < std::min(kMostCountingLevels, shape.grid_bits) && has_grid(cube, shape, level)) ++level;
    return level;
}

unsigned useful_level(std::uint64_t points, std::uint64_t wanted) {
    constexpr std::uint64_t kCellsForOneBin = 64;
    if (points <= wanted) return 0;
    unsigned level = 1;
    // A surface is in 4^level of the cells.
    while (level < kMostCountingLevels && std::uint64_t{1} << 2 * level < points / wanted * kCellsForOneBin) ++level;
    return level;
}

std::uint64_t counting_bytes(unsigned level) {
    // Counts of 8 bytes and bins of 4; while bins are planned, twice 8 bytes more, but no points yet.
    return std::uint64_t{12} << 3 * level;
}

std::vector<CellRange> cut_cube(std::span<const std::uint64_t> counts, unsigned level, std::uint64_t most_points) {
    std::vector<std::uint64_t> before(counts.size() + 1);
    for (std::size_t i = 0; i < counts.size(); ++i) before[i + 1] = before[i] + counts[i];
    std::vector<CellRange> ranges;
    const auto cut = [&](const auto& self, std::uint32_t code, unsigned at_level) -> void {
        const unsigned below = 3 * (level - at_level);
        const std::uint32_t first = code << below;
        const std::uint32_t last = (code + 1) << below;
        const auto points = before[last] - before[first];
        if (points <= most_points || at_level == level) {
            ranges.push_back({key_of_code(code, static_cast<int>(at_level)), first, last, points});
            return;
        }
        for (unsigned octant = 0; octant < 8; ++octant) self(self, code << 3 | octant, at_level + 1);
    };
    cut(cut, 0, 0);
    return ranges;
}

CellGrid::CellGrid(const Cube& cube, unsigned level) : last_{static_cast<std::int32_t>((1u << level) - 1)} {
    const std::uint64_t cells = std::uint64_t{1} << level;
    for (std::size_t a = 0; a < 3; ++a) {
        auto& of = axes_[a];
        const auto size = cube.size_raw[a];
        of.low = static_cast<double>(cube.min_raw[a]);
        of.per_raw = static_cast<double>(cells) / static_cast<double>(size);
        // Cell k holds distances d from the corner with k <= d * cells / size < k + 1.
        for (std::uint64_t k = 0; k <= cells; ++k)
            of.begin[k] = cube.min_raw[a] + static_cast<std::int64_t>((k * size + cells - 1) / cells);
        for (std::uint64_t k = 0; k < cells; ++k) of.code[k] = static_cast<std::uint32_t>(spread_bits(k));
    }
}

}  // namespace copse::build
