#include "build/cube.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "build/morton.hpp"

namespace copse::build {
namespace {

constexpr std::int32_t kLowest = std::numeric_limits<std::int32_t>::min();
constexpr std::int32_t kHighest = std::numeric_limits<std::int32_t>::max();

/// The definition, in arithmetic that cannot overflow.
std::uint32_t exact_position(const Cube& cube, std::size_t axis, std::int32_t raw) {
    const auto distance = static_cast<unsigned __int128>(raw - cube.min_raw[axis]);
    return static_cast<std::uint32_t>((distance << 32) / cube.size_raw[axis]);
}

TEST(Cube, HoldsEveryPointOfItsBoxWithAQuantumToSpare) {
    std::mt19937_64 random{1};
    for (int i = 0; i < 2000; ++i) {
        RawBox box;
        for (std::size_t a = 0; a < 3; ++a) {
            const auto shift = random() % 32;
            const auto one = static_cast<std::int32_t>(random()) >> shift,
                       other = static_cast<std::int32_t>(random()) >> shift;
            box.min[a] = std::min(one, other);
            box.max[a] = std::max(one, other);
        }
        const las::Vec3 scale = i % 2 == 0 ? las::Vec3{0.01, 0.01, 0.01} : las::Vec3{0.01, 0.025, 0.001};
        const auto cube = plan_cube(box, scale, {500000, 4100000, 0});
        ASSERT_TRUE(cube);
        for (std::size_t a = 0; a < 3; ++a) {
            const auto upper = cube->min_raw[a] + static_cast<std::int64_t>(cube->size_raw[a]);
            EXPECT_LT(cube->min_raw[a], box.min[a]);
            EXPECT_LT(box.max[a], upper);
            EXPECT_NEAR(static_cast<double>(cube->size_raw[a]) * scale[a], 2 * cube->half_size, scale[a] / 2 * 1.0001);
            const double x = static_cast<double>(box.max[a]) * scale[a] + las::Vec3{500000, 4100000, 0}[a];
            EXPECT_LE(x, cube->center[a] + cube->half_size);
        }
    }
}

TEST(Cube, IsSixtyFourQuantaEachWayForASinglePoint) {
    const auto cube = plan_cube({{5, 6, 7}, {5, 6, 7}}, {0.01, 0.01, 0.001}, {0, 0, 0});
    ASSERT_TRUE(cube);
    EXPECT_DOUBLE_EQ(cube->half_size, 0.64);
    EXPECT_EQ(cube->size_raw, (std::array<std::uint64_t, 3>{128, 128, 1280}));
    EXPECT_NEAR(cube->center[2], 0.007, 0.001);
}

TEST(Cube, IsRefusedForBoxesThatNoPointsOf32BitsCanFill) {
    EXPECT_FALSE(plan_cube({{0, 0, 0}, {std::int64_t{1} << 50, 1, 1}}, {1, 1, 1}, {0, 0, 0}));
    EXPECT_FALSE(plan_cube({{0, 0, 0}, {1 << 30, 1, 1}}, {1, 1, 1e-12}, {0, 0, 0}));
}

TEST(Locator, DividesExactly) {
    std::mt19937_64 random{2};
    for (int i = 0; i < 300; ++i) {
        const auto shift = random() % 31;
        const RawBox box{{kLowest >> shift, -3, kLowest}, {kHighest >> shift, 1000000 >> shift, kHighest}};
        const auto cube = plan_cube(box, {0.001, 0.01, 0.05}, {0, 0, 0});
        ASSERT_TRUE(cube);
        const Locator locator{*cube};
        const auto draw = [&](std::size_t a) {
            const auto span = static_cast<std::uint64_t>(box.max[a] - box.min[a]) + 1;
            return static_cast<std::int32_t>(box.min[a] + static_cast<std::int64_t>(random() % span));
        };
        for (int k = 0; k < 300; ++k) {
            auto x = draw(0), y = draw(1), z = draw(2);
            if (k == 0) x = static_cast<std::int32_t>(box.min[0]), y = -3, z = kLowest;
            if (k == 1)
                x = static_cast<std::int32_t>(box.max[0]), y = static_cast<std::int32_t>(box.max[1]), z = kHighest;
            const auto position = locator.locate(x, y, z);
            ASSERT_EQ(position.x, exact_position(*cube, 0, x));
            ASSERT_EQ(position.y, exact_position(*cube, 1, y));
            ASSERT_EQ(position.z, exact_position(*cube, 2, z));
        }
    }
}

TEST(Locator, PutsAPointOnAnEdgeIntoTheUpperCell) {
    // 1,024 quanta: the edges of level 3 lie on every 128th raw integer.
    const Cube cube{{0, 0, 0}, {1024, 1024, 1024}, {512, 512, 512}, 512};
    const Locator locator{cube};
    for (std::int32_t raw = 0; raw < 1024; ++raw) EXPECT_EQ(key_at(locator.locate(raw, 0, 0), 3).x, raw / 128);
}

TEST(MortonCode, OrdersCellsDepthFirst) {
    std::mt19937_64 random{3};
    for (int i = 0; i < 2000; ++i) {
        const auto draw = [&] { return static_cast<std::uint32_t>(random()) >> (i % 3 * 5); };
        const Position a{draw(), draw(), draw()}, b{draw(), draw(), draw()};
        for (const int level : {0, 1, 7, 20, 21}) {
            const auto key_a = key_at(a, level), key_b = key_at(b, level);
            const auto code_a = morton_code(a, 0, static_cast<unsigned>(level)),
                       code_b = morton_code(b, 0, static_cast<unsigned>(level));
            ASSERT_EQ(code_a < code_b, copc::depth_first_less(key_a, key_b));
            ASSERT_EQ(key_of_code(code_a, level), key_a);
        }
        ASSERT_EQ(morton_code(a, 0, 21), morton_code(a, 0, 11) << 30 | morton_code(a, 11, 10));
        ASSERT_EQ(morton_code(a, 11, 21) >> 3, morton_code(a, 11, 20));
    }
}

TEST(DistanceToCentre, IsTheSquareInUnitsOfHalfAPositionStep) {
    // A cell of level 30 is 4 positions wide: their middles lie 3 and 1 half steps from the centre.
    EXPECT_EQ(distance_to_centre({0, 0, 0}, 30), 27u);
    EXPECT_EQ(distance_to_centre({1, 2, 3}, 30), 1u + 1u + 9u);
    EXPECT_EQ(distance_to_centre({5, 6, 4}, 30), 1u + 1u + 9u);
    EXPECT_EQ(distance_to_centre({9, 9, 9}, 32), 0u);
    const std::uint64_t half = (std::uint64_t{1} << 29) - 1;
    EXPECT_EQ(distance_to_centre({0, 0, 0}, 3), 3 * half * half);
}

}  // namespace
}  // namespace copse::build
