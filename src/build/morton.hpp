// Interleaved cell numbers: points sorted by them are in depth-first order of the octree.
#pragma once

#include <cstdint>

#include "build/cube.hpp"

namespace copse::build {

/// The lower 21 bits of `value`, two zero bits between each and the next.
[[nodiscard]] inline std::uint64_t spread_bits(std::uint64_t value) {
    value &= 0x1fffff;
    value = (value | value << 32) & 0x001f00000000ffff;
    value = (value | value << 16) & 0x001f0000ff0000ff;
    value = (value | value << 8) & 0x100f00f00f00f00f;
    value = (value | value << 4) & 0x10c30c30c30c30c3;
    value = (value | value << 2) & 0x1249249249249249;
    return value;
}

/// Number of the cell of level `root_level + levels` that holds a position, counted in depth-first order within its
/// ancestor of `root_level`: 3 * levels bits. Octants as in `VoxelKey::child`: x is the lowest bit of each three.
/// @pre levels <= 21, root_level + levels <= 32
[[nodiscard]] inline std::uint64_t morton_code(const Position& position, unsigned root_level, unsigned levels) {
    if (levels == 0) return 0;
    const unsigned down = kPositionBits - root_level - levels;
    const std::uint64_t mask = (std::uint64_t{1} << levels) - 1;
    const auto cell = [=](std::uint32_t value) { return spread_bits((value >> down) & mask); };
    return cell(position.x) | cell(position.y) << 1 | cell(position.z) << 2;
}

/// The inverse for one axis: every third bit of `code`, starting with the lowest.
[[nodiscard]] inline std::uint32_t gather_bits(std::uint64_t code) {
    code &= 0x1249249249249249;
    code = (code | code >> 2) & 0x10c30c30c30c30c3;
    code = (code | code >> 4) & 0x100f00f00f00f00f;
    code = (code | code >> 8) & 0x001f0000ff0000ff;
    code = (code | code >> 16) & 0x001f00000000ffff;
    code = (code | code >> 32) & 0x1fffff;
    return static_cast<std::uint32_t>(code);
}

/// Key of the cell of `level` with this number counted from the root. @pre level <= 21
[[nodiscard]] inline copc::VoxelKey key_of_code(std::uint64_t code, int level) {
    return {level, static_cast<std::int32_t>(gather_bits(code)), static_cast<std::int32_t>(gather_bits(code >> 1)),
            static_cast<std::int32_t>(gather_bits(code >> 2))};
}

/// Squared distance of a position to the centre of its cell of `level`, in units of 2^-33 of the cube's edge.
/// @pre 3 <= level <= 32 (so that three squares fit into 64 bits)
[[nodiscard]] inline std::uint64_t distance_to_centre(const Position& position, unsigned level) {
    if (level >= kPositionBits) return 0;
    const std::uint32_t mask = (std::uint32_t{1} << (kPositionBits - level)) - 1;
    // A position stands for the middle of its 2^-32: doubled and one more, against the cell's middle, also doubled.
    const auto axis = [mask](std::uint32_t value) {
        const auto doubled = static_cast<std::int64_t>(value & mask) * 2 + 1;
        const auto off = doubled - (static_cast<std::int64_t>(mask) + 1);
        return static_cast<std::uint64_t>(off * off);
    };
    return axis(position.x) + axis(position.y) + axis(position.z);
}

}  // namespace copse::build
