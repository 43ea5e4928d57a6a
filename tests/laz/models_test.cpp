// The models against `laz/coder.md` section 2, written down a second time in its own words.
#include "laz/models.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "laz/random.hpp"

namespace copse::laz {
namespace {

using test::Random;

struct SlowBitModel {
    std::uint32_t n0 = 1, n = 2, p0 = 4096, cycle = 4, left = 4;

    void account(bool bit) {
        if (!bit) n0 += 1;
        left -= 1;
        if (left != 0) return;
        n += cycle;
        if (n > 8192) {
            n = (n + 1) / 2;
            n0 = (n0 + 1) / 2;
            if (n0 == n) n += 1;
        }
        p0 = (n0 * (0x80000000u / n)) >> 18;
        cycle = std::min(cycle * 5 / 4, 64u);
        left = cycle;
    }
};

struct SlowSymbolModel {
    explicit SlowSymbolModel(std::uint32_t symbols)
        : n{symbols}, total{symbols}, cycle{(symbols + 6) / 2}, left{cycle}, count(symbols, 1), cumulative(symbols) {
        rescale();
    }

    void rescale() {
        const std::uint32_t scale = 0x80000000u / total;
        std::uint32_t sum = 0;
        for (std::uint32_t k = 0; k < n; ++k) {
            cumulative[k] = (scale * sum) >> 16;
            sum += count[k];
        }
    }

    void account(std::uint32_t symbol) {
        count[symbol] += 1;
        left -= 1;
        if (left != 0) return;
        total += cycle;
        if (total > 32768) {
            total = 0;
            for (auto& c : count) total += c = (c + 1) / 2;
        }
        rescale();
        cycle = std::min(cycle * 5 / 4, 8 * (n + 6));
        left = cycle;
    }

    [[nodiscard]] std::uint32_t find(std::uint32_t quotient) const {
        std::uint32_t symbol = n - 1;
        while (cumulative[symbol] > quotient) --symbol;
        return symbol;
    }

    std::uint32_t n, total, cycle, left;
    std::vector<std::uint32_t> count, cumulative;
};

TEST(BitModel, FollowsTheReferenceThroughHalvings) {
    Random random{1};
    for (const std::uint32_t ones : {1u, 2u, 50u, 100000u}) {
        BitModel model;
        SlowBitModel slow;
        for (unsigned i = 0; i < 60000; ++i) {
            const bool bit = random.once_in(ones);
            model.count(bit);
            slow.account(bit);
            ASSERT_EQ(model.zero_share(), slow.p0) << i;
            ASSERT_GE(model.zero_share(), 1u);
            ASSERT_LE(model.zero_share(), 8191u);
        }
    }
}

template <unsigned Capacity>
void expect_follows(unsigned symbols, Random& random) {
    SCOPED_TRACE(symbols);
    SymbolModel<Capacity> model{symbols};
    SlowSymbolModel slow{symbols};
    ASSERT_EQ(model.symbols(), symbols);
    const std::uint32_t range = 1 + random.below(symbols);
    for (unsigned i = 0; i < 100000; ++i) {
        const std::uint32_t symbol = random.once_in(100) ? random.below(symbols) : random.below(range);
        model.count(symbol);
        slow.account(symbol);
        if (i % 97 != 0) continue;
        for (std::uint32_t k = 0; k < symbols; ++k) {
            ASSERT_EQ(model.low(k), slow.cumulative[k]) << i;
            if (!model.is_last(k)) {
                ASSERT_EQ(model.high(k), slow.cumulative[k + 1]) << i;
                ASSERT_LT(model.low(k), model.high(k)) << i;
            }
        }
        for (unsigned probe = 0; probe < 20; ++probe) {
            // Up to the largest quotient there can be: (2^32 - 1) / (2^24 >> 15), cut to what value < length allows.
            const std::uint32_t quotient = random.below(32768 + 64);
            ASSERT_EQ(model.find(quotient), slow.find(quotient));
        }
    }
}

TEST(SymbolModel, FollowsTheReferenceThroughHalvings) {
    Random random{2};
    expect_follows<2>(2, random);
    expect_follows<3>(3, random);
    expect_follows<13>(13, random);
    expect_follows<33>(33, random);
    expect_follows<128>(128, random);
    expect_follows<256>(2, random);
    expect_follows<256>(64, random);
    expect_follows<256>(256, random);
    expect_follows<515>(515, random);
    expect_follows<2048>(2048, random);
}

TEST(LazyModels, AreMadeOnceAndKeepWhatTheyLearnt) {
    LazyModels<256, 3> models;
    SymbolModel<256>& first = models.at(1, 4);
    EXPECT_EQ(first.symbols(), 4u);
    const std::uint32_t before = first.low(1);
    for (unsigned i = 0; i < 50; ++i) models.at(1, 4).count(0);
    EXPECT_EQ(&models.at(1, 4), &first);
    EXPECT_GT(first.low(1), before);
    EXPECT_EQ(models.at(2).symbols(), 256u);
}

}  // namespace
}  // namespace copse::laz
