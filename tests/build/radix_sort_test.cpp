#include "build/radix_sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace copse::build {
namespace {

std::vector<std::uint64_t> words_of(std::size_t count, std::uint64_t mask) {
    std::mt19937_64 random{count + 1};
    std::vector<std::uint64_t> words(count);
    for (auto& word : words) word = random() & mask;
    return words;
}

std::vector<std::uint64_t> sorted_by_comparison(std::vector<std::uint64_t> words, unsigned low, unsigned high) {
    const auto key = [=](std::uint64_t word) {
        return high - low == 64 ? word : word >> low & ((std::uint64_t{1} << (high - low)) - 1);
    };
    std::vector<std::pair<std::uint64_t, std::size_t>> keyed;
    for (std::size_t i = 0; i < words.size(); ++i) keyed.emplace_back(key(words[i]), i);
    std::sort(keyed.begin(), keyed.end());
    std::vector<std::uint64_t> result;
    for (const auto& [k, place] : keyed) result.push_back(words[place]);
    return result;
}

TEST(RadixSort, AgreesWithAStableSortForAllSizesAndBitRanges) {
    for (const std::size_t count : {0u, 1u, 2u, 63u, 64u, 65u, 1000u, 8191u, 8192u, 20000u}) {
        for (const auto& [low, high] :
             {std::pair{0u, 64u}, {0u, 0u}, {5u, 6u}, {0u, 33u}, {21u, 54u}, {63u, 64u}, {1u, 12u}}) {
            for (const std::uint64_t mask : {~std::uint64_t{0}, std::uint64_t{0xff00ff00ff}, std::uint64_t{0}}) {
                SCOPED_TRACE(::testing::Message() << count << ' ' << low << ' ' << high << ' ' << mask);
                auto words = words_of(count, mask);
                const auto expected = sorted_by_comparison(words, low, high);
                std::vector<std::uint64_t> scratch(count);
                radix_sort(words, scratch, low, high);
                ASSERT_EQ(words, expected);
            }
        }
    }
}

}  // namespace
}  // namespace copse::build
