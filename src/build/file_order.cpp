#include "build/file_order.hpp"

#include <cassert>

#include "build/morton.hpp"

namespace copse::build {

Passage passage_of(const copc::VoxelKey& key) {
    assert(key.level <= kPassageLevel);
    const auto axis = [](std::int32_t value) { return spread_bits(static_cast<std::uint64_t>(value)); };
    const auto code = axis(key.x) | axis(key.y) << 1 | axis(key.z) << 2;
    const auto below = 3 * (kPassageLevel - key.level);
    return {code << below, (code + 1) << below};
}

}  // namespace copse::build
