// Sorting 64-bit words by some of their bits.
#pragma once

#include <cstdint>
#include <span>

namespace copse::build {

/// Sorts `words` by their bits [low_bit, high_bit), lowest first; words that agree in these bits keep their order.
/// @param scratch at least as many words; holds garbage afterwards
/// @pre low_bit <= high_bit <= 64; fewer than 2^32 words
/// Cost: one pass to count, then one pass for each 11 bits in which words differ at all.
void radix_sort(std::span<std::uint64_t> words, std::span<std::uint64_t> scratch, unsigned low_bit, unsigned high_bit);

}  // namespace copse::build
