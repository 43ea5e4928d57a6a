#include "laz/median.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "laz/random.hpp"

namespace copse::laz {
namespace {

using test::Random;

TEST(RunningMedian, FollowsTheReference) {
    RunningMedian median;
    std::vector<std::int32_t> predictions;
    for (const int number : {5, 3, 9, -4, 10, 10, 0, 7, 7, -20, 1, 2}) {
        median.add(number);
        predictions.push_back(median.get());
    }
    EXPECT_EQ(predictions, (std::vector<std::int32_t>{0, 0, 3, 3, 3, 5, 5, 5, 7, 7, 5, 2}));
}

// The table of `laz/coder.md` section 4, case by case.
struct SlowMedian {
    std::vector<std::int32_t> v = std::vector<std::int32_t>(5, 0);
    bool up = true;
    void add(std::int32_t x) {
        const std::int32_t median = v[2];
        v.erase(up ? v.end() - 1 : v.begin());
        std::size_t place = 0;
        while (place < v.size() && v[place] <= x) ++place;
        v.insert(v.begin() + static_cast<std::ptrdiff_t>(place), x);
        if (up && !(x < median))
            up = false;
        else if (!up && !(x > median))
            up = true;
    }
};

TEST(RunningMedian, EqualsTheSlowFormOnRandomNumbers) {
    Random random{4};
    for (unsigned round = 0; round < 50; ++round) {
        const unsigned range = 1 + random() % 20;
        RunningMedian median;
        SlowMedian slow;
        for (unsigned i = 0; i < 200; ++i) {
            const auto number = static_cast<std::int32_t>(random() % 50 == 0 ? random() : random() % range);
            median.add(number);
            slow.add(number);
            ASSERT_EQ(median.get(), slow.v[2]);
        }
    }
}

}  // namespace
}  // namespace copse::laz
