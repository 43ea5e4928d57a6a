#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "copse/copc.hpp"

namespace copse {
namespace {

using copc::Box;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(CopcBox, HoldsEverythingByDefault) {
    const Box all;
    EXPECT_FALSE(all.empty());
    EXPECT_TRUE(all.contains(1e300, -1e300, 0));
    EXPECT_TRUE(all.contains(Box::kInfinity, -Box::kInfinity, 0));
    EXPECT_TRUE(all.overlaps(all));
}

TEST(CopcBox, IsClosed) {
    const Box box{{0, 0, 0}, {1, 2, 3}};
    EXPECT_TRUE(box.contains(0, 0, 0));
    EXPECT_TRUE(box.contains(1, 2, 3));
    EXPECT_FALSE(box.contains(std::nextafter(1.0, 2.0), 2, 3));
    EXPECT_FALSE(box.contains(1, std::nextafter(2.0, 3.0), 3));
    EXPECT_FALSE(box.contains(1, 2, std::nextafter(3.0, 4.0)));
    EXPECT_FALSE(box.contains(std::nextafter(0.0, -1.0), 0, 0));
    EXPECT_TRUE(box.overlaps({{1, 2, 3}, {9, 9, 9}})) << "touching counts";
    EXPECT_TRUE(box.overlaps({{-1, -1, -1}, {0, 0, 0}}));
    for (std::size_t axis = 0; axis < 3; ++axis) {
        Box beside{{0, 0, 0}, {9, 9, 9}};
        beside.min[axis] = std::nextafter(box.max[axis], 10.0);
        EXPECT_FALSE(box.overlaps(beside));
        EXPECT_FALSE(beside.overlaps(box));
    }
}

TEST(CopcBox, IsEmptyWhereMinIsAboveMaxOrNotANumber) {
    for (std::size_t axis = 0; axis < 3; ++axis) {
        Box box{{0, 0, 0}, {0, 0, 0}};
        EXPECT_FALSE(box.empty());
        box.min[axis] = 1;
        EXPECT_TRUE(box.empty());
        box.min[axis] = kNan;
        EXPECT_TRUE(box.empty());
        EXPECT_FALSE(box.contains(0, 0, 0));
        EXPECT_FALSE(box.overlaps(Box{}));
        box.min[axis] = 0;
        box.max[axis] = kNan;
        EXPECT_TRUE(box.empty());
    }
}

TEST(CopcBox, HoldsNoPointThatIsNotANumber) {
    EXPECT_FALSE(Box{}.contains(kNan, 0, 0));
    EXPECT_FALSE(Box{}.contains(0, kNan, 0));
    EXPECT_FALSE(Box{}.contains(0, 0, kNan));
}

TEST(NodeBox, OfTheRootIsTheCube) {
    copc::Info info;
    info.center = {100, 200, 300};
    info.half_size = 64;
    info.root_spacing = 1;
    const auto box = copc::node_box(info, {0, 0, 0, 0}, {0.5, 0.25, 0.125});
    EXPECT_NEAR(box.min[0], 35.5, 1e-9);
    EXPECT_NEAR(box.max[0], 164.5, 1e-9);
    EXPECT_NEAR(box.min[1], 135.75, 1e-9);
    EXPECT_NEAR(box.max[2], 364.125, 1e-9);
}

TEST(NodeBox, HoldsPointsQuantisedEitherWay) {
    std::mt19937_64 random{3};
    copc::Info info;
    const las::Vec3 scale{0.001, 0.01, 0.0005};
    std::uniform_real_distribution<double> unit{0, 1};
    for (int i = 0; i < 100'000; ++i) {
        info.center = {unit(random) * 1e7, unit(random) * -1e6, unit(random) * 1e3};
        info.half_size = std::exp(unit(random) * 12 - 1);
        const int level = static_cast<int>(random() % 21);
        las::Vec3 raw{}, truncated{}, rounded{};
        std::array<std::int32_t, 3> cell{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            raw[axis] = info.center[axis] + info.half_size * (2 * unit(random) - 1);
            truncated[axis] = std::trunc(raw[axis] / scale[axis]) * scale[axis];
            rounded[axis] = std::round(raw[axis] / scale[axis]) * scale[axis];
            // The node as a writer finds it that starts from the centre and halves.
            double middle = info.center[axis];
            double half = info.half_size;
            for (int down = 0; down < level; ++down) {
                half /= 2;
                cell[axis] = cell[axis] * 2 + (raw[axis] >= middle ? 1 : 0);
                middle += raw[axis] >= middle ? half : -half;
            }
        }
        const auto box = copc::node_box(info, {level, cell[0], cell[1], cell[2]}, scale);
        ASSERT_TRUE(box.contains(raw[0], raw[1], raw[2])) << i;
        ASSERT_TRUE(box.contains(truncated[0], truncated[1], truncated[2])) << i;
        ASSERT_TRUE(box.contains(rounded[0], rounded[1], rounded[2])) << i;
    }
}

TEST(NodeBox, IsHardlyLargerThanTheCube) {
    copc::Info info;
    info.center = {500'000, 5'000'000, 100};
    info.half_size = 512;
    const las::Vec3 scale{0.001, 0.001, 0.001};
    const auto box = copc::node_box(info, {9, 511, 0, 256}, scale);
    for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_NEAR(box.max[axis] - box.min[axis], 2 + 0.002, 1e-6);
    EXPECT_NEAR(box.max[0], 500'512.001, 1e-6);
    EXPECT_NEAR(box.min[1], 4'999'487.999, 1e-6);
    EXPECT_NEAR(box.min[2], 99.999, 1e-6);
}

}  // namespace
}  // namespace copse
