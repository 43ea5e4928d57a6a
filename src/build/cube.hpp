// The root cube in raw integers: which cell of which level a point is in, without rounding.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "copse/copc.hpp"
#include "copse/las.hpp"

namespace copse::build {

/// A closed box of raw integers of the output. 64 bits: header boxes need not fit into the 32 bits of a point.
struct RawBox {
    std::array<std::int64_t, 3> min{};
    std::array<std::int64_t, 3> max{};
    [[nodiscard]] bool contains(const RawBox& other) const;
    void include(const RawBox& other);
    friend bool operator==(const RawBox&, const RawBox&) = default;
};

/// Where a point lies in the root cube: fractions of its edge in units of 2^-32, rounded down. Everything about the
/// tree (nodes, grid cells, distances) is derived from these three numbers: the cell of level n is their upper n bits.
/// For cubes of up to 2^32 quanta two different raw integers never share a position.
struct Position {
    std::uint32_t x = 0;
    std::uint32_t y = 0;
    std::uint32_t z = 0;
    friend bool operator==(const Position&, const Position&) = default;
};
inline constexpr unsigned kPositionBits = 32;

/// The root cube. Edges are whole numbers of quanta on each axis, of the same length to within half a quantum where the
/// axes' scales have no common multiple, exactly the same otherwise.
struct Cube {
    std::array<std::int64_t, 3> min_raw{};    ///< raw integer at the lower corner
    std::array<std::uint64_t, 3> size_raw{};  ///< edge in quanta of the axis
    las::Vec3 center{};                       ///< CRS units
    double half_size = 1;                     ///< CRS units

    /// Edge in quanta of the axis that has most.
    [[nodiscard]] std::uint64_t largest_size_raw() const;
};

/// The smallest cube around the middle of `box` that the rules allow: half an edge is at least 64 of the largest scale
/// and half the largest extent with a quantum to spare, so that a reader's rounded corner cannot pass a point. Empty if
/// the cube would have more than 2^44 quanta on an axis: such a box is not one of 32-bit points.
/// @pre scales are positive and finite
std::optional<Cube> plan_cube(const RawBox& box, const las::Vec3& scale, const las::Vec3& offset);

/// Computes positions. The division by the edge is a multiplication with a reciprocal, mended by its remainder: exact.
class Locator {
public:
    explicit Locator(const Cube& cube);
    /// @pre the point lies in the cube
    [[nodiscard]] Position locate(std::int32_t x, std::int32_t y, std::int32_t z) const {
        return {axis(0, x), axis(1, y), axis(2, z)};
    }

private:
    [[nodiscard]] std::uint32_t axis(std::size_t a, std::int32_t raw) const {
        const auto distance = static_cast<std::uint64_t>(raw - min_[a]);
        auto quotient = static_cast<std::uint64_t>(static_cast<double>(distance) * reciprocal_[a]);
        // Modulo 2^64 on purpose: the true remainder of a quotient off by one is small, whatever the product was.
        const auto remainder = static_cast<std::int64_t>((distance << kPositionBits) - quotient * size_[a]);
        if (remainder < 0)
            --quotient;
        else if (static_cast<std::uint64_t>(remainder) >= size_[a])
            ++quotient;
        return static_cast<std::uint32_t>(quotient);
    }
    std::array<std::int64_t, 3> min_;
    std::array<std::uint64_t, 3> size_;
    std::array<double, 3> reciprocal_;
};

/// The cell of `level` that holds a position. @pre 0 <= level <= 30
[[nodiscard]] copc::VoxelKey key_at(const Position& position, int level);

}  // namespace copse::build
