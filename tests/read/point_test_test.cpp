#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <span>

#include "read/point_test.hpp"

namespace copse::read {
namespace {

constexpr auto kInfinity = std::numeric_limits<double>::infinity();
constexpr auto kNan = std::numeric_limits<double>::quiet_NaN();

bool inside(std::int32_t raw, double min, double max, double scale, double offset) {
    const double product = raw * scale;
    const double coordinate = product + offset;
    return min <= coordinate && coordinate <= max;
}

TEST(RawInterval, HoldsExactlyTheRawValuesWhoseCoordinateIsInside) {
    std::mt19937_64 random{1};
    const std::vector<double> scales{0.01, 0.001, 1e-7, 0.025, 1.0 / 3, 1, -0.01, 1e300, 5e-324};
    const std::vector<double> offsets{0, 500000, -1234567.89, 0.005, 1e15, -1e-9};
    for (int i = 0; i < 4000; ++i) {
        const double scale = scales[random() % scales.size()], offset = offsets[random() % offsets.size()];
        const auto some_raw = [&] { return static_cast<std::int32_t>(random()) >> random() % 31; };
        // Faces on points, next to them, and open.
        const auto face = [&] {
            const double at = some_raw() * scale + offset;
            switch (random() % 4) {
                case 0:
                    return std::nextafter(at, kInfinity);
                case 1:
                    return std::nextafter(at, -kInfinity);
                default:
                    return at;
            }
        };
        double min = face(), max = face();
        if (min > max) std::swap(min, max);
        if (random() % 10 == 0) min = -kInfinity;
        if (random() % 10 == 0) max = kInfinity;
        const auto interval = find_raw_interval(min, max, scale, offset);
        const auto check = [&](std::int64_t raw) {
            if (raw < std::numeric_limits<std::int32_t>::min() || raw > std::numeric_limits<std::int32_t>::max())
                return;
            const auto value = static_cast<std::int32_t>(raw);
            ASSERT_EQ(interval.contains(value), inside(value, min, max, scale, offset))
                << raw << " in [" << min << ", " << max << "] by " << scale << " and " << offset;
        };
        for (std::int64_t near = -3; near <= 3; ++near) {
            check(interval.first + near);
            check(interval.last + near);
        }
        for (int k = 0; k < 10; ++k) check(some_raw());
        check(std::numeric_limits<std::int32_t>::min());
        check(std::numeric_limits<std::int32_t>::max());
    }
}

TEST(RawInterval, IsFullWithoutFacesAndEmptyWithNan) {
    EXPECT_TRUE(find_raw_interval(-kInfinity, kInfinity, 0.01, 5).full());
    EXPECT_TRUE(find_raw_interval(-kInfinity, kInfinity, 1e308, -1e308).full());
    EXPECT_TRUE(find_raw_interval(kNan, kInfinity, 0.01, 5).empty());
    EXPECT_TRUE(find_raw_interval(0, kNan, 0.01, 5).empty());
    EXPECT_TRUE(find_raw_interval(1, 0, 0.01, 5).empty());
}

/// Row by row, in pieces, and all at once: always the same verdict.
bool agrees(const std::vector<double>& times, const std::vector<double>& samples, std::uint32_t stride) {
    const auto in_pieces_of = [&](std::size_t most) {
        SampleCheck check{samples, stride, times.size()};
        for (std::span<const double> left{times}; !left.empty();) {
            const auto piece = left.first(std::min(most, left.size()));
            if (!check.follow(piece)) return false;
            left = left.subspan(piece.size());
        }
        return true;
    };
    const bool verdict = in_pieces_of(1);
    for (const std::size_t most : {2u, 3u, 7u, 1000u}) EXPECT_EQ(in_pieces_of(most), verdict) << "pieces of " << most;
    return verdict;
}

TEST(SampleCheck, AgreesWithSamplesOfOurs) {
    std::mt19937 random{1};
    for (int i = 0; i < 2000; ++i) {
        std::vector<double> times(1 + random() % 40);
        for (auto& time : times) time = static_cast<double>(random() % 100) / 4;
        for (auto& time : times) {
            const auto kind = random() % 20;
            if (kind == 0) time = kNan;
            if (kind == 1) time = kInfinity;
            if (kind == 2) time = -kInfinity;
        }
        std::sort(times.begin(), times.end(),
                  [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; });
        const auto stride = 1 + static_cast<std::uint32_t>(random() % 9);
        auto samples = temporal::make_samples(times, stride, 3);
        ASSERT_TRUE(agrees(times, samples, stride));

        auto& wrong = samples[random() % samples.size()];
        wrong = 0.625;  // no time is an odd eighth
        const bool no_number = std::isnan(times.front());
        ASSERT_EQ(agrees(times, samples, stride), no_number && samples.size() == 1);
    }
}

TEST(SampleCheck, NoticesTimesThatFallBetweenSamples) {
    EXPECT_TRUE(agrees({1, 2, 3, 4, 5}, {1, 5}, 4));
    EXPECT_FALSE(agrees({1, 3, 2, 4, 5}, {1, 5}, 4));
    EXPECT_FALSE(agrees({1, kNan, 3, 4, 5}, {1, 5}, 4));
    EXPECT_FALSE(agrees({1, 2, -kInfinity, 4, 5}, {1, 5}, 4));
}

TEST(SampleCheck, KnowsNothingOfRowsThatAreNotPassed) {
    const std::vector<double> samples{1, 5, 9};
    SampleCheck check{samples, 2, 5};
    EXPECT_TRUE(check.follow(std::array{1.0}));
    EXPECT_TRUE(check.follow(std::array{1.0}));
    EXPECT_FALSE(check.follow(std::array{4.0}));
}

}  // namespace
}  // namespace copse::read
