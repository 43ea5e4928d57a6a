// Which ranges are fetched together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "copse/wire.hpp"

namespace copse::read {

struct JoinLimits {
    std::uint64_t max_gap = 256u << 10;    ///< bytes between two ranges that are joined
    std::uint64_t max_bridged = 0;         ///< bytes of all such gaps together
    std::uint64_t max_request = 4u << 20;  ///< bytes of a request of more than one range
};

/// A request for one or more ranges.
struct Joined {
    ByteRange range;
    std::size_t first = 0, last = 0;  ///< the ranges: [first, last)
    std::uint64_t bridged = 0;        ///< bytes that nobody wanted
};

/// What bridging gaps costs.
struct Bridges {
    std::uint64_t wanted = 0;               ///< bytes of all ranges
    std::vector<std::uint64_t> gaps;        ///< those that may be bridged, the smallest first
    std::vector<std::uint64_t> bytes_with;  ///< by gap: bytes of it and of those before it
};
/// Cost: O(n log n). @param sorted by offset
Bridges bridges_of(std::span<const ByteRange> sorted, std::uint64_t max_gap);

/// Joins ranges that touch or overlap, and bridges gaps, the smallest first, as long as the limits allow.
/// Cost: O(n log n). @param sorted by offset
std::vector<Joined> join_ranges(std::span<const ByteRange> sorted, const JoinLimits& limits);

}  // namespace copse::read
