#include "build/file_order.hpp"

#include <algorithm>

#include "build/morton.hpp"

namespace copse::build {

Passage passage_of(const copc::VoxelKey& key) {
    constexpr int kUpperLevels = 21, kLowerLevels = copc::kMaxLevel - kUpperLevels;
    const auto code = [](const copc::VoxelKey& cell, std::int32_t mask) {
        const auto axis = [mask](std::int32_t value) { return spread_bits(static_cast<std::uint64_t>(value & mask)); };
        return axis(cell.x) | axis(cell.y) << 1 | axis(cell.z) << 2;
    };
    constexpr std::int32_t kAll = 0x7fffffff;
    const auto upper = key.ancestor(std::min(key.level, kUpperLevels));
    Passage passage;
    passage.first.upper = code(upper, kAll) << 3 * (kUpperLevels - upper.level);
    const auto lower_levels = key.level - upper.level;
    if (lower_levels == 0) {
        passage.last.upper = (code(upper, kAll) + 1) << 3 * (kUpperLevels - upper.level);
        return passage;
    }
    const auto lower = code(key, (1 << lower_levels) - 1);
    const auto below = 3 * (kLowerLevels - lower_levels);
    passage.first.lower = static_cast<std::uint32_t>(lower << below);
    const auto end = (lower + 1) << below;
    const bool carries = end >> 3 * kLowerLevels != 0;
    passage.last.upper = passage.first.upper + (carries ? 1 : 0);
    passage.last.lower = carries ? 0 : static_cast<std::uint32_t>(end);
    return passage;
}

}  // namespace copse::build
