#include "synth/numbers.hpp"

#include <gtest/gtest.h>

#include "synth/route.hpp"
#include "synth/scene.hpp"

namespace copse {
namespace {

TEST(SynthNumbers, HaveASineCloseToThatOfTheLibrary) {
    for (int i = -40'000; i <= 40'000; ++i) {
        const double turns = i / 9973.0;
        ASSERT_NEAR(synth::sine(turns), std::sin(turns * 6.283185307179586), 1e-7);
        ASSERT_NEAR(synth::cosine(turns), std::cos(turns * 6.283185307179586), 1e-7);
    }
}

TEST(SynthNumbers, HaveTheMeanAndDeviationTheyName) {
    synth::Random random{1};
    double sum = 0, squares = 0, parts = 0;
    constexpr int kCount = 200'000;
    for (int i = 0; i < kCount; ++i) {
        const double value = synth::bell(random.next());
        sum += value;
        squares += value * value;
        parts += synth::part(random.next(), 13, 10);
    }
    EXPECT_NEAR(sum / kCount, 0, 0.01);
    EXPECT_NEAR(squares / kCount, 1, 0.01);
    EXPECT_NEAR(parts / kCount, 0.5, 0.005);
}

TEST(SynthRoute, IsOneLineWithoutJumps) {
    for (const double length : {240.0, 1000.0, 7000.0}) {
        const synth::Route route{length};
        for (const bool backwards : {false, true}) {
            auto before = route.pose(0, backwards);
            for (double driven = 0.25; driven <= length; driven += 0.25) {
                const auto pose = route.pose(driven, backwards);
                ASSERT_LT(std::hypot(pose.u - before.u, pose.v - before.v), 0.6) << driven << " of " << length;
                ASSERT_NEAR(pose.heading_u * pose.heading_u + pose.heading_v * pose.heading_v, 1, 1e-9);
                // The heading is where it goes.
                const double ahead = (pose.u - before.u) * pose.heading_u + (pose.v - before.v) * pose.heading_v;
                ASSERT_GT(ahead, 0) << driven;
                before = pose;
            }
        }
    }
}

TEST(SynthRoute, StaysInItsStreet) {
    const synth::Route route{3000};
    for (double driven = 0; driven <= 3000; driven += 0.5) {
        const auto pose = route.pose(driven, false);
        const double lateral = (pose.street.is_row ? pose.v : pose.u) - pose.street.center;
        ASSERT_LT(std::abs(lateral), 6.0) << driven;
    }
}

TEST(SynthScene, LetsNoRayThroughTheGround) {
    const synth::Scene scene{1};
    const synth::Street street{0, true, 0, 14, 130};
    for (int i = 0; i < 1000; ++i) {
        const double angle = i / 1000.0;
        const synth::Ray ray{
            60, 1.75, 30, 0.5 * synth::sine(angle), 0.8660254 * synth::sine(angle), -synth::cosine(angle), 2.3};
        const auto hit = scene.cast(street, ray);
        if (ray.d_up < -0.2) {
            ASSERT_TRUE(hit);
            EXPECT_LT(hit->distance, 12);
        }
        if (hit) {
            EXPECT_GT(hit->distance, 0);
        }
    }
}

}  // namespace
}  // namespace copse
