#include "filter/orientation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>

namespace copse::filter {
namespace {

using Position = Polygon::Position;

constexpr double kMax = std::numeric_limits<double>::max();
constexpr double kTiny = std::numeric_limits<double>::denorm_min();

/// Exact for integers of up to 2^30.
int integer_orientation(Position a, Position b, Position c) {
    const auto whole = [](double value) { return static_cast<std::int64_t>(value); };
    const auto left = (whole(b.x) - whole(a.x)) * (whole(c.y) - whole(a.y));
    const auto right = (whole(b.y) - whole(a.y)) * (whole(c.x) - whole(a.x));
    return (left > right) - (left < right);
}

double any_finite_double(std::mt19937_64& random) {
    for (;;) {
        const auto value = std::bit_cast<double>(random());
        if (std::isfinite(value)) return value;
    }
}

TEST(Orientation, IsThatOfIntegersOnASmallGrid) {
    std::mt19937 random{1};
    const auto coordinate = [&] { return static_cast<double>(random() % 7) - 3; };
    for (int i = 0; i < 100'000; ++i) {
        const Position a{coordinate(), coordinate()}, b{coordinate(), coordinate()}, c{coordinate(), coordinate()};
        ASSERT_EQ(orientation(a, b, c), integer_orientation(a, b, c));
        ASSERT_EQ(summed_orientation(a, b, c), integer_orientation(a, b, c));
    }
}

TEST(Orientation, IsThatOfIntegersNearALineThroughLargeOnes) {
    std::mt19937 random{2};
    const auto coordinate = [&] { return static_cast<double>(random() % (1u << 29)); };
    const auto step = [&] { return static_cast<double>(random() % 3) - 1; };
    for (int i = 0; i < 100'000; ++i) {
        const Position a{coordinate(), coordinate()}, b{coordinate(), coordinate()};
        const double along = static_cast<double>(random() % 1000) / 1000;
        const Position c{std::round(a.x + (b.x - a.x) * along) + step(),
                         std::round(a.y + (b.y - a.y) * along) + step()};
        ASSERT_EQ(orientation(a, b, c), integer_orientation(a, b, c));
        ASSERT_EQ(summed_orientation(a, b, c), integer_orientation(a, b, c));
    }
}

TEST(Orientation, DoesNotChangeWithThePowerOfTwoOfTheUnit) {
    std::mt19937 random{3};
    const auto coordinate = [&] { return static_cast<double>(random() % 64) - 32; };
    for (int i = 0; i < 20'000; ++i) {
        const Position a{coordinate(), coordinate()}, b{coordinate(), coordinate()}, c{coordinate(), coordinate()};
        const auto scaled = [](Position p, int x, int y) { return Position{std::ldexp(p.x, x), std::ldexp(p.y, y)}; };
        for (const int x : {-1074, -600, 0, 500, 1018})
            for (const int y : {-1074, -450, 300, 1018})
                ASSERT_EQ(orientation(scaled(a, x, y), scaled(b, x, y), scaled(c, x, y)), integer_orientation(a, b, c))
                    << x << ' ' << y;
    }
}

TEST(Orientation, IsExactWhereDifferencesAreRounded) {
    // 2^53 + 1 is no double: c is one unit below the line, b - c and a - c are rounded.
    const Position a{0, 0}, b{0x1p53, 0x1p53};
    EXPECT_EQ(orientation(a, b, {-1, -1}), 0);
    EXPECT_EQ(orientation(a, b, {-0.25, -0.25 - kTiny}), 0) << "-0.25 - kTiny is -0.25";
    EXPECT_EQ(orientation(a, b, {-0.25, std::nextafter(-0.25, -1)}), -1);
    EXPECT_EQ(orientation(a, b, {kTiny, 0}), -1);
    EXPECT_EQ(orientation(a, b, {0, kTiny}), 1);
    EXPECT_EQ(orientation({-kMax, -kMax}, {kMax, kMax}, {kTiny, 0}), -1);
    EXPECT_EQ(orientation({-kMax, -kMax}, {kMax, kMax}, {0, 0}), 0);
    EXPECT_EQ(orientation({-kMax, kMax}, {kMax, -kMax}, {kTiny, kTiny}), 1);
    EXPECT_EQ(orientation({0, 0}, {kTiny, kTiny}, {2 * kTiny, kTiny}), -1);
}

TEST(Orientation, OfAnyDoublesIsThatOfTheLongSum) {
    std::mt19937_64 random{4};
    for (int i = 0; i < 100'000; ++i) {
        std::array<double, 6> c{};
        for (auto& value : c) value = any_finite_double(random);
        // Some in common, so that differences vanish.
        if (i % 3 == 0) c[2] = c[0];
        if (i % 5 == 0) c[5] = c[1];
        if (i % 7 == 0) c[4] = std::nextafter(c[0], c[2]);
        const Position a{c[0], c[1]}, b{c[2], c[3]}, p{c[4], c[5]};
        ASSERT_EQ(orientation(a, b, p), summed_orientation(a, b, p));
    }
}

TEST(Orientation, TurnsItsSignWhenTwoPositionsAreExchanged) {
    std::mt19937 random{5};
    std::uniform_real_distribution<double> place{4'999'999, 5'000'001};
    for (int i = 0; i < 50'000; ++i) {
        const Position a{place(random), place(random)}, b{place(random), place(random)};
        const double along = static_cast<double>(random() % 5) / 4;
        const Position c{a.x + (b.x - a.x) * along, a.y + (b.y - a.y) * along};
        const auto sign = orientation(a, b, c);
        ASSERT_EQ(sign, summed_orientation(a, b, c));
        ASSERT_EQ(orientation(b, a, c), -sign);
        ASSERT_EQ(orientation(b, c, a), sign);
        ASSERT_EQ(orientation(c, b, a), -sign);
    }
}

}  // namespace
}  // namespace copse::filter
