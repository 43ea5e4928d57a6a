#include "build/coordinates.hpp"

#include <gtest/gtest.h>

namespace copse::build {
namespace {

TEST(CommonDecimalDivisor, IsTheGreatestOfWhichAllAreMultiples) {
    const auto of = [](std::vector<double> values) { return common_decimal_divisor(values); };
    EXPECT_EQ(of({0.01, 0.025}), 0.005);
    EXPECT_EQ(of({0.001, 0.01}), 0.001);
    EXPECT_EQ(of({0.00025, 0.01}), 0.00025);
    EXPECT_EQ(of({0.004, 0.006, 0.01}), 0.002);
    EXPECT_EQ(of({1, 0.5}), 0.5);
    EXPECT_EQ(of({100, 250}), 50);
    EXPECT_EQ(of({1e-7, 0.01}), 1e-7);
    EXPECT_EQ(of({0.3048, 0.01}), 0.0004);
    EXPECT_FALSE(of({1.0 / 3, 0.01}));
    EXPECT_FALSE(of({1e300, 0.01}));
}

TEST(AxisMap, RoundsToTheNearestAndStaysInRange) {
    const AxisMap whole{25, -7, true, false};
    EXPECT_EQ(whole.map(-3), -82);
    EXPECT_EQ((AxisMap{1, 0, true, false}).identity(), true);
    const AxisMap tenth{0.1, 0, false, true};
    EXPECT_EQ(tenth.map(14), 1);
    EXPECT_EQ(tenth.map(16), 2);
    EXPECT_EQ(tenth.map(-16), -2);
    EXPECT_GT((AxisMap{1e30, 0, false, true}).map(5), std::int64_t{1} << 40);
    EXPECT_LT((AxisMap{1e30, 0, false, true}).map(-5), -(std::int64_t{1} << 40));
}

TEST(ToRaw, RoundsCornersAndRefusesWhatIsTooLarge) {
    const WorldBox box{{100.01, -1, 0}, {100.05, 1, 0.001}};
    const auto raw = to_raw(box, {0.01, 0.01, 0.001}, {100, 0, 0});
    ASSERT_TRUE(raw);
    EXPECT_EQ(raw->min, (std::array<std::int64_t, 3>{1, -100, 0}));
    EXPECT_EQ(raw->max, (std::array<std::int64_t, 3>{5, 100, 1}));
    EXPECT_FALSE(to_raw(box, {1e-18, 1, 1}, {0, 0, 0}));
}

TEST(HeaderBox, IsEmptyWhereTheNumbersAreNoBox) {
    las::Header header;
    EXPECT_FALSE(header_box(header));
    header.point_count_14 = 1;
    EXPECT_TRUE(header_box(header));
    header.min[1] = 2;
    EXPECT_FALSE(header_box(header));
    header.max[1] = std::numeric_limits<double>::infinity();
    EXPECT_FALSE(header_box(header));
    header.max[1] = std::numeric_limits<double>::quiet_NaN();
    EXPECT_FALSE(header_box(header));
}

}  // namespace
}  // namespace copse::build
