#include "build/radix_sort.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace copse::build {
namespace {

constexpr unsigned kWideDigit = 11;  // 2,048 counters of 4 bytes and as many open cache lines: what L1 and L2 bear
constexpr unsigned kNarrowDigit = 8;
constexpr unsigned kMaxDigits = 64 / kNarrowDigit;
using Counts = std::array<std::uint32_t, std::size_t{1} << kWideDigit>;

/// Below this, comparisons cost less than counters.
constexpr std::size_t kFewWords = 64;
/// Below this, clearing 2,048 counters a digit costs more than another pass.
constexpr std::size_t kManyWords = 8192;

void sort_few(std::span<std::uint64_t> words, unsigned low_bit, std::uint64_t mask) {
    for (std::size_t i = 1; i < words.size(); ++i) {
        const auto word = words[i];
        std::size_t at = i;
        for (; at > 0 && (words[at - 1] >> low_bit & mask) > (word >> low_bit & mask); --at) words[at] = words[at - 1];
        words[at] = word;
    }
}

/// Turns counts into the first place of each digit; says whether all words have the same digit.
bool place_digits(Counts& counts, std::size_t used, std::size_t total) {
    std::uint32_t place = 0;
    for (std::size_t digit = 0; digit < used; ++digit) {
        const auto count = counts[digit];
        if (count == total) return true;
        counts[digit] = place;
        place += count;
    }
    return false;
}

}  // namespace

void radix_sort(std::span<std::uint64_t> words, std::span<std::uint64_t> scratch, unsigned low_bit, unsigned high_bit) {
    assert(low_bit <= high_bit && high_bit <= 64 && scratch.size() >= words.size() && words.size() <= 0xffffffffu);
    const unsigned bits = high_bit - low_bit;
    if (bits == 0 || words.size() < 2) return;
    if (words.size() < kFewWords)
        return sort_few(words, low_bit, bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1);

    const unsigned widest = words.size() < kManyWords ? kNarrowDigit : kWideDigit;
    const unsigned digits = (bits + widest - 1) / widest;
    const unsigned digit_bits = (bits + digits - 1) / digits;
    std::array<Counts, kMaxDigits> counts;
    std::array<unsigned, kMaxDigits> shifts{};
    std::array<std::uint64_t, kMaxDigits> masks{};
    for (unsigned d = 0; d < digits; ++d) {
        shifts[d] = low_bit + d * digit_bits;
        masks[d] = (std::uint64_t{1} << std::min(digit_bits, high_bit - shifts[d])) - 1;
        std::fill_n(counts[d].begin(), masks[d] + 1, 0u);
    }
    for (const auto word : words)
        for (unsigned d = 0; d < digits; ++d) ++counts[d][word >> shifts[d] & masks[d]];

    auto from = words;
    auto to = scratch.first(words.size());
    for (unsigned d = 0; d < digits; ++d) {
        if (place_digits(counts[d], static_cast<std::size_t>(masks[d]) + 1, words.size())) continue;
        for (const auto word : from) to[counts[d][word >> shifts[d] & masks[d]]++] = word;
        std::swap(from, to);
    }
    if (from.data() != words.data()) std::copy(from.begin(), from.end(), words.begin());
}

}  // namespace copse::build
